import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { after } from 'node:test';
import type { Worker } from 'node:worker_threads';
import type { UsageRecord } from '../../src/accounting/record.ts';
import type { Money } from '../../src/model/money.ts';
import type { LedgerEvent } from '../../src/store/ledger.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { World } from '../../src/world/world.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'headgate-ledger-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fresh = (): string => path.join(folder, `${++files}`, 'ledger.db');

const world: World = {
  now: () => noon,
  elapsed: () => 0,
  random: () => 0,
  after: (ms, work) => {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};

const noon = Date.parse('2026-11-20T12:00:00Z');
const money = (pico: bigint) => pico as Money;
const record = (callId: string, more: Partial<UsageRecord> = {}): UsageRecord => ({
  callId,
  attempt: 1,
  last: true,
  reason: 'first',
  endedAtMs: noon,
  durationMs: 812.25,
  key: 'ci',
  provider: 'openai',
  requestedModel: 'smart',
  model: 'gpt-6-sol',
  dialectIn: 'anthropic-messages',
  dialectOut: 'openai-chat',
  channel: 'sync',
  outcome: 'ok',
  tokens: { input: 100, output: 10 },
  measured: 'reported',
  status: 'exact',
  cost: money(300_000_000n),
  costFloor: money(300_000_000n),
  priceVersion: 'test',
  losses: 0,
  ...more,
});
const full = record('call_full', {
  attempt: 2,
  last: false,
  reason: 'hedge',
  firstContentMs: 301.5,
  overheadMs: 0.25,
  feature: 'search',
  user: 'ann',
  tags: { team: 'ünïcode', 'a"b': 'c' },
  tier: 'flex',
  region: 'us',
  outcome: 'interrupted',
  tokens: {
    input: 1,
    cacheRead: 2,
    cacheWrite5m: 3,
    cacheWrite30m: 4,
    cacheWrite1h: 5,
    cacheWrite12h: 6,
    audioInput: 7,
    imageInput: 8,
    output: 9,
    audioOutput: 10,
    imageOutput: 11,
  },
  reasoningTokens: 4,
  fees: { web_search_requests: 2 },
  measured: 'estimated',
  status: 'partial',
  cost: null,
  costFloor: money(2n ** 62n + 1n),
  losses: 3,
  wire: { prompt_tokens: 1, nested: { null: null } },
});
const day = { fromMs: Date.parse('2026-11-20'), toMs: Date.parse('2026-11-21') };

test('a record comes back as it was booked, whatever it holds and however often it is booked', async () => {
  const file = fresh();
  const { ledger, close } = await openStore({ file }, world);
  ledger.book([full, record('call_plain')]);
  ledger.book([full]);
  assert.deepEqual(
    await ledger.records({}),
    [record('call_plain'), full].sort((a, b) => (a.callId < b.callId ? 1 : -1)),
  );
  ledger.book([{ ...full, losses: 99 }]);
  await close();

  const again = await openStore({ file }, world);
  assert.deepEqual(await again.ledger.records({ callId: 'call_full' }), [full]);
  const [sum] = await again.ledger.usage({ ...day, by: [] });
  assert.deepEqual([sum?.attempts, sum?.calls, sum?.failures, sum?.unpriced, sum?.estimated], [2, 1, 1, 1, 1]);
  await again.close();
});

test('usage adds up by hour and day, and by what is asked', async () => {
  const { ledger, close } = await openStore({ file: ':memory:' }, world);
  const hour = 3_600_000;
  ledger.book([
    record('a', { feature: 'search', user: 'ann' }),
    record('b', { feature: 'search', user: 'bob', endedAtMs: noon + hour - 1 }),
    record('c', { feature: 'chat', user: 'ann', endedAtMs: noon + hour, cost: money(900_000_000n), costFloor: money(900_000_000n) }),
    record('d', { endedAtMs: noon + 24 * hour }),
  ]);
  const costs = async (query: Parameters<typeof ledger.usage>[0]) =>
    (await ledger.usage(query)).map(({ cost, attempts, startMs, feature, user, model }) => ({
      ...(startMs !== undefined && { at: (startMs - noon) / hour }),
      ...(feature !== undefined && { feature }),
      ...(user !== undefined && { user }),
      ...(model !== undefined && { model }),
      attempts,
      cost,
    }));

  assert.deepEqual(await costs({ ...day, by: ['feature'] }), [
    { feature: 'chat', attempts: 1, cost: 900_000_000n },
    { feature: 'search', attempts: 2, cost: 600_000_000n },
  ]);
  assert.deepEqual(await costs({ ...day, every: 'hour', by: ['user'], where: { feature: 'search' } }), [
    { at: 0, user: 'ann', attempts: 1, cost: 300_000_000n },
    { at: 0, user: 'bob', attempts: 1, cost: 300_000_000n },
  ]);
  assert.deepEqual(await costs({ fromMs: day.fromMs, toMs: day.toMs + 1, every: 'day', by: ['model'] }), [
    { at: -12, model: 'gpt-6-sol', attempts: 3, cost: 1_500_000_000n },
    { at: 12, model: 'gpt-6-sol', attempts: 1, cost: 300_000_000n },
  ]);
  assert.deepEqual(await costs({ fromMs: noon, toMs: noon + 1, every: 'minute', by: ['feature'] }), [
    { at: 0, feature: 'search', attempts: 1, cost: 300_000_000n },
  ]);
  assert.deepEqual(await costs({ fromMs: 0, toMs: 1, by: [] }), []);
  await assert.rejects(ledger.usage({ ...day, every: 'minute', by: ['user'] }), /minute does not tell users apart/);
  await close();
});

test('sums are exact beyond 53 and 64 bits of picodollars', async () => {
  const { ledger, close } = await openStore({ file: ':memory:' }, world);
  const each = money(9_000_000_000_000_000_001n);
  ledger.book(Array.from({ length: 1000 }, (_, index) => record(`call_${index}`, { cost: each, costFloor: each })));
  const [sum] = await ledger.usage({ ...day, by: [] });
  assert.equal(sum?.cost, 9_000_000_000_000_000_001_000n);
  await close();
});

test('a bill no column can hold is kept without a price', async () => {
  const { ledger, close } = await openStore({ file: ':memory:' }, world);
  ledger.book([record('a', { cost: money(2n ** 63n), costFloor: money(2n ** 63n) })]);
  const [kept] = await ledger.records({});
  assert.deepEqual([kept?.status, kept?.cost, kept?.costFloor], ['unpriced', null, 0n]);
  await close();
});

test('a record is on disk within the flush time, and a flush waits for it', async () => {
  const file = fresh();
  const { ledger, close } = await openStore({ file }, world);
  for (let index = 0; index < 2500; index += 1) ledger.book([record(`call_${index}`)]);
  assert.equal(ledger.state.waiting, 2500);
  await ledger.flush();
  assert.deepEqual(ledger.state, { waiting: 0, dropped: 0 });
  const reader = new DatabaseSync(file, { readOnly: true });
  assert.deepEqual({ ...reader.prepare('select count(*) as rows from usage_record').get() }, { rows: 2500 });
  reader.close();
  await close();
});

test('while the file is locked calls go on; what fits in memory is written afterwards, the rest is counted and told', async () => {
  const file = fresh();
  const events: LedgerEvent[] = [];
  const heard = (type: LedgerEvent['type']) =>
    new Promise<void>((resolve) => {
      listen = (event) => {
        events.push(event);
        if (event.type === type) resolve();
      };
    });
  let listen = (event: LedgerEvent): void => void events.push(event);
  const { ledger, close } = await openStore({ file, waitingMax: 3, busyMs: 1, flushMs: 1, onEvent: (event) => listen(event) }, world);
  const other = new DatabaseSync(file);
  other.exec('begin immediate');

  const failing = heard('failing');
  ledger.book([record('a')]);
  await failing;
  ledger.book([record('b'), record('c'), record('d'), record('e')]);
  assert.deepEqual(ledger.state, { waiting: 3, dropped: 2, failing: 'database is locked' });

  const recovered = heard('recovered');
  other.exec('rollback');
  other.close();
  await recovered;
  await ledger.flush();
  assert.deepEqual(
    (await ledger.records({})).map(({ callId }) => callId),
    ['c', 'b', 'a'],
  );
  await close();
  assert.deepEqual(events, [
    { type: 'failing', message: `the ledger "${file}" cannot be written: database is locked` },
    { type: 'recovered' },
    { type: 'dropped', count: 2, message: '3 records are waiting to be written' },
  ]);
});

test('when its thread dies it is started again and what was not written is', async () => {
  let recovered = (): void => undefined;
  const again = new Promise<void>((resolve) => {
    recovered = resolve;
  });
  const events: string[] = [];
  let thread: Worker | undefined;
  process.once('worker', (worker) => {
    thread = worker;
  });
  const hasty: World = { ...world, after: (ms, work) => world.after(ms >= 1000 ? 1 : ms, work) };
  const { ledger, close } = await openStore(
    {
      file: fresh(),
      closeMs: 999,
      onEvent: ({ type }) => {
        events.push(type);
        if (type === 'recovered') recovered();
      },
    },
    hasty,
  );
  ledger.book([record('before')]);
  await ledger.flush();
  await thread?.terminate();
  ledger.book([record('between')]);
  await assert.rejects(ledger.records({}), { message: /cannot answer: its thread is being started again/, passing: true });
  await again;
  assert.deepEqual(
    (await ledger.records({})).map(({ callId }) => callId),
    ['between', 'before'],
  );
  await close();
  assert.deepEqual(events, ['failing', 'recovered']);
});

test('a file that is no ledger is refused by name and left as it is', async () => {
  const garbage = path.join(folder, 'garbage.db');
  writeFileSync(garbage, 'dear diary, '.repeat(1000));
  await assert.rejects(openStore({ file: garbage }, world), {
    message: `ledger: cannot open the database "${garbage}": file is not a database`,
  });
  await assert.rejects(
    openStore({ file: path.join(garbage, 'x.db') }, world),
    /cannot open the database ".*garbage\.db\/x\.db": E(NOTDIR|EXIST)/,
  );

  const newer = fresh();
  await (await openStore({ file: newer }, world)).close();
  const engine = new DatabaseSync(newer);
  engine.exec('insert into migration (number) values (99)');
  engine.close();
  await assert.rejects(openStore({ file: newer }, world), /written by a newer Headgate \(its tables are at 99, this one knows \d+\)/);
});

test('what is asked of the database fails with what it said, and whether another try is worth it', async () => {
  const file = fresh();
  const { ask, close } = await openStore({ file }, world);
  const minutesByUser = { ...day, every: 'minute', by: ['user'] } as const;
  await assert.rejects(ask('usage', minutesByUser), {
    name: 'DatabaseError',
    message: `the ledger "${file}" cannot answer: usage by minute does not tell users apart; ask for hours or days`,
    passing: false,
  });
  await close();
  await assert.rejects(ask('records', {}), { message: `the ledger "${file}" is closed`, passing: false });
});

test('a closed ledger takes nothing and says so', async () => {
  const { ledger, close } = await openStore({ file: ':memory:' }, world);
  await close();
  ledger.book([record('late')]);
  assert.equal(ledger.state.dropped, 1);
  await assert.rejects(ledger.usage({ ...day, by: [] }), /is closed/);
  await close();
});
