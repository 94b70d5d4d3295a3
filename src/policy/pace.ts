/** So many units a minute, and so many at once. */
export interface Pace {
  /** On average; greater than 0. */
  readonly perMinute: number;
  /** At least 1. */
  readonly burst: number;
}

/** What one more admission means: the new due, or how long to wait before asking again. */
export type Paced = { readonly dueMs: number } | { readonly retryAfterMs: number };

const MINUTE_MS = 60_000;

/** Sums of fractions of a millisecond drift by less than this within any minute. */
const TOLERANCE_MS = 0.001;

const unitMs = ({ perMinute }: Pace): number => MINUTE_MS / perMinute;

/**
 * The generic cell rate algorithm. All there is to remember of a scope is one number: when its next unit
 * would be due if units came evenly (0 at first, on the same clock as `nowMs`). What costs more than a
 * burst is let through when nothing is owed, and those after it wait until it is paid off.
 */
export function admitted(pace: Pace, dueMs: number, cost: number, nowMs: number): Paced {
  const from = Math.max(dueMs, nowMs);
  const waitMs = from + Math.min(cost, pace.burst) * unitMs(pace) - nowMs - pace.burst * unitMs(pace);
  return waitMs > TOLERANCE_MS ? { retryAfterMs: waitMs } : { dueMs: from + cost * unitMs(pace) };
}

/**
 * The due once it is known that an admission took `actual` units and not `reserved`. `endMs` is the due that
 * admission led to. More is owed from now on. Less is given back only as far as its time has not come yet:
 * what has run off by itself since was already given to others, and giving it twice would exceed the pace.
 */
export function settled(pace: Pace, dueMs: number, taken: { endMs: number; reserved: number; actual: number }, nowMs: number): number {
  const { endMs, reserved, actual } = taken;
  if (actual >= reserved) return Math.max(dueMs, actual > reserved ? nowMs : dueMs) + (actual - reserved) * unitMs(pace);
  const unspentMs = Math.min((reserved - actual) * unitMs(pace), Math.max(0, endMs - nowMs));
  return dueMs - unspentMs;
}

/** The due once `units` were used without asking or, below 0, were taken before and are given back. */
export const owedTo = (pace: Pace, dueMs: number, units: number, nowMs: number): number =>
  (units > 0 ? Math.max(dueMs, nowMs) : dueMs) + units * unitMs(pace);

/** How many of units taken by `endMs` may still be given back: the time of the others has passed. */
export const returnable = (pace: Pace, endMs: number, units: number, nowMs: number): number =>
  Math.max(0, Math.min(units, (endMs - nowMs) / unitMs(pace)));

/** How many units could be taken at once now, and when all of the burst can be again. */
export function remaining(pace: Pace, dueMs: number, nowMs: number): { readonly units: number; readonly resetMs: number } {
  const owedMs = Math.max(0, dueMs - nowMs);
  return { units: Math.max(0, Math.floor(pace.burst - (owedMs - TOLERANCE_MS) / unitMs(pace))), resetMs: owedMs };
}

/**
 * A sixth of a minute's requests at once, so that a minute sees at most a sixth more than the limit; of
 * small limits ten, because three requests a minute may well be asked for together.
 */
export const requestPace = (perMinute: number): Pace => ({
  perMinute,
  burst: Math.max(Math.ceil(perMinute / 6), Math.min(10, perMinute)),
});

/** A minute's tokens at once: one long prompt may be most of them. */
export const tokenPace = (perMinute: number): Pace => ({ perMinute, burst: perMinute });
