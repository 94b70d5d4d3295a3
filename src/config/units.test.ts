import assert from 'node:assert/strict';
import test from 'node:test';
import { durationMs } from '../model/duration.ts';
import { dollars, sizeBytes } from './units.ts';

test('durations are read with their units, largest first', () => {
  const read = ['500ms', '120s', '1m30s', '2h', '1d12h', '1s500ms', '1m500ms', '0s'].map(durationMs);
  assert.deepEqual(read, [500, 120_000, 90_000, 7_200_000, 129_600_000, 1500, 60_500, 0]);
});

test('what is no duration is none', () => {
  for (const text of ['', '120', '1.5s', '30s1m', '1m1m', ' 1s', '1 s', '-1s', 'ms']) assert.equal(durationMs(text), undefined, text);
});

test('sizes are read with their units', () => {
  assert.deepEqual(['1B', '64KB', '32MB', '1GB', '32', '32mb', '1.5MB'].map(sizeBytes), [
    1,
    65_536,
    33_554_432,
    1_073_741_824,
    undefined,
    undefined,
    undefined,
  ]);
});

test('money is read as written, with its sign', () => {
  const read = ['$50', '$0.25', '$0.000001', '$0.0000001', '50', '$.5', '$1,000', '$-1'].map(dollars);
  assert.deepEqual(read, ['50', '0.25', '0.000001', undefined, undefined, undefined, undefined, undefined]);
});
