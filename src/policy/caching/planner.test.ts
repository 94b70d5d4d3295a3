import assert from 'node:assert/strict';
import test from 'node:test';
import { type CacheTerms, createCachePlanner } from './planner.ts';

const MINUTE = 60_000;
const CLAUDE: CacheTerms = {
  read: 0.1,
  lives: [
    { minutes: 5, write: 1.25 },
    { minutes: 60, write: 2 },
  ],
  tokensMin: 1024,
  writesUnasked: false,
};
const GPT: CacheTerms = { read: 0.05, lives: [{ minutes: 30, write: 1.25 }], tokensMin: 1024, writesUnasked: true };

function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
/** Questions with one beginning and an end of their own, at these times. */
function asked(starts: readonly number[], terms: CacheTerms, tokens = 4000) {
  const planner = createCachePlanner();
  const plans = starts.map((startMs, n) =>
    planner.plan('search', { digests: ['head', `question ${n}`], tokens: [tokens, tokens + 50] }, terms, startMs),
  );
  return { plans, tally: planner.tallies().get('search')! };
}
const every = (gapMs: number, count: number) => Array.from({ length: count }, (_, n) => n * gapMs);

test('a shared beginning is written the second time it is seen, and kept as long as pays', () => {
  const { plans, tally } = asked(every(MINUTE, 50), CLAUDE);
  assert.deepEqual(plans[0]!.marks, []);
  assert.deepEqual(plans[1]!.marks, [{ at: 0, minutes: 5 }]);
  assert.deepEqual(plans[49]!.marks, [{ at: 0, minutes: 5 }]);
  assert.ok(tally.planned < tally.tokens * 0.2);
  const halfHourly = asked(every(30 * MINUTE, 50), CLAUDE);
  assert.deepEqual(halfHourly.plans[49]!.marks, [{ at: 0, minutes: 60 }]);
  assert.equal(halfHourly.tally.minutes, 60);
});

test('what is too short, comes too seldom or only once is never marked', () => {
  assert.ok(asked(every(MINUTE, 50), CLAUDE, 1000).plans.every(({ marks }) => marks.length === 0));
  assert.ok(asked(every(3 * 60 * MINUTE, 50), CLAUDE).plans.every(({ marks }) => marks.length === 0));
  const planner = createCachePlanner();
  for (let n = 0; n < 50; n += 1) {
    const { marks } = planner.plan('once', { digests: [`head ${n}`, `question ${n}`], tokens: [5000, 5050] }, CLAUDE, n * 1000);
    assert.deepEqual(marks, []);
  }
});

test('a conversation is marked where it came to before, and at its end for the next turn', () => {
  const planner = createCachePlanner();
  const digests = ['head', 'turn 0', 'turn 1', 'turn 2', 'turn 3', 'turn 4', 'turn 5', 'turn 6'];
  const turn = (upTo: number, nowMs: number) =>
    planner.plan(
      'chat',
      { digests: digests.slice(0, upTo + 1), tokens: digests.slice(0, upTo + 1).map((_, at) => 2000 + at * 500) },
      CLAUDE,
      nowMs,
    ).marks;
  assert.deepEqual(turn(1, 0), []);
  assert.deepEqual(turn(3, MINUTE), [
    { at: 1, minutes: 5 },
    { at: 3, minutes: 5 },
  ]);
  assert.deepEqual(turn(5, 2 * MINUTE), [
    { at: 3, minutes: 5 },
    { at: 5, minutes: 5 },
  ]);
});

test('a beginning that many conversations share may be kept for longer than their turns', () => {
  const planner = createCachePlanner();
  let last: readonly { readonly at: number; readonly minutes: number }[] = [];
  // Conversations of three questions a minute apart, each half an hour after the one before.
  for (let talk = 0; talk < 40; talk += 1) {
    for (let turn = 0; turn < 3; turn += 1) {
      const count = 2 + turn * 2;
      const digests = ['head', ...Array.from({ length: count - 1 }, (_, at) => `talk ${talk} turn ${at}`)];
      const tokens = digests.map((_, at) => 4000 + at * 300);
      last = planner.plan('chat', { digests, tokens }, CLAUDE, talk * 30 * MINUTE + turn * MINUTE).marks;
    }
  }
  assert.equal(last[0]!.at, 0);
  for (const [index, { minutes }] of last.entries()) assert.ok(index === 0 || minutes <= last[index - 1]!.minutes);
  assert.ok(last.length <= 4);
});

test('where the provider writes unasked, questions that nothing goes on with are told not to', () => {
  const { plans } = asked(every(3 * 60 * MINUTE, 50), GPT);
  assert.deepEqual([plans[5]!.explicit, plans[49]!.explicit, plans[49]!.marks], [false, true, []]);
  const shared = asked(every(MINUTE, 50), GPT).plans[49]!;
  assert.deepEqual([shared.explicit, shared.marks], [true, [{ at: 0, minutes: 30 }]]);
});

test('planned as it goes, 200 random traces cost at most 5 % more than the best choice known afterwards (CACHE-3)', () => {
  const regrets: number[] = [];
  for (let seed = 0; seed < 200; seed += 1) {
    const random = chance(seed * 977 + 13);
    const meanMs = 5000 * 4000 ** random();
    const burst = random() < 0.5 ? 1 + Math.floor(random() * 12) : 1;
    const starts: number[] = [];
    let nowMs = 0;
    while (starts.length < 400) {
      nowMs += -Math.log(1 - random()) * meanMs * burst;
      for (let n = 0; n < burst && starts.length < 400; n += 1) {
        starts.push(nowMs);
        nowMs += random() * 20_000;
      }
    }
    const { tally } = asked(starts, CLAUDE);
    const online = tally.planned - 50 * starts.length;
    const costs = CLAUDE.lives.map(({ minutes, write }) =>
      starts.reduce((sum, at, n) => sum + 4000 * (n > 0 && at - starts[n - 1]! <= minutes * MINUTE ? CLAUDE.read : write), 0),
    );
    const best = Math.min(4000 * starts.length, ...costs);
    regrets.push(online / best - 1);
  }
  const mean = regrets.reduce((sum, one) => sum + one, 0) / regrets.length;
  const worst = regrets.toSorted((a, b) => b - a).slice(0, 5);
  assert.ok(mean <= 0.05, `${mean}`);
  assert.ok(worst[0]! <= 0.15, `${worst}`);
});
