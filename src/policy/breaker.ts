import { emptyTally, sumOf, type Tally, tallied } from './tally.ts';

/** What is known of an upstream's health, as a value. Times are on the steady clock. */
export type Breaker =
  | {
      readonly state: 'closed';
      readonly tally: Tally;
      /** Failures since the last success, and since when. */
      readonly inRow: number;
      readonly rowSinceMs: number;
    }
  /** Left alone until `untilMs`; then one call may try it. `asked`: calls that had nowhere else to go meanwhile. */
  | { readonly state: 'open'; readonly untilMs: number; readonly asked: number }
  /** One call is trying it. */
  | { readonly state: 'halfOpen'; readonly asked: number };

/** When an upstream is left alone, and for how long. */
export interface BreakerPolicy {
  /** Opens after so many failures in a row, lasting at least `rowMs`: a burst that failed together is one failure seen often. */
  readonly failuresInRow: number;
  readonly rowMs: number;
  /** Opens when this share of the last `windowMs` failed, of at least `triedMin`. */
  readonly failureRate: number;
  readonly windowMs: number;
  readonly triedMin: number;
  /** Rests at least this long before it is tried, and up to `restMsMax`, by chance: gateways must not try in step. */
  readonly restMs: number;
  readonly restMsMax: number;
}

/**
 * Opens within a second at 20 calls/s or more: a window rule alone took 4.5 s at 50 calls/s. The window
 * opens above 60 %, because at 50 % faults on all sides an open breaker costs more than it saves.
 */
export const DEFAULT_BREAKER: BreakerPolicy = {
  failuresInRow: 8,
  rowMs: 500,
  failureRate: 0.6,
  windowMs: 10_000,
  triedMin: 50,
  restMs: 5000,
  restMsMax: 8000,
};

export const closedBreaker = (nowMs: number): Breaker => ({ state: 'closed', tally: emptyTally(nowMs), inRow: 0, rowSinceMs: nowMs });

/** How long until a call may be sent, in milliseconds: 0 now, infinite while another call is trying. */
export function restsFor(breaker: Breaker, nowMs: number): number {
  if (breaker.state === 'closed') return 0;
  return breaker.state === 'halfOpen' ? Number.POSITIVE_INFINITY : Math.max(0, breaker.untilMs - nowMs);
}

/** The breaker once a call is sent: where it rested long enough this call is the one that tries. */
export function entered(breaker: Breaker, nowMs: number): Breaker {
  return breaker.state === 'open' && nowMs >= breaker.untilMs ? { state: 'halfOpen', asked: breaker.asked } : breaker;
}

/** The breaker after an attempt is over. Any success, whoever sent it and why, is proof enough. */
export function observed(breaker: Breaker, failed: boolean, nowMs: number, random: number, policy: BreakerPolicy): Breaker {
  if (breaker.state !== 'closed') return failed ? rested(breaker, nowMs, random, policy) : closedBreaker(nowMs);
  const tally = tallied(breaker.tally, failed, nowMs, policy.windowMs);
  if (!failed) return { state: 'closed', tally, inRow: 0, rowSinceMs: nowMs };
  const inRow = breaker.inRow + 1;
  const rowSinceMs = breaker.inRow === 0 ? nowMs : breaker.rowSinceMs;
  const { tried, rate } = sumOf(tally, nowMs, policy.windowMs);
  const dead = inRow >= policy.failuresInRow && nowMs - rowSinceMs >= policy.rowMs;
  const sick = tried >= policy.triedMin && rate >= policy.failureRate;
  return dead || sick ? opened(0, nowMs, random, policy) : { state: 'closed', tally, inRow, rowSinceMs };
}

/** The breaker whose trial was called off: the next call may try at once. */
export const untried = (breaker: Breaker, nowMs: number): Breaker =>
  breaker.state === 'halfOpen' ? { state: 'open', untilMs: nowMs, asked: breaker.asked } : breaker;

/**
 * Whether a call that has nowhere else to go is sent to a resting upstream all the same, and the breaker
 * that remembers it asked. Google's adaptive throttle, counted from the opening: the first passes, then
 * ever fewer; with every upstream half dead, breakers that let none through cut success from 85 % to 5 %.
 */
export function panicked(breaker: Breaker, random: number): { readonly passes: boolean; readonly breaker: Breaker } {
  if (breaker.state === 'closed') return { passes: true, breaker };
  return { passes: random < 1 / (breaker.asked + 1), breaker: { ...breaker, asked: breaker.asked + 1 } };
}

/** A failure of the one call that tried begins another rest; those sent before it opened say nothing new. */
const rested = (breaker: Exclude<Breaker, { state: 'closed' }>, nowMs: number, random: number, policy: BreakerPolicy): Breaker =>
  breaker.state === 'halfOpen' ? opened(breaker.asked, nowMs, random, policy) : breaker;

const opened = (asked: number, nowMs: number, random: number, { restMs, restMsMax }: BreakerPolicy): Breaker => ({
  state: 'open',
  untilMs: nowMs + restMs + random * (restMsMax - restMs),
  asked,
});
