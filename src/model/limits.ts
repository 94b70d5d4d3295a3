import type { Money } from './money.ts';

/** How fast something may be used. Absent fields limit nothing. */
export interface RateLimits {
  readonly requestsPerMinute?: number;
  /** All tokens, those of the question and those of the answer. */
  readonly tokensPerMinute?: number;
}

/** The most one call may take, by the estimate made before it is sent. Absent fields limit nothing. */
export interface Ceilings {
  readonly callTokensMax?: number;
  readonly callCostMax?: Money;
}
