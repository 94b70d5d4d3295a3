import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import {
  claimLetters,
  fireAlert,
  type Letter,
  openAlerts,
  repeatAlert,
  resolveAlert,
  settleLetter,
  sweepAlerts,
  waitingLetters,
} from '../../src/store/alerts.ts';
import { connect } from '../../src/store/connect.ts';
import type { Database } from '../../src/store/database.ts';
import { daySums } from '../../src/store/day-sums.ts';
import { migrate } from '../../src/store/migrate.ts';
import { type Engine, engines } from '../support/engines.ts';

const key = { fingerprint: 'spend{feature="chat"}', period: '2026-11-26' };
const fire = (atMs: number, level = 1) => ({ ...key, rule: 'daily_spend', level, atMs, recipients: ['log', 'ops'], body: `fired ${atMs}` });
const resolve = (atMs: number, closes = false) => ({ ...key, atMs, closes, recipients: ['log', 'ops'], body: `resolved ${atMs}` });

async function database(engine: Engine, t: TestContext): Promise<Database> {
  const db = await connect(await engine.fresh());
  t.after(() => db.close());
  await migrate(db);
  return db;
}

/** Takes and delivers all there is for a recipient, in order. */
async function deliveries(db: Database, recipient = 'ops', nowMs = 1e6): Promise<string[]> {
  const bodies: string[] = [];
  for (;;) {
    const letters = await claimLetters(db, { recipient, nowMs, leaseMs: 1000, most: 10 });
    if (letters.length === 0) return bodies;
    for (const { id, body } of letters) {
      bodies.push(body);
      await settleLetter(db, { id, outcome: 'sent' });
    }
  }
}

