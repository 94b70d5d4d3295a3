import assert from 'node:assert/strict';
import test from 'node:test';
import { starvedBy } from './starved.ts';

test('an answer is starved when it ends at its limit and reasoning took at least half of it', () => {
  const cases = [
    ['length', 500, 400],
    ['length', 500, 500],
    ['length', 500, 250],
    ['length', 500, 249],
    ['length', 500, 0],
    ['stop', 500, 499],
  ] as const;
  assert.deepEqual(
    cases.map(([reason, output, reasoningTokens]) => starvedBy({ reason }, { tokens: { input: 9, output }, reasoningTokens })?.reasoning),
    [400, 500, 250, undefined, undefined, undefined],
  );
  assert.equal(starvedBy({ reason: 'length' }, undefined), undefined);
  assert.equal(starvedBy(undefined, { tokens: { output: 5 }, reasoningTokens: 5 }), undefined);
});
