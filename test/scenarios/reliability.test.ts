/*
 * The numbers Headgate is held to when providers fail: whole gateways in simulated time. Where a rule makes the
 * difference, a control without it shows that the test can fail.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Doing, Weather } from './plain-providers.ts';
import { DEADLINE_MS, NO_BREAKER, type Run, type RunOptions, run } from './run.ts';

const down = (): Weather => () => 'error';

/** Faults of three kinds, evenly, in the share of requests said for each provider. */
const faulty =
  (shares: Readonly<Record<string, number>>) =>
  (random: () => number): Weather =>
  (provider) =>
    random() < (shares[provider] ?? 0) ? FAULTS[Math.floor(random() * FAULTS.length)]! : 'answer';
const FAULTS: readonly Doing[] = ['error', 'reset', 'hang'];

/** Attempts that a provider saw, as a share of the calls, from a moment on. */
function attemptsPerCall({ asked, calls }: Run, provider: string, fromMs = 0): number {
  const attempts = asked.get(provider)!.filter((atMs) => atMs >= fromMs).length;
  return attempts / calls.filter(({ askedMs }) => askedMs >= fromMs).length;
}

const succeeded = ({ calls }: Run): number => calls.filter(({ status }) => status === 200).length / calls.length;

const openings = ({ notices }: Run): number[] =>
  notices.flatMap((notice) => (notice.type === 'breaker' && notice.state === 'open' ? [notice.atElapsedMs] : []));

function answeredInTime({ calls }: Run): void {
  const late = calls.filter(({ askedMs, endedMs }) => endedMs - askedMs > DEADLINE_MS + 600);
  assert.deepEqual(late, []);
}

const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

// Amplification: 200 calls a second, no provider answers.

for (const [providers, seconds] of [
  [['one'], 300],
  [['one', 'two'], 60],
] as const) {
  const all = providers.join(' and ');

  test(`in an outage of ${all} a provider sees at most 1.1 attempts for each call, without any breaker`, async () => {
    const told = await run({ perSecond: 200, seconds, providers, weather: down, config: NO_BREAKER });
    for (const provider of providers) assert.ok(attemptsPerCall(told, provider) <= 1.1, `${attemptsPerCall(told, provider)}`);
    answeredInTime(told);
  });

  test(`in an outage of ${all} breakers leave a tenth of that after ten seconds, at the most`, async () => {
    const told = await run({ perSecond: 200, seconds, providers, weather: down });
    for (const provider of providers)
      assert.ok(attemptsPerCall(told, provider, 10_000) <= 0.1, `${attemptsPerCall(told, provider, 10_000)}`);
    answeredInTime(told);
  });
}

test('with no end to its retry budget a provider would see three', async () => {
  const health: RunOptions['health'] = (own) => ({ ...own, mayRetry: () => true });
  const told = await run({ perSecond: 200, seconds: 20, weather: down, config: NO_BREAKER, health });
  assert.ok(attemptsPerCall(told, 'one') > 2.9, `${attemptsPerCall(told, 'one')}`);
});

// Success: 20,000 calls at 50 a second, failing by chance.

const trial = { perSecond: 50, seconds: 400, providers: ['one', 'two'] };

test('with 30 % faults of the first of two, 99.9 % of calls succeed, half of them no later than a second', async () => {
  const [well, told] = [await run({ ...trial, seconds: 20, weather: faulty({}) }), await run({ ...trial, weather: faulty({ one: 0.3 }) })];
  assert.ok(succeeded(told) >= 0.999, `${succeeded(told)}`);
  const tookMs = ({ calls }: Run) => middle(calls.map(({ askedMs, endedMs }) => endedMs - askedMs));
  assert.ok(tookMs(told) - tookMs(well) <= 1000);
});

test('with 30 % faults of both, 99 % succeed', async () => {
  const told = await run({ ...trial, weather: faulty({ one: 0.3, two: 0.3 }) });
  assert.ok(succeeded(told) >= 0.99, `${succeeded(told)}`);
  answeredInTime(told);
});

const halves = { ...trial, weather: faulty({ one: 0.5, two: 0.5 }) };

