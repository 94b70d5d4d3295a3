import type { Churn } from './churn.ts';
import type { CacheTally } from './planner.ts';

/** What was learnt of the questions of a feature at a target, as it is kept. */
export interface CacheReport extends CacheTally {
  readonly feature: string;
  /** `provider/model`. */
  readonly target: string;
  readonly mode: 'plan' | 'auto';
  /** Since when, in milliseconds since 1970. */
  readonly sinceMs: number;
  /** Of a token read afresh, in picodollars; absent: unknown. */
  readonly inputPico?: number;
  /** Of a token read from the cache, as a share of that. */
  readonly read?: number;
  readonly churn?: Churn;
}
