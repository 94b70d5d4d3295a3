import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type Breaker, closedBreaker, DEFAULT_BREAKER, entered, observed, panicked, restsFor, untried } from './breaker.ts';

/** A breaker that sees outcomes at a steady rate; says when it opened, if it did. */
function watch(outcomes: Iterable<boolean>, perSecond: number): { readonly openedMs: number | undefined; readonly seen: number } {
  let breaker: Breaker = closedBreaker(0);
  let seen = 0;
  for (const failed of outcomes) {
    const nowMs = (seen * 1000) / perSecond;
    breaker = observed(breaker, failed, nowMs, 0.5, DEFAULT_BREAKER);
    seen += 1;
    if (breaker.state === 'open') return { openedMs: nowMs, seen };
  }
  return { openedMs: undefined, seen };
}

function* faults(rate: number, count: number, seed: number): Generator<boolean> {
  let state = seed;
  for (let n = 0; n < count; n += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32 < rate;
  }
}

for (const perSecond of [20, 50, 200, 1000])
  test(`in a total outage at ${perSecond} calls/s it opens within a second`, () => {
    const { openedMs } = watch(faults(1, 10_000, 1), perSecond);
    assert.ok(openedMs !== undefined && openedMs <= 1000, `${openedMs}`);
  });

test('with few calls it opens after a handful of failures, however far apart', () => {
  assert.deepEqual(watch(faults(1, 100, 1), 0.2), { openedMs: 35_000, seen: 8 });
});

test('an hour at 5 % faults opens nothing', () => {
  for (const seed of [1, 2, 3]) assert.equal(watch(faults(0.05, 20 * 3600, seed), 20).openedMs, undefined);
});

test('a burst that failed together does not open it', () => {
  let breaker = closedBreaker(0);
  for (let n = 0; n < 40; n += 1) breaker = observed(breaker, true, 0, 0.5, DEFAULT_BREAKER);
  assert.equal(breaker.state, 'closed');
});

test('four in five failing opens it, though successes come between', () => {
  assert.notEqual(watch(faults(0.8, 10_000, 7), 50).openedMs, undefined);
});

test('it rests 5 to 8 seconds by chance, then one call tries it while the others wait', () => {
  const open = (random: number): Breaker => {
    let breaker = closedBreaker(0);
    for (let n = 0; n <= 20; n += 1) breaker = observed(breaker, true, n * 50, random, DEFAULT_BREAKER);
    return breaker;
  };
  const openedMs = 500;
  assert.deepEqual(
    [0, 0.5, 1].map((random) => restsFor(open(random), openedMs)),
    [5000, 6500, 8000],
  );
  const early = entered(open(0), openedMs + 4999);
  const trying = entered(open(0), openedMs + 5000);
  assert.deepEqual([early.state, trying.state, restsFor(trying, 1e9)], ['open', 'halfOpen', Number.POSITIVE_INFINITY]);
  assert.equal(observed(trying, false, 6000, 0, DEFAULT_BREAKER).state, 'closed');
  const again = observed(trying, true, 6000, 0, DEFAULT_BREAKER);
  assert.deepEqual([again.state, restsFor(again, 6000)], ['open', 5000]);
  assert.equal(restsFor(untried(trying, 6000), 6000), 0);
});

test('failures of calls sent before it opened do not make its rest longer; a success ends it', () => {
  const open: Breaker = { state: 'open', untilMs: 9000, asked: 3 };
  assert.equal(observed(open, true, 5000, 0, DEFAULT_BREAKER), open);
  assert.equal(observed(open, false, 5000, 0, DEFAULT_BREAKER).state, 'closed');
});

test('of calls with nowhere else to go the first passes, then ever fewer', () => {
  let breaker: Breaker = { state: 'open', untilMs: 5000, asked: 0 };
  const passed: boolean[] = [];
  for (let n = 0; n < 6; n += 1) {
    const { passes, breaker: next } = panicked(breaker, 0.24);
    passed.push(passes);
    breaker = next;
  }
  assert.deepEqual(passed, [true, true, true, true, false, false]);
});

test('whatever happens, a rest ends: no breaker stays away from an upstream for longer than its longest rest', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(3000), fc.double({ min: 0, max: 0.999, noNaN: true }))), (steps) => {
      let breaker: Breaker = closedBreaker(0);
      let nowMs = 0;
      for (const [failed, waitMs, random] of steps) {
        nowMs += waitMs;
        const rest = restsFor(breaker, nowMs);
        assert.ok(rest <= DEFAULT_BREAKER.restMsMax);
        if (rest > 0) continue;
        breaker = observed(entered(breaker, nowMs), failed, nowMs, random, DEFAULT_BREAKER);
      }
    }),
  );
});
