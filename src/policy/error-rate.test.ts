import assert from 'node:assert/strict';
import test from 'node:test';
import { DEFAULT_ERROR_RATE, normalRate, rated } from './error-rate.ts';

test('it is high above the threshold, and normal again only after five calm minutes', () => {
  let rate = normalRate(0);
  const changes: string[] = [];
  // Twenty minutes at one attempt a second: four minutes with 30 % failing, then none.
  for (let second = 0; second < 1200; second += 1) {
    const failed = second < 240 && second % 10 < 3;
    const before = rate.state;
    ({ rate } = rated(rate, failed, second * 1000, DEFAULT_ERROR_RATE));
    if (rate.state !== before) changes.push(`${rate.state} at ${second}`);
  }
  assert.equal(changes.length, 2);
  const [high, normal] = changes.map((change) => Number(change.split(' at ')[1])) as [number, number];
  assert.ok(changes[0]!.startsWith('high') && high >= 19 && high < 60, changes[0]);
  assert.ok(changes[1]!.startsWith('normal') && normal >= 240 + 300 && normal < 240 + 900, changes[1]);
});

test('of fewer than twenty nothing is judged', () => {
  let rate = normalRate(0);
  for (let n = 0; n < 19; n += 1) ({ rate } = rated(rate, true, n * 100, DEFAULT_ERROR_RATE));
  assert.equal(rate.state, 'normal');
  assert.equal(rated(rate, true, 2000, DEFAULT_ERROR_RATE).rate.state, 'high');
});
