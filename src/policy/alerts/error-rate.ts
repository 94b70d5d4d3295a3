/** A share of failures within a sliding window of minutes that is too high, and when it is low enough again. */
export interface ErrorRate {
  readonly windowMinutes: number;
  /** With fewer requests in the window nothing fires: two of three says little. */
  readonly requestsMin: number;
  /** Fires strictly above; 0 to 1. */
  readonly fireAbove: number;
  /** Must hold at the end of `clearMinutes` minutes in a row; 0 to 1. */
  readonly clearAtOrBelow: number;
  readonly clearMinutes: number;
}

/** Above a fifth of at least 20 within five minutes, until five minutes at a tenth. */
export const DEFAULT_ERROR_RATE: ErrorRate = {
  windowMinutes: 5,
  requestsMin: 20,
  fireAbove: 0.2,
  clearAtOrBelow: 0.1,
  clearMinutes: 5,
};

/** A provider out of quota is nothing broken, but a sooner sign that something is planned too small. */
export const DEFAULT_THROTTLE_RATE: ErrorRate = { ...DEFAULT_ERROR_RATE, fireAbove: 0.1, clearAtOrBelow: 0.05 };

/** What came within a minute, or several. */
export interface Tally {
  readonly requests: number;
  readonly errors: number;
}

/** What is remembered of a rate. */
export interface RateState {
  /** The minutes before the one that runs, oldest first; no more than are looked at. */
  readonly past: readonly Tally[];
  readonly running: Tally;
  readonly open: boolean;
  /** Minutes in a row at whose end the rate was low enough. */
  readonly calmMinutes: number;
}

const NOTHING: Tally = { requests: 0, errors: 0 };
/** Nothing came yet. */
export const CALM: RateState = { past: [], running: NOTHING, open: false, calmMinutes: 0 };

/** A rate after something came, and what that changes. */
export interface RateJudgement {
  readonly state: RateState;
  readonly change?: { readonly type: 'firing' } | { readonly type: 'resolved' };
  readonly window: Tally;
}

/** More came in the minute that runs; fires at once, without waiting for its end. */
export function rateHeard(rule: ErrorRate, state: RateState, { requests, errors }: Tally): RateJudgement {
  const running = { requests: state.running.requests + requests, errors: state.running.errors + errors };
  const window = sumOf([...state.past, running].slice(-rule.windowMinutes));
  const fires = !state.open && window.requests >= rule.requestsMin && isMore(window, rule.fireAbove);
  if (!fires) return { state: { ...state, running }, window };
  return { state: { ...state, running, open: true, calmMinutes: 0 }, change: { type: 'firing' }, window };
}

/** The minute is over. */
export function minuteOver(rule: ErrorRate, state: RateState): RateJudgement {
  const past = [...state.past, state.running].slice(-rule.windowMinutes);
  const window = sumOf(past);
  const calm = !isMore(window, rule.clearAtOrBelow);
  const calmMinutes = state.open && calm ? state.calmMinutes + 1 : 0;
  const next = { past, running: NOTHING, open: state.open, calmMinutes };
  if (calmMinutes < rule.clearMinutes || !state.open) return { state: next, window };
  return { state: { ...next, open: false, calmMinutes: 0 }, change: { type: 'resolved' }, window };
}

/** Whether a larger share than this failed. Shares are meant as decimals: 29 of 100 are not more than 0.29, though 100 × 0.29 is below 29 as a float. */
const isMore = ({ requests, errors }: Tally, share: number): boolean => errors - requests * share > requests * 1e-12;

const sumOf = (tallies: readonly Tally[]): Tally =>
  tallies.reduce((sum, { requests, errors }) => ({ requests: sum.requests + requests, errors: sum.errors + errors }), NOTHING);