for (const perSecond of [20, 50, 200]) {
  test(`with 50 % faults of both at ${perSecond} calls a second, 80 % succeed`, async () => {
    const told = await run({ ...halves, perSecond, seconds: 20_000 / perSecond });
    assert.ok(succeeded(told) >= 0.8, `${succeeded(told)}`);
    answeredInTime(told);
  });
}

/** As circuit breakers elsewhere are set. */
const ORDINARY = { breaker: { failuresInRow: 5, lasting: '1ms', failurePercent: 50, triedMin: 20, rest: '30s' } };

test('breakers as they are elsewhere, which let nobody through, would leave a fifth of them, and panic saves as many again', async () => {
  const shut = await run({ ...halves, config: ORDINARY, health: (own) => ({ ...own, panics: () => false }) });
  const panicking = await run({ ...halves, config: ORDINARY });
  assert.ok(succeeded(shut) < 0.2, `${succeeded(shut)}`);
  assert.ok(succeeded(panicking) > 2 * succeeded(shut), `${succeeded(panicking)}`);
});

// Breakers: the first of two is out from the tenth to the sixtieth second.

const BEGINS_MS = 10_000;
const HEALS_MS = 60_000;
const out = { seconds: 80, providers: ['one', 'two'] };
const during = (doing: Doing) => (): Weather => (provider, nowMs) =>
  provider === 'one' && nowMs >= BEGINS_MS && nowMs < HEALS_MS ? doing : 'answer';

for (const perSecond of [20, 50, 200]) {
  for (const doing of ['error', 'reset'] as const) {
    test(`at ${perSecond} calls a second (${doing}) it is left alone within a second, tried every five, and back in ten`, async () => {
      const told = await run({ ...out, perSecond, weather: during(doing) });
      const [openedMs] = openings(told);
      assert.ok(openedMs! >= BEGINS_MS && openedMs! <= BEGINS_MS + 1000, `opened at ${openedMs}`);
      const trials = told.asked.get('one')!.filter((atMs) => atMs > openedMs! && atMs < HEALS_MS);
      const gaps = trials.map((atMs, at) => atMs - (trials[at - 1] ?? openedMs!));
      assert.ok(trials.length >= 5 && Math.min(...gaps) >= 5000, `tried after ${gaps}`);
      const closed = told.notices.find((notice) => notice.type === 'breaker' && notice.state === 'closed');
      assert.ok(closed!.atElapsedMs - HEALS_MS <= 10_000, `closed at ${closed?.atElapsedMs}`);
      assert.equal(succeeded(told), 1);
    });
  }
}

test('one that only hangs is left alone within a second of the first time-out', async () => {
  const told = await run({ ...out, perSecond: 20, weather: during('hang') });
  const firstMs = told.records.find(({ outcome }) => outcome === 'slow')!.endedAtMs - Date.UTC(2026, 0, 1);
  assert.ok(openings(told)[0]! - firstMs <= 1000);
});

test('ten gateways do not try it in step: their rests differ by more than a fifth either way', async () => {
  const rests: number[] = [];
  for (let seed = 1; seed <= 10; seed += 1) {
    const { notices } = await run({ ...out, perSecond: 20, weather: during('error'), seed });
    const changes = notices.filter((notice) => notice.type === 'breaker');
    for (const [at, { state, atElapsedMs }] of changes.entries())
      if (state === 'halfOpen') rests.push(atElapsedMs - changes[at - 1]!.atElapsedMs);
  }
  const mean = rests.reduce((sum, ms) => sum + ms, 0) / rests.length;
  assert.ok(Math.min(...rests) < 0.8 * mean && Math.max(...rests) > 1.2 * mean, `${rests.map(Math.round)}`);
});

test('an hour with 5 % faults opens nothing', async () => {
  const told = await run({ perSecond: 20, seconds: 3600, providers: ['one', 'two'], weather: faulty({ one: 0.05, two: 0.05 }) });
  assert.deepEqual(openings(told), []);
});

test('a provider that only says slow down is not ill', async () => {
  const told = await run({ perSecond: 50, seconds: 60, weather: () => () => 'throttle' });
  assert.deepEqual(openings(told), []);
  assert.equal(succeeded(told), 0);
});
