import type { Money } from '../model/money.ts';
import { type Fraction, fraction } from './fraction.ts';

/** What a token of a prefix costs: read afresh, read from the cache, written to it. Picodollars. */
export interface PrefixRates {
  readonly input: Money;
  readonly read: Money;
  readonly write: Money;
}

/** When writing a prefix to the cache pays. */
export interface BreakEven {
  /** Uses, the writing one included, from which on it is cheaper than reading the prefix afresh each time. */
  readonly usesMin: bigint;
  /** Where the two cost the same. */
  readonly uses: Fraction;
  /** How probable it must be that a use finds it in the cache. */
  readonly hitProbability: Fraction;
}

/** Undefined where it never pays: reading is no cheaper from the cache, or costs the writing nothing to begin with. */
export function breakEven({ input, read, write }: PrefixRates): BreakEven | undefined {
  if (read >= input || write <= read) return undefined;
  // One write and n - 1 reads against n fresh: w + (n-1)r < n.
  const uses = fraction(write - read, input - read);
  // Each use reads with probability p and else writes: p·r + (1-p)·w < 1.
  const hitProbability = fraction(write > input ? write - input : 0n, write - read);
  return { usesMin: uses.above / uses.below + 1n, uses, hitProbability };
}

/**
 * How few of the uses that miss the short lifetime may miss the long one as well for the long one to be cheaper,
 * as a share; both from prefixes with the same rates for reading.
 */
export const longerPaysBelow = (shortWrite: Money, longWrite: Money, read: Money): Fraction =>
  fraction(shortWrite - read, longWrite - read);
