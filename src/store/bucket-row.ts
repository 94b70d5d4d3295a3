import type { Bucket, Sums } from '../accounting/bucket.ts';
import type { TagBucket } from '../accounting/tag-bucket.ts';
import type { Money } from '../model/money.ts';
import type { Insert, Row, Value } from './database.ts';

/** Counted sums of a bucket and their columns. */
export const SUMS = {
  calls: 'calls',
  attempts: 'attempts',
  failures: 'failures',
  unpriced: 'unpriced',
  estimated: 'estimated',
  starved: 'starved',
  inputTokens: 'input_tokens',
  cacheReadTokens: 'cache_read_tokens',
  cacheWriteTokens: 'cache_write_tokens',
  outputTokens: 'output_tokens',
  reasoningTokens: 'reasoning_tokens',
  batchSavedNano: 'batch_saved',
  cacheSavedNano: 'cache_saved',
} as const satisfies Record<Exclude<keyof Sums, 'cost'>, string>;
const COUNTED = Object.keys(SUMS) as (keyof typeof SUMS)[];

/** What adds up when buckets are merged. */
export const SUM_COLUMNS = [...Object.values(SUMS), 'cost_micro', 'cost_pico'];
/** Picodollars in a microdollar: sums of money are kept in two columns. */
export const MICRO = 1_000_000n;

const bucketTable = (table: string, words: readonly string[]): Insert => ({
  table,
  columns: Object.fromEntries([
    ...words.map((name) => [name, name === 'start_ms' ? 'bigint' : 'text'] as const),
    ...SUM_COLUMNS.map((name) => [name, 'bigint'] as const),
  ]),
  key: words,
  conflict: { add: SUM_COLUMNS },
});

/** Sums by feature, user, model, key and provider. */
export const USAGE_BUCKET = bucketTable('usage_bucket', ['level', 'start_ms', 'feature', 'user_id', 'model', 'key_id', 'provider']);
/** Sums by the value of a tag. */
export const USAGE_TAG_BUCKET = bucketTable('usage_tag_bucket', ['level', 'start_ms', 'tag', 'value']);

/** Buckets as rows of `USAGE_BUCKET`, in the order of their keys: writers that take turns with locks in one order cannot block each other. */
export const bucketRows = (buckets: readonly Bucket[]): Value[][] =>
  buckets
    .map((bucket) => [
      ...[bucket.level, bucket.startMs, bucket.feature, bucket.user, bucket.model, bucket.key, bucket.provider],
      ...sumValues(bucket),
    ])
    .sort(byKey);

/** The same for `USAGE_TAG_BUCKET`. */
export const tagBucketRows = (buckets: readonly TagBucket[]): Value[][] =>
  buckets.map((bucket) => [bucket.level, bucket.startMs, bucket.tag, bucket.value, ...sumValues(bucket)]).sort(byKey);

const sumValues = (sums: Sums): Value[] => [...COUNTED.map((sum) => sums[sum]), sums.cost / MICRO, sums.cost % MICRO];

function byKey(a: readonly Value[], b: readonly Value[]): number {
  for (let at = 0; at < a.length; at += 1) {
    if (a[at] !== b[at]) return a[at]! < b[at]! ? -1 : 1;
  }
  return 0;
}

/** The sums in a row that has `SUM_COLUMNS`. */
export const sumsFrom = (row: Row): Sums => ({
  ...(Object.fromEntries(COUNTED.map((sum) => [sum, Number(row[SUMS[sum]])])) as Record<keyof typeof SUMS, number>),
  cost: (BigInt(row['cost_micro'] as bigint) * MICRO + BigInt(row['cost_pico'] as bigint)) as Money,
});
