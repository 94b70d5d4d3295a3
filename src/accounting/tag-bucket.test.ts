import assert from 'node:assert/strict';
import test from 'node:test';
import type { Counted } from './bucket.ts';
import { tagDeltas } from './tag-bucket.ts';

const counted = (endedAtMs: number, tags?: Record<string, string>): Counted => ({
  endedAtMs,
  model: 'm',
  key: 'k',
  provider: 'p',
  last: true,
  outcome: 'ok',
  measured: 'reported',
  tokens: { input: 3, output: 2 },
  cost: 7n as never,
  costFloor: 7n as never,
  ...(tags && { tags }),
});

test('an attempt counts for each tag it carries, by hour and by day', () => {
  const hour = 3_600_000;
  const deltas = tagDeltas([
    counted(0, { team: 'a', env: 'x' }),
    counted(hour, { team: 'a' }),
    counted(hour),
    counted(24 * hour, { team: 'b' }),
  ]);
  assert.deepEqual(
    deltas.map(({ level, startMs, tag, value, calls, inputTokens, cost }) => [level, startMs / hour, tag, value, calls, inputTokens, cost]),
    [
      ['hour', 0, 'team', 'a', 1, 3, 7n],
      ['hour', 0, 'env', 'x', 1, 3, 7n],
      ['hour', 1, 'team', 'a', 1, 3, 7n],
      ['hour', 24, 'team', 'b', 1, 3, 7n],
      ['day', 0, 'team', 'a', 2, 6, 14n],
      ['day', 0, 'env', 'x', 1, 3, 7n],
      ['day', 24, 'team', 'b', 1, 3, 7n],
    ],
  );
});
