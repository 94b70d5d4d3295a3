import type { Attempt } from '../model/attempt.ts';
import { FAILURES, type Failure } from '../model/failure.ts';
import type { RetryPolicy, Step } from './next.ts';

/**
 * The failure as its caller is told it, with word on whether to ask again. SDKs retry twice by themselves:
 * on top of our own tries that would be three times the load on an upstream in trouble. So they are told to
 * leave it where we have tried for them, and to come back when there is a time to come back at.
 */
export function advised(stop: Extract<Step, { do: 'stop' }>, past: readonly Attempt[], policy: RetryPolicy): Failure {
  const { failure, soonestMs } = stop;
  const { retry } = FAILURES[failure.kind];
  if (retry !== 'here') return failure;
  const retryAfterMs = failure.retryAfterMs ?? (past.length === 0 ? soonestMs : undefined);
  const tried = policy.triesInAll > 1 && past.length > 0;
  return {
    ...failure,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(retryAfterMs !== undefined ? { shouldRetry: true } : tried && { shouldRetry: false }),
  };
}
