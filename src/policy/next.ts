import type { Attempt, Target } from '../model/attempt.ts';
import { FAILURES, type Failure } from '../model/failure.ts';

export interface RetryPolicy {
  /** Tries at one target, the first included. */
  readonly triesPerTarget: number;
  /** Tries in all, over every target. */
  readonly triesInAll: number;
  /** How long to wait for an earlier target before a later one is tried instead, in milliseconds. */
  readonly patienceMs: number;
  /** First wait; doubles with each try, with full jitter. */
  readonly backoffMs: number;
  readonly backoffMsMax: number;
}

export const DEFAULT_RETRY: RetryPolicy = { triesPerTarget: 2, triesInAll: 4, patienceMs: 2000, backoffMs: 500, backoffMsMax: 8000 };

export type Step =
  | { readonly do: 'attempt'; readonly target: Target; readonly afterMs: number }
  | { readonly do: 'stop'; readonly failure: Failure };

/**
 * What to do next, given everything tried so far. Retry, fallback and deadline are one decision
 * because each needs to see the others; nested policies cannot, and multiply their tries. Targets
 * are compared by identity: the same list must be passed each time. When nothing is left, the failure
 * told is the one that says most: the last.
 */
export function nextStep(
  targets: readonly Target[],
  past: readonly Attempt[],
  policy: RetryPolicy,
  { remainingMs, random }: { readonly remainingMs: number; readonly random: number },
): Step {
  const last = past.at(-1)?.failure;
  if (last && FAILURES[last.kind].retry === 'never') return { do: 'stop', failure: last };
  if (last && past.length >= policy.triesInAll) return { do: 'stop', failure: last };

  const choices = targets
    .map((target) => ({ target, tries: past.filter((attempt) => attempt.target === target) }))
    .filter(({ tries }) => mayTry(tries, policy))
    .map(({ target, tries }) => ({ target, afterMs: waitMs(tries, policy, random) }))
    .filter(({ afterMs }) => afterMs < remainingMs);
  const choice = choices.find(({ afterMs }) => afterMs <= policy.patienceMs) ?? choices.toSorted((a, b) => a.afterMs - b.afterMs)[0];
  if (choice) return { do: 'attempt', ...choice };
  return { do: 'stop', failure: last ?? { kind: 'slow', message: 'the deadline passed before the first attempt' } };
}

/** Whether a target has tries left, and all it failed with so far may pass. */
const mayTry = (tries: readonly Attempt[], { triesPerTarget }: RetryPolicy) =>
  tries.length < triesPerTarget && tries.every(({ failure }) => failure && FAILURES[failure.kind].retry === 'here');

/** How long to leave a target be: what it asked for, else exponential backoff with full jitter. */
function waitMs(tries: readonly Attempt[], { backoffMs, backoffMsMax }: RetryPolicy, random: number): number {
  const last = tries.at(-1)?.failure;
  if (!last) return 0;
  return last.retryAfterMs ?? Math.min(backoffMsMax, backoffMs * 2 ** (tries.length - 1)) * random;
}
