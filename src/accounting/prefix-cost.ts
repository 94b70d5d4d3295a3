import type { Money } from '../model/money.ts';

/** A way to keep a prefix in the provider's cache. */
export interface CacheOption {
  readonly name: string;
  /** How long an entry lives from the start of the last request that wrote or read it, in seconds; to the second it is still there. */
  readonly lifetimeS: number;
  /** Of a token written, in picodollars. */
  readonly write: Money;
}

export interface PrefixTrace {
  /** When each request that begins with the prefix started, in seconds from any moment. */
  readonly startsS: readonly number[];
  readonly prefixTokens: number;
  /** Shorter prefixes are not cached, whatever is asked; absent: unknown, so none is too short. */
  readonly minTokens?: number | undefined;
  /** Of a token read afresh, and one read from the cache, in picodollars. */
  readonly input: Money;
  readonly read: Money;
}

/** What the prefix of these requests costs one way. */
export interface PrefixCost {
  readonly hits: number;
  readonly writes: number;
  readonly cost: Money;
}

/** What the prefix costs where nothing is cached. */
export const freshCost = ({ startsS, prefixTokens, input }: PrefixTrace): Money =>
  (BigInt(startsS.length) * BigInt(prefixTokens) * input) as Money;

/** What the prefix costs under an option: a request within the lifetime of the one before reads it and has it live on, any other writes it. */
export function prefixCost(trace: PrefixTrace, { lifetimeS, write }: CacheOption): PrefixCost {
  const { startsS, prefixTokens, minTokens = 0, read } = trace;
  // Neither written nor read, in silence: all of it is read afresh.
  if (prefixTokens < minTokens) return { hits: 0, writes: 0, cost: freshCost(trace) };
  const inOrder = startsS.toSorted((a, b) => a - b);
  const hits = inOrder.filter((startS, index) => index > 0 && micros(startS - inOrder[index - 1]!) <= micros(lifetimeS)).length;
  const writes = inOrder.length - hits;
  return { hits, writes, cost: ((BigInt(hits) * read + BigInt(writes) * write) * BigInt(prefixTokens)) as Money };
}

/** Whole: of fractions of seconds the difference is off by a hair (512.2 - 212.2 is more than 300). */
const micros = (seconds: number): number => Math.round(seconds * 1e6);

/** The cheapest option, the first of several alike; undefined where none is cheaper than caching nothing. */
export function cheapestOption(trace: PrefixTrace, options: readonly CacheOption[]): CacheOption | undefined {
  let best: CacheOption | undefined;
  let least = freshCost(trace);
  for (const option of options) {
    const { cost } = prefixCost(trace, option);
    if (cost >= least) continue;
    best = option;
    least = cost;
  }
  return best;
}
