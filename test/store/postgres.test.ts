import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import pg from 'pg';
import type { LedgerEvent } from '../../src/store/ledger.ts';
import { openStore } from '../../src/store/open-store.ts';
import { PASSWORD, type Postgres, startPostgres, withoutPostgres } from '../support/postgres.ts';
import { day, full, record, world } from '../support/records.ts';

const skip = withoutPostgres();
let server: Postgres;
before(async () => {
  if (!skip) server = await startPostgres();
});
after(() => server?.stop());

test('gateways that start at the same moment make the tables once', { skip }, async () => {
  const url = await server.database();
  const stores = await Promise.all(Array.from({ length: 4 }, () => openStore({ url }, world)));
  stores[0]!.ledger.book([full]);
  await stores[0]!.ledger.flush();
  assert.deepEqual(await stores[3]!.ledger.records({}), [full]);
  await Promise.all(stores.map((store) => store.close()));
});

test('gateways that add to the same buckets at once do not block each other, and the sums are right', { skip }, async () => {
  const url = await server.database();
  const events: LedgerEvent[] = [];
  const options = { url, batchMax: 200, onEvent: (event: LedgerEvent) => void events.push(event) };
  const stores = await Promise.all([openStore(options, world), openStore(options, world)]);
  const users = Array.from({ length: 200 }, (_, index) => `user ${100 + index}`);
  for (let round = 0; round < 20; round += 1) {
    for (const [gateway, { ledger }] of stores.entries()) {
      // The one's buckets come in the other's order reversed.
      const order = gateway === 0 ? users : users.toReversed();
      ledger.book(
        order.map((user, index) => record(`call_${gateway}_${round}_${index}`, { user, feature: `f${round % 2}`, tags: { user } })),
      );
    }
  }
  await Promise.all(stores.map(({ ledger }) => ledger.flush()));
  const sums = await stores[0].ledger.usage({ ...day, by: ['user'] });
  assert.deepEqual(
    sums.map(({ user, calls, cost }) => [user, calls, cost]).sort(),
    users.map((user) => [user, 40, 12_000_000_000n]),
  );
  const rows = await stores[1].ledger.records({ limit: 10_000 });
  assert.deepEqual(
    [...Map.groupBy(rows, ({ user, feature }) => `${user} ${feature}`)].map(([, group]) => group.length),
    Array.from({ length: 400 }, () => 20),
  );
  assert.deepEqual((await server.run('select sum(deadlocks)::int as n from pg_stat_database')).rows, [{ n: 0 }]);
  await Promise.all(stores.map((store) => store.close()));
  assert.deepEqual(events, []);
});

test('a database that hangs and comes back has everything afterwards, once', { skip }, async () => {
  const { ledger, close, heard } = await listening(await server.database());
  ledger.book([record('before')]);
  await ledger.flush();
  server.freeze();
  const failing = heard('failing');
  ledger.book([record('during')]);
  await failing;
  ledger.book([record('during, too')]);
  await assert.rejects(ledger.records({}), { name: 'DatabaseError', passing: true });
  const recovered = heard('recovered');
  server.thaw();
  await recovered;
  await ledger.flush();
  assert.deepEqual((await ledger.records({})).map(({ callId }) => callId).sort(), ['before', 'during', 'during, too']);
  assert.equal((await ledger.usage({ ...day, by: [] }))[0]?.attempts, 3);
  assert.equal(ledger.state.dropped, 0);
  await close();
});

test('a connection that is cut, idle or amid a statement, is made anew', { skip }, async () => {
  const url = await server.database();
  const { ledger, close, heard } = await listening(url);
  const cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'headgate'";
  ledger.book([record('a')]);
  await ledger.flush();
  await server.run(cut);
  ledger.book([record('b')]);
  await ledger.flush();

  const other = new pg.Client(url);
  await other.connect();
  await other.query('begin; lock table usage_record');
  ledger.book([record('c')]);
  const waits = "select 1 from pg_stat_activity where application_name = 'headgate' and wait_event_type = 'Lock'";
  while ((await server.run(waits)).rowCount === 0);
  const failing = heard('failing');
  await server.run(cut);
  await failing;
  await other.end();
  await ledger.flush();
  assert.equal((await ledger.usage({ ...day, by: [] }))[0]?.attempts, 3);
  await close();
});

test('a row with what PostgreSQL cannot hold is kept without it', { skip }, async () => {
  const { ledger, close } = await openStore({ url: await server.database() }, world);
  ledger.book([record('a', { feature: 'nu\0l', user: 'lone \ud800' }), record('b')]);
  const rows = await ledger.records({});
  assert.deepEqual(
    rows.map(({ callId, feature, user }) => [callId, feature, user]),
    [
      ['b', undefined, undefined],
      ['a', 'nu\uFFFDl', 'lone \uFFFD'],
    ],
  );
  await close();
});

test('a server that cannot be opened is named, with the setting and without the password', { skip }, async () => {
  const good = await server.database();
  const { host } = new URL(good);
  const { port } = new URL(good);
  const CASES: readonly [string, RegExp][] = [
    [
      good.replace(PASSWORD, 'wrong-secret'),
      new RegExp(
        `^Error: ledger: cannot open the database at postgres://${host}/test_\\d+ \\(ledger.url\\): password authentication failed for user "headgate"$`,
      ),
    ],
    [good.replace(/test_\d+$/, 'nowhere'), /\(ledger\.url\): database "nowhere" does not exist$/],
    [
      good.replace(host, 'no.such.host.invalid'),
      /no\.such\.host\.invalid\/test_\d+ \(ledger\.url\): getaddrinfo (ENOTFOUND|EAI_AGAIN) no\.such\.host\.invalid$/,
    ],
    [good.replace(port, '1'), /\(ledger\.url\): connect ECONNREFUSED 127\.0\.0\.1:1$/],
  ];
  for (const [url, message] of CASES) {
    await assert.rejects(openStore({ url }, world), (error) => {
      assert.match(String(error), message);
      assert.doesNotMatch(String((error as Error).stack), /wrong-secret|canary-password/);
      return true;
    });
  }
});

/** A store that gives up an answer soon, and a way to wait for what it tells. */
async function listening(url: string) {
  const listeners = new Map<LedgerEvent['type'], () => void>();
  const store = await openStore({ url, answerMs: 2_000, flushMs: 1, onEvent: ({ type }) => listeners.get(type)?.() }, world);
  const heard = (type: LedgerEvent['type']) => new Promise<void>((resolve) => void listeners.set(type, resolve));
  return { ...store, heard };
}
