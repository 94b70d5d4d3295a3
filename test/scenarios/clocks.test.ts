/* The machine's clock is set, summer time comes and goes, the process sleeps: whole gateways in simulated time. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createHeadgate } from '../../src/headgate.ts';
import { inProcess } from '../../src/store/in-process.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { recount } from '../support/books.ts';
import { simulatedDisk } from '../support/simulated-disk.ts';
import { plainProviders, type Weather } from './plain-providers.ts';
import { callOn, configured, LATENCY_MS, type Run, type RunOptions, run } from './run.ts';
import { settled } from './scenario.ts';
import { type UnsteadyWorld, unsteadyWorld } from './unsteady-world.ts';

const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;
const DAY_MS = 24 * HOUR_MS;
const JUMPS = [HOUR_MS, -HOUR_MS, DAY_MS, -DAY_MS, -HOUR_MS, -DAY_MS, HOUR_MS, DAY_MS];

/** The first of two is out, or hangs, for most of it. */
const stormy: RunOptions = {
  perSecond: 20,
  seconds: 60,
  providers: ['one', 'two'],
  weather:
    (random): Weather =>
    (provider, nowMs) =>
      provider === 'two' || nowMs < 10_000 || nowMs > 45_000 ? 'answer' : random() < 0.8 ? 'error' : 'hang',
};

/** All of a run that clocks on the wall should not change. Alert rules judge rows by their wall times, and are left out. */
const steady = ({ calls, asked, notices, records }: Run) => ({
  calls,
  asked,
  notices: notices.filter(({ type }) => type !== 'alert').map(({ type, atElapsedMs }) => ({ type, atElapsedMs })),
  tookMs: records.map(({ durationMs, firstContentMs, overheadMs }) => [durationMs, firstContentMs, overheadMs]),
});

test('while the clock on the wall jumps by hours and days, calls, breakers, deadlines and durations are as ever', async () => {
  const world = unsteadyWorld();
  const jumping = await run({
    ...stormy,
    world,
    // In the middle of calls: each takes 50 ms and they come as far apart.
    before: (call) => call % 30 === 15 && world.setClock(JUMPS[Math.floor(call / 30) % JUMPS.length]!),
  });
  const still = await run(stormy);
  assert.deepEqual(steady(jumping), steady(still));
  assert.ok(still.notices.some(({ type }) => type === 'breaker'));
  assert.ok(jumping.records.every(({ durationMs }) => durationMs >= 0));
});

/** A gateway with a ledger, whose one provider answers after 50 ms. */
async function gateway(world: UnsteadyWorld) {
  const db = sqlite({ file: ':memory:', busyMs: 0 });
  const { network } = plainProviders({ world, weather: () => 'answer', latencyMs: LATENCY_MS, hangMs: 0 });
  const config = configured(['one'], { ledger: { file: 'ledger.sqlite' } });
  const ground = inProcess({ ...db, close: async () => undefined }, simulatedDisk(1, (ms, work) => void world.after(ms, work)).mount());
  const headgate = await settled(createHeadgate(config, { world, network, ground }), world);
  return { headgate, db };
}

test('an attempt is on the day that the wall clock showed, and every sum is that of its rows', async () => {
  const world = unsteadyWorld({ startMs: Date.UTC(2026, 2, 10, 23, 30) });
  const { headgate, db } = await gateway(world);
  const expected = new Map<number, number>();
  for (const jump of JUMPS) {
    for (const jumps of [0, jump]) {
      const dayMs = Math.floor((world.now() + LATENCY_MS) / DAY_MS) * DAY_MS;
      expected.set(dayMs, (expected.get(dayMs) ?? 0) + 1);
      callOn(headgate.door, world);
      world.advance(LATENCY_MS / 2);
      world.setClock(jumps);
      world.advance(LATENCY_MS);
    }
  }
  const query = headgate.ledger!.usage({ fromMs: 0, toMs: Date.UTC(2027), every: 'day', by: [] });
  const days = (await settled(query, world)).map(({ startMs, attempts }) => [startMs, attempts]);
  await settled(headgate.close(), world);
  const { records, sums, again } = await recount(db);
  await db.close();
  assert.deepEqual(
    days,
    [...expected].sort(([a], [b]) => a - b),
  );
  assert.deepEqual(sums, again);
  assert.deepEqual(new Set(records.map(({ durationMs }) => durationMs)), new Set([LATENCY_MS]));
});

