import type { BurnRate } from './burn-rate.ts';
import type { Day } from './calendar.ts';
import type { DailyAnomaly } from './daily-anomaly.ts';
import type { DailySpend } from './daily-spend.ts';
import type { ErrorRate } from './error-rate.ts';

/** An alert rule as configured, every default filled in. */
export type AlertRule = Telling & (SpendRule | OtherRule);

/** What all rules have. */
interface Telling {
  /** Tells the rule's alerts from those of all others, across restarts. */
  readonly name: string;
  /** Names of recipients; the log hears of every alert besides. */
  readonly notify: readonly string[];
  /** Where its alerts are looked into; `{feature}` and the like stand for what the alert is about. */
  readonly link?: string;
}

/** What spend is watched by: all together, or each value by itself. */
export const SPEND_BY = ['total', 'feature', 'user', 'model', 'key'] as const;
export type SpendBy = (typeof SPEND_BY)[number];

export type SpendRule = { readonly by: SpendBy; readonly timezone: string } & (
  | { readonly rule: 'daily_spend'; readonly settings: DailySpend }
  | { readonly rule: 'daily_anomaly'; readonly settings: DailyAnomaly; readonly holidays: ReadonlySet<Day> }
);

type OtherRule =
  /** Shares in percent, rising; the limit itself is always told of. */
  | { readonly rule: 'budget'; readonly percents: readonly number[]; readonly timezone: string }
  /** More tokens in one call than this, cached ones included. */
  | { readonly rule: 'call_tokens'; readonly over: number; readonly everyMs: number }
  | { readonly rule: 'error_rate' | 'throttled'; readonly settings: ErrorRate }
  | { readonly rule: 'burn_rate'; readonly settings: BurnRate }
  | { readonly rule: 'upstream_auth'; readonly remindMs: number }
  /** A call whose cost is not known in full. */
  | { readonly rule: 'unpriced' }
  /** Prices nobody has checked for so many days. */
  | { readonly rule: 'stale_prices'; readonly days: number }
  /** The ledger cannot be written, lost rows, or more than so many wait to be written. */
  | { readonly rule: 'ledger'; readonly waitingMax: number }
  /** A recipient of alerts that takes none. */
  | { readonly rule: 'undelivered'; readonly afterMs: number }
  /** The wall clock jumped against the steady one by more than this. */
  | { readonly rule: 'clock_skew'; readonly overMs: number }
  /** More than this share (0 to 1) of finished answers came without the provider's own count of tokens. */
  | { readonly rule: 'usage_missing'; readonly share: number };

export type RuleName = AlertRule['rule'];
