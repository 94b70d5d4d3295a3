import assert from 'node:assert/strict';
import test from 'node:test';
import { KEEP } from '../../src/accounting/keep.ts';
import type { UsageRecord } from '../../src/accounting/record.ts';
import { connect, type Location } from '../../src/store/connect.ts';
import type { Database, Value } from '../../src/store/database.ts';
import { daySums } from '../../src/store/day-sums.ts';
import type { UsageQuery } from '../../src/store/ledger.ts';
import { migrate } from '../../src/store/migrate.ts';
import { sweep } from '../../src/store/retention.ts';
import { pushRow, rowsIn } from '../../src/store/row.ts';
import { scan } from '../../src/store/scan.ts';
import { usage } from '../../src/store/usage.ts';
import { createWrite } from '../../src/store/write.ts';
import { chance } from '../support/chance.ts';
import { engines } from '../support/engines.ts';
import { randomRecord } from '../support/random-records.ts';
import { noon, record } from '../support/records.ts';
import { recount, sorted } from '../support/recount.ts';

const at = (time: string): number => Date.parse(time);
/** Clocks in Berlin go back an hour on the 25th: a day of 25. */
const span = { fromMs: at('2026-10-23T00:00Z'), toMs: at('2026-10-28T00:00Z') };
const berlin = { zone: 'Europe/Berlin', fromMs: at('2026-10-24T22:00Z'), toMs: at('2026-10-26T23:00Z') };
/** Borders of no bucket, and so near each other that no bucket is between them. */
const ragged = { fromMs: at('2026-10-23T09:17:05.123Z'), toMs: at('2026-10-26T21:40:00Z') };
const moment = { fromMs: at('2026-10-24T10:20Z'), toMs: at('2026-10-24T10:50Z') };
const kolkata = { zone: 'Asia/Kolkata', fromMs: at('2026-10-23T18:30Z'), toMs: at('2026-10-25T18:30Z') };
const kathmandu = { zone: 'Asia/Kathmandu', fromMs: at('2026-10-23T18:15Z'), toMs: at('2026-10-25T18:15Z') };

/** Read from buckets of three kinds, tag buckets of two, rows, and what these can be put together from. */
const QUERIES: readonly UsageQuery[] = [
  { ...span, by: [] },
  { ...span, every: 'day', by: ['feature', 'user', 'model', 'key', 'provider'] },
  { ...span, every: 'hour', by: ['user'], where: { feature: 'search' } },
  { ...span, every: 'minute', by: ['feature', 'model'] },
  { ...span, by: ['user'], where: { feature: '' } },
  { ...berlin, every: 'day', by: ['model'] },
  { ...berlin, by: ['feature'] },
  { ...kathmandu, every: 'day', by: ['model'], where: { key: 'ci' } },
  { ...span, every: 'day', by: [], where: { 'tag:team': 'a' } },
  { ...span, every: 'hour', by: [], where: { 'tag:team': "c'd" } },
  { ...span, by: ['tag:team', 'feature', 'user'] },
  { ...span, every: 'day', by: ['tag:team', 'tag:env'], where: { 'tag:env': 'y"\n', provider: 'openai' } },
  { ...span, every: 'minute', by: ['tag:env', 'user'] },
  { ...kathmandu, every: 'day', by: ['tag:team', 'tag:env'] },
  { ...span, by: ['model'], where: { model: 'nobody' } },
  { ...ragged, by: ['feature', 'user'] },
  { ...ragged, every: 'day', by: ['model'] },
  { ...ragged, every: 'hour', by: ['key'], where: { provider: 'openai' } },
  { ...ragged, every: 'minute', by: ['feature'] },
  { ...ragged, by: ['tag:team'] },
  { ...ragged, every: 'day', by: ['tag:team'] },
  { ...ragged, every: 'hour', by: ['tag:env'], where: { 'tag:env': 'y"\n' } },
  { ...ragged, by: [], where: { 'tag:team': '' } },
  { ...span, by: ['tag:team'] },
  { ...span, every: 'minute', by: ['tag:team'] },
  { ...moment, by: [] },
  { ...moment, every: 'day', by: ['model'] },
  { ...moment, every: 'hour', by: ['tag:team'] },
  { ...berlin, every: 'hour', by: ['model'] },
  { ...berlin, ...ragged, every: 'day', by: ['model'] },
  { ...berlin, ...ragged, every: 'hour', by: ['tag:team'] },
  { ...kolkata, every: 'hour', by: ['model'] },
  { ...kolkata, every: 'hour', by: ['tag:team'] },
  { ...kolkata, ...span, every: 'hour', by: [] },
  { ...kolkata, ...span, every: 'day', by: ['model'] },
  { ...kolkata, by: ['user'] },
  { ...kathmandu, every: 'hour', by: ['feature'] },
  { ...kathmandu, every: 'minute', by: ['feature'] },
];

