import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { admitted, type Pace, remaining, requestPace, settled, tokenPace } from './pace.ts';

test('a burst goes through at once, then one unit at a time', () => {
  const pace: Pace = { perMinute: 60, burst: 3 };
  let dueMs = 0;
  const told = [0, 0, 0, 0, 999, 1000, 1000].map((nowMs) => {
    const outcome = admitted(pace, dueMs, 1, nowMs);
    if ('retryAfterMs' in outcome) return `wait ${outcome.retryAfterMs}`;
    dueMs = outcome.dueMs;
    return 'in';
  });
  assert.deepEqual(told, ['in', 'in', 'in', 'wait 1000', 'wait 1', 'in', 'wait 1000']);
});

test('what costs more than a burst goes through when nothing is owed, and is paid off after', () => {
  const pace: Pace = { perMinute: 60, burst: 10 };
  const first = admitted(pace, 0, 30, 5000);
  assert.deepEqual(first, { dueMs: 35_000 });
  assert.deepEqual(admitted(pace, 35_000, 1, 6000), { retryAfterMs: 20_000 });
});

test('small limits may be used at once, of large ones a sixth; tokens by the minute', () => {
  assert.deepEqual(
    [3, 12, 60, 600].map((perMinute) => requestPace(perMinute).burst),
    [3, 10, 10, 100],
  );
  assert.equal(tokenPace(100_000).burst, 100_000);
});

test('what is left is told in whole units, and when all of it is back', () => {
  const pace: Pace = { perMinute: 60, burst: 10 };
  assert.deepEqual(remaining(pace, 0, 5000), { units: 10, resetMs: 0 });
  assert.deepEqual(remaining(pace, 7500, 5000), { units: 7, resetMs: 2500 });
  assert.deepEqual(remaining(pace, 65_000, 5000), { units: 0, resetMs: 60_000 });
});

test('tokens given back late are not given twice', () => {
  const pace: Pace = { perMinute: 60, burst: 60 };
  // The first minute's reservation has run off by the time it turns out to have taken nothing.
  assert.equal(settled(pace, 120_000, { endMs: 60_000, reserved: 60, actual: 0 }, 61_000), 120_000);
  // Half of it has: half is given back.
  assert.equal(settled(pace, 60_000, { endMs: 60_000, reserved: 60, actual: 0 }, 30_000), 30_000);
  // More than was reserved is owed.
  assert.equal(settled(pace, 60_000, { endMs: 60_000, reserved: 60, actual: 70 }, 30_000), 70_000);
});

interface Taken {
  readonly atMs: number;
  readonly endMs: number;
  readonly reserved: number;
  readonly actual: number;
}

const arrivals = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 3000 }),
    reserved: fc.integer({ min: 1, max: 40 }),
    spare: fc.double({ min: 0, max: 1, noNaN: true }),
    lastsMs: fc.integer({ min: 0, max: 20_000 }),
  }),
  { minLength: 1, maxLength: 60 },
);

/** Plays arrivals through the pace, settling each when it has lasted, and returns what was let in. */
function play(pace: Pace, list: typeof arrivals extends fc.Arbitrary<infer T> ? T : never): { taken: Taken[]; refusals: number } {
  let nowMs = 0;
  let dueMs = 0;
  let refusals = 0;
  const taken: Taken[] = [];
  const open: { readonly overMs: number; readonly of: Taken }[] = [];
  for (const { afterMs, reserved, spare, lastsMs } of list) {
    const untilMs = nowMs + afterMs;
    open.sort((a, b) => a.overMs - b.overMs);
    while (open[0] && open[0].overMs <= untilMs) {
      const { overMs, of } = open.shift()!;
      dueMs = settled(pace, dueMs, of, overMs);
    }
    nowMs = untilMs;
    const outcome = admitted(pace, dueMs, reserved, nowMs);
    if ('retryAfterMs' in outcome) {
      refusals += 1;
      continue;
    }
    dueMs = outcome.dueMs;
    const of: Taken = { atMs: nowMs, endMs: dueMs, reserved, actual: Math.floor(reserved * (1 - spare)) };
    taken.push(of);
    open.push({ overMs: nowMs + lastsMs, of });
  }
  return { taken, refusals };
}

test('no stretch of time sees more than a burst and its share of the pace, whatever is given back', () => {
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 60, max: 2000 }), fc.integer({ min: 40, max: 80 }), (list, perMinute, burst) => {
      const pace: Pace = { perMinute, burst };
      const { taken } = play(pace, list);
      for (const [index, { atMs }] of taken.entries()) {
        let sum = 0;
        for (const later of taken.slice(index)) {
          sum += later.actual;
          assert.ok(sum <= burst + ((later.atMs - atMs) * perMinute) / 60_000 + 0.01, `${sum} from ${atMs} to ${later.atMs}`);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('the wait that is told is enough, and one millisecond less is not', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100_000 }),
      fc.nat(1e6),
      fc.nat(1e6),
      fc.integer({ min: 1, max: 500 }),
      (perMinute, dueMs, nowMs, cost) => {
        const pace = tokenPace(perMinute);
        const outcome = admitted(pace, dueMs, cost, nowMs);
        if (!('retryAfterMs' in outcome)) return;
        const { retryAfterMs } = outcome;
        assert.ok('dueMs' in admitted(pace, dueMs, cost, nowMs + retryAfterMs));
        if (retryAfterMs > 1) assert.ok('retryAfterMs' in admitted(pace, dueMs, cost, nowMs + retryAfterMs - 1));
      },
    ),
  );
});