for (const [what, startMs, perDay] of [
  ['forward', Date.UTC(2026, 2, 27, 23), [96, 92, 96]],
  ['back', Date.UTC(2026, 9, 23, 22), [96, 100, 96]],
] as const) {
  test(`on the day clocks in Berlin go ${what}, its sums are those of as many hours as it has`, async () => {
    const world = unsteadyWorld({ startMs });
    const { headgate, db } = await gateway(world);
    const fromMs = world.now();
    const begunMs = world.elapsed();
    const quarters = perDay.reduce((sum, count) => sum + count, 0);
    for (let quarter = 0; quarter < quarters; quarter += 1) {
      world.advance(begunMs + (quarter * HOUR_MS) / 4 - world.elapsed());
      callOn(headgate.door, world);
      if (quarter % 32 === 0) await settled(headgate.ledger!.flush(), world);
    }
    world.advance(LATENCY_MS);
    const query = headgate.ledger!.usage({
      fromMs: startMs,
      toMs: startMs + (quarters * HOUR_MS) / 4,
      every: 'day',
      by: [],
      zone: 'Europe/Berlin',
    });
    const days = await settled(query, world);
    await settled(headgate.close(), world);
    await db.close();
    assert.ok(fromMs - startMs < HOUR_MS / 4);
    assert.deepEqual(
      days.map(({ attempts }) => attempts),
      perDay,
    );
  });
}

const SLOWLY = { perSecond: 5, seconds: 20, latencyMs: 18_000 } as const;

test('after a minute asleep, answers that came meanwhile are given, whatever their deadline, and speak against nobody', async () => {
  const world = unsteadyWorld();
  const told = await run({ ...SLOWLY, world, weather: () => () => 'answer', before: (call) => call === 80 && world.sleep(60_000) });
  assert.deepEqual(
    told.notices.filter(({ type }) => type === 'breaker' || type === 'errorRate'),
    [],
  );
  assert.deepEqual(new Set(told.calls.map(({ status }) => status)), new Set([200]));
  assert.ok(told.records.every(({ durationMs }) => durationMs >= 0));
});

test('after a minute asleep, calls that nobody answered end within half a second, and their provider is not blamed', async () => {
  const world = unsteadyWorld();
  let wokeMs = 0;
  const told = await run({
    ...SLOWLY,
    latencyMs: 80_000,
    world,
    weather: () => () => 'answer',
    before: (call) => {
      if (call !== 80) return;
      world.sleep(60_000);
      wokeMs = world.elapsed();
    },
  });
  const asleep = told.calls.filter(({ askedMs }) => askedMs < wokeMs - 60_000);
  assert.ok(asleep.length >= 50);
  assert.deepEqual(
    asleep.filter(({ status, endedMs }) => status !== 504 || endedMs - wokeMs > 1000),
    [],
  );
  assert.deepEqual(
    told.notices.filter(({ type, atElapsedMs }) => type === 'breaker' && atElapsedMs < wokeMs + 10_000),
    [],
  );
});

test('an upstream at rest while the process sleeps is tried when it wakes', async () => {
  const world = unsteadyWorld();
  let slept = false;
  const told = await run({
    ...stormy,
    world,
    before: () => {
      if (slept || world.elapsed() < 15_000) return;
      slept = true;
      world.sleep(60_000);
    },
  });
  const changes = told.notices.filter((notice) => notice.type === 'breaker').map(({ state }) => state);
  assert.deepEqual(changes, ['open', 'halfOpen', 'closed']);
  assert.ok(told.calls.every(({ status }) => status === 200));
});