for (const { name, skip, fresh } of engines()) {
  test(`${name}: whatever is asked, the sums are those of the rows`, { skip }, async () => {
    const luck = chance(20261025);
    const records = Array.from({ length: 1500 }, (_, number) => randomRecord(luck, number, span));
    const db = await ledgerWith(await fresh(), records);
    for (const query of QUERIES) assert.deepEqual(sorted(await usage(db, query)), sorted(recount(records, query)), JSON.stringify(query));
    await db.close();
  });

  test(`${name}: days of any zone are summed to the row, those off the full hour too`, { skip }, async () => {
    const luck = chance(20261127);
    const records = Array.from({ length: 1500 }, (_, number) => randomRecord(luck, number, span));
    const db = await ledgerWith(await fresh(), records);
    for (const { zone, fromMs, toMs } of [berlin, kathmandu, { zone: 'UTC', ...span }]) {
      for (const by of ['feature', 'user', undefined] as const) {
        const counted = recount(records, { zone, fromMs, toMs, every: 'day', by: by ? [by] : [] });
        const starts = [...new Set(counted.map(({ startMs = 0 }) => startMs))].sort((a, b) => a - b);
        const days = starts.map((startMs, at) => ({ startMs, endMs: starts[at + 1] ?? toMs }));
        const wanted = counted.map((sum) => `${starts.indexOf(sum.startMs!)} ${by ? sum[by] : ''} ${sum.cost}`);
        const sums = await daySums(db, { days, ...(by && { by }) });
        assert.deepEqual(
          sums.map(({ day, value, spend }) => `${day} ${value} ${spend}`).sort(),
          wanted.filter((line) => !line.endsWith(' 0')).sort(),
          `${zone} by ${by}`,
        );
      }
    }
    await db.close();
  });

  test(`${name}: where rows are gone, an hour that a day begins in is the day before's`, { skip }, async () => {
    const [startMs, noonMs] = [at('2026-07-01T18:15Z'), at('2026-07-02T12:00Z')];
    const late = record('late', { endedAtMs: startMs + 60_000 });
    const db = await ledgerWith(await fresh(), [late, record('noon', { endedAtMs: noonMs })]);
    const days = [
      { startMs: startMs - 86_400_000, endMs: startMs },
      { startMs, endMs: startMs + 86_400_000 },
    ];
    const spends = async () => (await daySums(db, { days })).map(({ day, spend }) => [day, spend]);
    assert.deepEqual(await spends(), [[1, late.costFloor * 2n]]);
    await sweep(db, { ...KEEP, recordsMs: 86_400_000 }, noonMs + 2 * 86_400_000);
    assert.deepEqual(await spends(), [
      [0, late.costFloor],
      [1, late.costFloor],
    ]);
    await db.close();
  });

  test(`${name}: a time is not widened to what has sums, and hours are those that clocks show`, { skip }, async () => {
    const ends = ['2026-11-19T18:10Z', '2026-11-19T18:40Z', '2026-11-20T18:10Z', '2026-11-20T18:45Z'];
    const db = await ledgerWith(
      await fresh(),
      ends.map((end) => record(end, { endedAtMs: at(end) })),
    );
    const day = { fromMs: at('2026-11-19T18:30Z'), toMs: at('2026-11-20T18:30Z'), zone: 'Asia/Kolkata', by: [] } as const;
    assert.deepEqual(
      (await usage(db, { ...day, every: 'hour' })).map(({ startMs, calls }) => [startMs, calls]),
      [
        [at('2026-11-20T00:00+05:30'), 1],
        [at('2026-11-20T23:00+05:30'), 1],
      ],
    );
    assert.deepEqual(await usage(db, { fromMs: at('2026-11-19T18:20Z'), toMs: at('2026-11-19T18:30Z'), by: [] }), []);
    await db.close();
  });

  test(`${name}: usage by one tag leaves out what does not carry it`, { skip }, async () => {
    const db = await ledgerWith(await fresh(), [record('a', { tags: { team: 'x' } }), record('b', { tags: { env: 'y' } }), record('c')]);
    const query = { fromMs: at('2026-11-20'), toMs: at('2026-11-21'), by: ['tag:team'] } as const;
    assert.deepEqual(
      (await usage(db, query)).map(({ calls, ...sum }) => [sum['tag:team'], calls]),
      [['x', 1]],
    );
    await db.close();
  });

  test(`${name}: what is no longer kept is refused rather than left out`, { skip }, async () => {
    const DAY_MS = 86_400_000;
    const old = record('old', { endedAtMs: noon - 100 * DAY_MS });
    const db = await ledgerWith(await fresh(), [old, record('new')]);
    const all = { fromMs: noon - 100 * DAY_MS, toMs: noon + 3_600_000, by: ['model'] } as const;
    assert.equal((await usage(db, all))[0]?.calls, 2);
    await sweep(db, KEEP, noon);
    await assert.rejects(usage(db, all), {
      message: 'this needs sums by hour, which are kept since 2026-11-20 only; whole days in UTC, without tags, are there for ever',
    });
    await assert.rejects(usage(db, { ...all, by: ['model', 'tag:team'] }), /this needs rows, which are kept since 2026-11-20 only/);
    assert.equal((await usage(db, { ...all, fromMs: noon - 99 * DAY_MS }))[0]?.calls, 1);
    const day = Math.floor(noon / DAY_MS) * DAY_MS;
    assert.equal((await usage(db, { fromMs: day - 100 * DAY_MS, toMs: day + DAY_MS, every: 'day', by: ['model'] })).length, 2);
    await assert.rejects(usage(db, { ...all, every: 'day' }), /this needs sums by hour, which are kept since 2026-11-20 only/);
    await db.close();
  });

  test(`${name}: tags that are no longer kept are refused, tags that were never given are not`, { skip }, async () => {
    const DAY_MS = 86_400_000;
    const today = Math.floor(noon / DAY_MS) * DAY_MS;
    const aged = (days: number, team?: string) =>
      record(`${days}`, { endedAtMs: noon - days * DAY_MS, ...(team !== undefined && { tags: { team } }) });
    const since = (days: number) => ({ fromMs: today - days * DAY_MS, toMs: today + DAY_MS, by: ['tag:team'] }) as const;
    const db = await ledgerWith(await fresh(), [aged(300), aged(95, 'x'), aged(3, 'x')]);
    await sweep(db, KEEP, noon);
    assert.equal((await usage(db, since(300)))[0]?.calls, 2);
    await assert.rejects(usage(db, { ...since(100), every: 'hour' }), /this needs sums by tag, which are kept since 2026-08-22 only/);
    await sweep(db, { ...KEEP, tagsMs: 30 * DAY_MS }, noon);
    await assert.rejects(usage(db, since(100)), {
      message: 'this needs sums by tag, which are kept since 2026-10-21 only; whole days in UTC, without tags, are there for ever',
    });
    // What is kept for longer from now on does not bring back what went.
    await sweep(db, KEEP, noon);
    await assert.rejects(usage(db, since(100)), /this needs sums by tag/);
    assert.equal((await usage(db, since(30)))[0]?.calls, 1);
    await db.close();
  });

  test(`${name}: rows that are no longer kept are refused rather than left out`, { skip }, async () => {
    const DAY_MS = 86_400_000;
    const db = await ledgerWith(await fresh(), [record('old', { endedAtMs: noon - 100 * DAY_MS }), record('new')]);
    const span = { fromMs: noon - 100 * DAY_MS, toMs: noon + 1 };
    const calls = async (query: { fromMs: number; toMs: number }) => {
      const ids: string[] = [];
      for await (const page of await scan(db, query)) ids.push(...page.map(({ record: { callId } }) => callId));
      return ids;
    };
    assert.deepEqual(await calls(span), ['old', 'new']);
    await sweep(db, KEEP, noon);
    await assert.rejects(calls(span), {
      message: 'this needs rows, which are kept since 2026-11-20 only; whole days in UTC, without tags, are there for ever',
    });
    assert.deepEqual(await calls({ ...span, fromMs: noon - 90 * DAY_MS }), ['new']);
    await db.close();
  });
}

async function ledgerWith(place: Location, records: readonly UsageRecord[]): Promise<Database> {
  const db = await connect(place);
  await migrate(db);
  const values: Value[] = [];
  for (const one of records) pushRow(values, one);
  await createWrite(db)(rowsIn(values));
  return db;
}
