import assert from 'node:assert/strict';
import test from 'node:test';
import type { Attempt } from '../model/attempt.ts';
import type { Failure } from '../model/failure.ts';
import { advised } from './advice.ts';
import { DEFAULT_RETRY } from './next.ts';

const target = { provider: 'a', model: 'm', dialect: 'openai-chat' } as const;
const tried: readonly Attempt[] = [{ target, startedAtMs: 0, durationMs: 1, losses: 0, delivered: false }];
const advice = (failure: Failure, past: readonly Attempt[], soonestMs?: number, tries = 6) => {
  const { retryAfterMs, shouldRetry } = advised({ do: 'stop', failure, ...(soonestMs !== undefined && { soonestMs }) }, past, {
    ...DEFAULT_RETRY,
    triesInAll: tries,
  });
  return { retryAfterMs, shouldRetry };
};

test('callers are told to leave what was tried for them, and when to come back where that is known', () => {
  const busy: Failure = { kind: 'overloaded', message: 'busy' };
  assert.deepEqual(advice(busy, tried), { retryAfterMs: undefined, shouldRetry: false });
  assert.deepEqual(advice({ ...busy, retryAfterMs: 30_000 }, tried), { retryAfterMs: 30_000, shouldRetry: true });
  assert.deepEqual(advice(busy, [], 4000), { retryAfterMs: 4000, shouldRetry: true });
  assert.deepEqual(
    advice(busy, tried, undefined, 1),
    { retryAfterMs: undefined, shouldRetry: undefined },
    'their retries are the only ones',
  );
  assert.deepEqual(advice({ kind: 'invalid', message: 'no' }, tried), { retryAfterMs: undefined, shouldRetry: undefined });
});
