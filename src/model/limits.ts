import type { Money } from './money.ts';

/** The most one call may take, by the estimate made before it is sent. Absent fields limit nothing. */
export interface Ceilings {
  /** Of question and answer together. */
  readonly tokensMax?: number;
  readonly costMax?: Money;
  /** What the answer is limited to where the caller names no limit. */
  readonly outputTokens?: number;
}
