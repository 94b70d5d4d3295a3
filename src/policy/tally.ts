/**
 * How many were tried and how many of them failed over the last `windowMs`, as a value of five numbers: the
 * stretch under way, and the one before it, which counts less the longer ago it is.
 */
export interface Tally {
  /** Start of the stretch under way, on the steady clock. */
  readonly startMs: number;
  readonly tried: number;
  readonly failed: number;
  readonly triedBefore: number;
  readonly failedBefore: number;
}

export const emptyTally = (nowMs: number): Tally => ({ startMs: nowMs, tried: 0, failed: 0, triedBefore: 0, failedBefore: 0 });

/** The tally with one more outcome. */
export function tallied(tally: Tally, failed: boolean, nowMs: number, windowMs: number): Tally {
  const now = aged(tally, nowMs, windowMs);
  return { ...now, tried: now.tried + 1, failed: now.failed + (failed ? 1 : 0) };
}

/** What the last `windowMs` come to; `rate` is 0 where nothing was tried. */
export function sumOf(tally: Tally, nowMs: number, windowMs: number): { readonly tried: number; readonly rate: number } {
  const { startMs, tried, failed, triedBefore, failedBefore } = aged(tally, nowMs, windowMs);
  const weight = 1 - (nowMs - startMs) / windowMs;
  const all = tried + triedBefore * weight;
  return { tried: all, rate: all === 0 ? 0 : (failed + failedBefore * weight) / all };
}

/** Moves on to the stretch that holds `nowMs`. */
function aged(tally: Tally, nowMs: number, windowMs: number): Tally {
  const stretches = Math.floor((nowMs - tally.startMs) / windowMs);
  if (stretches < 1) return tally;
  const { tried, failed } = stretches === 1 ? tally : { tried: 0, failed: 0 };
  return { startMs: tally.startMs + stretches * windowMs, tried: 0, failed: 0, triedBefore: tried, failedBefore: failed };
}