for (const engine of engines()) {
  test(`${engine.name}: an alert fires once, however many find it, and again only after it was resolved`, {
    skip: engine.skip,
  }, async (t) => {
    const db = await database(engine, t);
    assert.deepEqual(
      [
        await fireAlert(db, fire(10)),
        await fireAlert(db, fire(11)),
        await resolveAlert(db, resolve(20)),
        await resolveAlert(db, resolve(21)),
        await fireAlert(db, fire(19)),
        await fireAlert(db, fire(30)),
        await resolveAlert(db, resolve(40, true)),
        await fireAlert(db, fire(50)),
      ],
      [true, false, true, false, false, true, true, false],
    );
    assert.deepEqual(await deliveries(db), ['fired 10', 'resolved 20', 'fired 30', 'resolved 40']);
  });

  test(`${engine.name}: what still holds of a resolved alert fires no more, what goes beyond it does`, { skip: engine.skip }, async (t) => {
    const db = await database(engine, t);
    assert.deepEqual(
      [
        await fireAlert(db, fire(10, 3)),
        await resolveAlert(db, { ...resolve(20), level: 2 }),
        await fireAlert(db, fire(30, 2)),
        await resolveAlert(db, { ...resolve(40), level: 1 }),
        await fireAlert(db, fire(50, 2)),
        await fireAlert(db, fire(60, 3)),
      ],
      [true, true, false, false, true, true],
    );
    assert.deepEqual(await deliveries(db), ['fired 10', 'resolved 20', 'fired 50', 'fired 60']);
  });

  test(`${engine.name}: of three processes that fire the same alert at the same moment one does`, { skip: engine.skip }, async (t) => {
    const place = await engine.fresh();
    // SQLite blocks its thread while another connection writes: here, where all share one, they take turns on one.
    const count = engine.name === 'SQLite' ? 1 : 3;
    const processes = await Promise.all(Array.from({ length: count }, () => connect(place)));
    t.after(() => Promise.all(processes.map((db) => db.close())));
    await migrate(processes[0]!);
    for (let run = 0; run < 20; run += 1) {
      const input = { ...fire(run), fingerprint: `alert ${run}` };
      const fired = await Promise.all([0, 1, 2].map((at) => fireAlert(processes[at % count]!, input)));
      assert.deepEqual(fired.toSorted(), [false, false, true]);
    }
    const claims = await Promise.all(processes.map((db) => claimLetters(db, { recipient: 'ops', nowMs: 1000, leaseMs: 1000, most: 100 })));
    assert.equal(new Set(claims.flat().map(({ id }) => id)).size, claims.flat().length);
  });

  test(`${engine.name}: an open alert is told of again at a higher level, and once per interval`, { skip: engine.skip }, async (t) => {
    const db = await database(engine, t);
    const repeat = (atMs: number) => ({ ...key, atMs, everyMs: 100, recipients: ['ops'], body: `still ${atMs}` });
    await fireAlert(db, fire(10));
    assert.deepEqual(
      [
        await fireAlert(db, fire(20, 3)),
        await fireAlert(db, fire(30, 2)),
        await repeatAlert(db, repeat(119)),
        await repeatAlert(db, repeat(120)),
        await repeatAlert(db, repeat(121)),
      ],
      [true, false, false, true, false],
    );
    const [open] = await openAlerts(db, {});
    assert.deepEqual(open, { ...key, rule: 'daily_spend', level: 3, firedMs: 10, toldMs: 120, body: 'fired 20' });
  });

  test(`${engine.name}: what is told of one alert arrives in order, and nobody else takes a letter while it is under way`, {
    skip: engine.skip,
  }, async (t) => {
    const db = await database(engine, t);
    await fireAlert(db, fire(10));
    await resolveAlert(db, resolve(20));
    const claim = (nowMs: number, recipient = 'ops') => claimLetters(db, { recipient, nowMs, leaseMs: 1000, most: 10 });
    const told = (letters: readonly Letter[]) => letters.map(({ recipient, body, tries }) => [recipient, body, tries]);
    const first = await claim(100);
    assert.deepEqual(
      [told(first), told(await claim(200)), told(await claim(200, 'log')), told(await claim(1100))],
      [[['ops', 'fired 10', 1]], [], [['log', 'fired 10', 1]], [['ops', 'fired 10', 2]]],
    );
    await settleLetter(db, { id: first[0]!.id, outcome: 'later', dueMs: 5000 });
    assert.deepEqual(await claim(4999), []);
    await settleLetter(db, { id: first[0]!.id, outcome: 'dead' });
    assert.deepEqual(told(await claim(5000)), [['ops', 'resolved 20', 1]]);
    assert.deepEqual((await waitingLetters(db, { most: 9 })).filter(({ dead }) => dead).length, 1);
  });

  test(`${engine.name}: what ended long ago is swept, what is open is not`, { skip: engine.skip }, async (t) => {
    const db = await database(engine, t);
    await fireAlert(db, fire(10));
    await fireAlert(db, { ...fire(10), fingerprint: 'other' });
    await resolveAlert(db, resolve(20));
    await sweepAlerts(db, { beforeMs: 1000 });
    assert.deepEqual([(await openAlerts(db, {})).map(({ fingerprint }) => fingerprint), await deliveries(db)], [['other'], []]);
  });

  test(`${engine.name}: days in anybody’s time zone are summed from hours, UTC ones from days`, { skip: engine.skip }, async (t) => {
    const db = await database(engine, t);
    const hour = 3_600_000;
    const columns =
      'level, start_ms, feature, user_id, model, key_id, provider, calls, attempts, failures, unpriced, estimated, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_micro, cost_pico';
    const row = (level: string, startMs: number, feature: string, micro: number, pico: number) =>
      db.all(`insert into usage_bucket (${columns}) values ($1, $2, $3, '', 'm', 'k', 'p', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, $4, $5)`, [
        level,
        startMs,
        feature,
        micro,
        pico,
      ]);
    await row('hour', 4 * hour, 'a', 1, 5);
    await row('hour', 5 * hour, 'a', 2, 0);
    await row('hour', 28 * hour, 'b', 4, 0);
    await row('day', 0, 'a', 9, 0);
    const sums = async (days: readonly [number, number][]) =>
      (await daySums(db, { days: days.map(([from, to]) => ({ startMs: from * hour, endMs: to * hour })), by: 'feature' }))
        .map(({ day, value, spend }) => `${day} ${value} ${spend}`)
        .sort();
    assert.deepEqual(
      await sums([
        [-19, 5],
        [5, 29],
      ]),
      ['0 a 1000005', '1 a 2000000', '1 b 4000000'],
    );
    assert.deepEqual(await sums([[0, 24]]), ['0 a 9000000']);
  });
}
