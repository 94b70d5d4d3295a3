import { emptyTally, sumOf, type Tally, tallied } from './tally.ts';

/** Whether a provider fails too often, as a value; `calmSinceMs`: since when it has been under the lower threshold. */
export interface ErrorRate {
  readonly tally: Tally;
  readonly state: 'normal' | 'high';
  readonly calmSinceMs?: number;
}

/** When a provider fails too often, and when no longer. */
export interface ErrorRatePolicy {
  readonly windowMs: number;
  /** Judged only where at least so many were tried within the window. */
  readonly triedMin: number;
  /** High above this share, 0 to 1. */
  readonly above: number;
  /** Normal again once at or under this share for `calmMs`. */
  readonly clearsAt: number;
  readonly calmMs: number;
}

/** Above a fifth of at least 20 within five minutes, until five minutes at a tenth. */
export const DEFAULT_ERROR_RATE: ErrorRatePolicy = { windowMs: 300_000, triedMin: 20, above: 0.2, clearsAt: 0.1, calmMs: 300_000 };
/** The same at half the shares. */
export const DEFAULT_THROTTLED_RATE: ErrorRatePolicy = { ...DEFAULT_ERROR_RATE, above: 0.1, clearsAt: 0.05 };

export const normalRate = (nowMs: number): ErrorRate => ({ tally: emptyTally(nowMs), state: 'normal' });

/** The rate after one more attempt, and its sum; it is the change of `state` that is worth telling. */
export function rated(rate: ErrorRate, failed: boolean, nowMs: number, policy: ErrorRatePolicy) {
  const tally = tallied(rate.tally, failed, nowMs, policy.windowMs);
  const sum = sumOf(tally, nowMs, policy.windowMs);
  return { rate: { tally, ...stateOf(rate, sum, nowMs, policy) } satisfies ErrorRate, sum };
}

function stateOf(
  { state, calmSinceMs }: ErrorRate,
  sum: { readonly tried: number; readonly rate: number },
  nowMs: number,
  policy: ErrorRatePolicy,
): Pick<ErrorRate, 'state' | 'calmSinceMs'> {
  if (state === 'normal') return { state: sum.tried >= policy.triedMin && sum.rate > policy.above ? 'high' : 'normal' };
  if (sum.rate > policy.clearsAt) return { state };
  const since = calmSinceMs ?? nowMs;
  return nowMs - since >= policy.calmMs ? { state: 'normal' } : { state, calmSinceMs: since };
}
