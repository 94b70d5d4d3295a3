import type { Tally } from './error-rate.ts';

/**
 * How fast the errors an objective allows are used up, over a long window and a short one at once: the long one
 * says that it matters, the short one that it still goes on (the SRE workbook's multiwindow, multi-burn-rate alerts).
 */
export interface BurnRate {
  /** Share of attempts that should work, such as 0.99; above 0, below 1. */
  readonly objective: number;
  readonly pairs: readonly BurnPair[];
}

/** Two windows that must both burn too fast, in minutes. */
export interface BurnPair {
  /** How many times faster than the objective allows. */
  readonly factor: number;
  readonly longMinutes: number;
  readonly shortMinutes: number;
}

/** Of a budget for 30 days: 2 % of it within an hour, 5 % within six. */
export const DEFAULT_BURN_PAIRS: readonly BurnPair[] = [
  { factor: 14.4, longMinutes: 60, shortMinutes: 5 },
  { factor: 6, longMinutes: 360, shortMinutes: 30 },
];

/** Fewer requests in the short window say nothing. */
const REQUESTS_MIN = 20;

/** The first pair that burns too fast; undefined: none does. `minutes`: oldest first, the running one last. */
export const burning = ({ objective, pairs }: BurnRate, minutes: readonly Tally[]): BurnPair | undefined =>
  pairs.find(({ factor, longMinutes, shortMinutes }) =>
    [longMinutes, shortMinutes].every((length) => {
      const { requests, errors } = within(minutes, length);
      return requests >= REQUESTS_MIN && errors > requests * factor * (1 - objective);
    }),
  );

function within(minutes: readonly Tally[], length: number): Tally {
  let requests = 0;
  let errors = 0;
  for (let at = Math.max(0, minutes.length - length); at < minutes.length; at += 1) {
    requests += minutes[at]!.requests;
    errors += minutes[at]!.errors;
  }
  return { requests, errors };
}
