import type { UsageSum } from './ledger.ts';

/** Sums of a bucket and their columns. */
export const SUMS = {
  calls: 'calls',
  attempts: 'attempts',
  failures: 'failures',
  unpriced: 'unpriced',
  estimated: 'estimated',
  inputTokens: 'input_tokens',
  cacheReadTokens: 'cache_read_tokens',
  cacheWriteTokens: 'cache_write_tokens',
  outputTokens: 'output_tokens',
  reasoningTokens: 'reasoning_tokens',
} as const satisfies Partial<Record<keyof UsageSum, string>>;
export const COUNTED = Object.keys(SUMS) as (keyof typeof SUMS)[];

/** What tells buckets apart. */
export const BUCKET_KEY = ['level', 'start_ms', 'feature', 'user_id', 'model', 'key_id', 'provider'];
/** What adds up when buckets are merged. */
export const BUCKET_SUMS = [...Object.values(SUMS), 'cost_micro', 'cost_pico'];
/** Picodollars in a microdollar: sums of money are kept in two columns. */
export const MICRO = 1_000_000n;
