/** How long the ledger keeps what it holds, in milliseconds; `Infinity`: for ever. Sums by day are always kept. */
export interface Keep {
  /** One row for each attempt: what can be looked at call by call, counted again and priced again. */
  readonly recordsMs: number;
  /** Sums by minute. */
  readonly minutesMs: number;
  /** Sums by hour. */
  readonly hoursMs: number;
  /** Sums by tag, of hours and of days: tags are free words, and there may be very many. */
  readonly tagsMs: number;
  /** What was said in calls, where that is kept. */
  readonly transcriptsMs: number;
}

const DAY_MS = 86_400_000;

/** Rows and hours 90 days, minutes 2, sums by tag 400, transcripts 7; days for ever. */
export const KEEP: Keep = {
  recordsMs: 90 * DAY_MS,
  minutesMs: 2 * DAY_MS,
  hoursMs: 90 * DAY_MS,
  tagsMs: 400 * DAY_MS,
  transcriptsMs: 7 * DAY_MS,
};
