import type { Money } from '../model/money.ts';
import { cacheWriteTokens, inputTokens, outputTokens } from '../model/usage.ts';
import type { UsageRecord } from './record.ts';

/** How finely usage is summed, and whether it tells users apart. */
export const LEVELS = [
  { name: 'minute', widthMs: 60_000, users: false },
  { name: 'hour', widthMs: 3_600_000, users: true },
  { name: 'day', widthMs: 86_400_000, users: true },
] as const;
export type Level = (typeof LEVELS)[number]['name'];

/** What attempts add up to. */
export interface Sums {
  calls: number;
  attempts: number;
  failures: number;
  /** Attempts whose cost is only a floor. */
  unpriced: number;
  estimated: number;
  /** Attempts whose answer came to its limit with most of it spent on reasoning. */
  starved: number;
  inputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  /** What batches took off the price of the same calls made one by one, in billionths of a dollar. */
  batchSavedNano: number;
  /** What caching took off the price of the same calls without it, in billionths of a dollar; below 0: it cost more. */
  cacheSavedNano: number;
  cost: Money;
}

/** What a stretch of time (UTC) adds up to for one feature, user, model, key and provider. Buckets merge by adding. */
export interface Bucket extends Sums {
  readonly level: Level;
  readonly startMs: number;
  /** `''`: none was given; always so in minutes. */
  readonly user: string;
  /** `''`: none was given. */
  readonly feature: string;
  readonly model: string;
  readonly key: string;
  readonly provider: string;
}

/** What a bucket needs of a record. */
export type Counted = Pick<
  UsageRecord,
  | ('endedAtMs' | 'feature' | 'user' | 'tags' | 'model' | 'key' | 'provider' | 'last' | 'outcome')
  | ('measured' | 'tokens' | 'reasoningTokens' | 'starved' | 'batchSavedNano' | 'cacheSavedNano' | 'cost' | 'costFloor')
>;

/** What these records add to every level. Adding it as rows are written leaves nothing to catch up on. */
export function bucketDeltas(records: readonly Counted[]): Bucket[] {
  const deltas = new Map<string, Bucket>();
  for (const minute of byMinute(records)) {
    for (const { name: level, widthMs, users } of LEVELS) {
      const startMs = Math.floor(minute.startMs / widthMs) * widthMs;
      const delta = bucketAt(deltas, level, startMs, users ? minute.user : '', minute);
      merge(delta, minute);
    }
  }
  return [...deltas.values()];
}

/** Sums by minute that do tell users apart: a record is looked at once, not once for every level. */
function byMinute(records: readonly Counted[]): Iterable<Bucket> {
  const minutes = new Map<string, Bucket>();
  for (const record of records) {
    const startMs = Math.floor(record.endedAtMs / MINUTE_MS) * MINUTE_MS;
    add(bucketAt(minutes, 'minute', startMs, record.user ?? '', record), record);
  }
  return minutes.values();
}

const MINUTE_MS = LEVELS[0].widthMs;

function bucketAt(
  buckets: Map<string, Bucket>,
  level: Level,
  startMs: number,
  user: string,
  { feature = '', model, key, provider }: Pick<Counted, 'feature' | 'model' | 'key' | 'provider'>,
): Bucket {
  const id = `${level}\0${startMs}\0${feature}\0${user}\0${model}\0${key}\0${provider}`;
  let bucket = buckets.get(id);
  if (!bucket) {
    bucket = { level, startMs, user, feature, model, key, provider, ...NOTHING };
    buckets.set(id, bucket);
  }
  return bucket;
}

/** The sums of no attempts. */
export const NOTHING: Readonly<Sums> = {
  calls: 0,
  attempts: 0,
  failures: 0,
  unpriced: 0,
  estimated: 0,
  starved: 0,
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  batchSavedNano: 0,
  cacheSavedNano: 0,
  cost: 0n as Money,
};
const COUNTS = (Object.keys(NOTHING) as (keyof Sums)[]).filter((sum) => sum !== 'cost');

/** Adds the sums of other attempts. */
export function merge(into: Sums, from: Readonly<Sums>): void {
  for (const count of COUNTS) into[count] += from[count];
  into.cost = (into.cost + from.cost) as Money;
}

/** What the one has beyond the other; may be below 0. */
export function subtract(one: Readonly<Sums>, other: Readonly<Sums>): Sums {
  const rest = { ...NOTHING, cost: (one.cost - other.cost) as Money };
  for (const count of COUNTS) rest[count] = one[count] - other[count];
  return rest;
}

/** Adds one attempt. */
export function add(bucket: Sums, record: Counted): void {
  const { tokens } = record;
  bucket.attempts += 1;
  if (record.last) bucket.calls += 1;
  if (record.outcome !== 'ok') bucket.failures += 1;
  if (record.cost === null) bucket.unpriced += 1;
  if (record.measured === 'estimated') bucket.estimated += 1;
  if (record.starved) bucket.starved += 1;
  bucket.inputTokens += inputTokens(record);
  bucket.cacheReadTokens += tokens.cacheRead ?? 0;
  bucket.cacheWriteTokens += cacheWriteTokens(record);
  bucket.outputTokens += outputTokens(record);
  bucket.reasoningTokens += record.reasoningTokens ?? 0;
  bucket.batchSavedNano += record.batchSavedNano ?? 0;
  bucket.cacheSavedNano += record.cacheSavedNano ?? 0;
  bucket.cost = (bucket.cost + record.costFloor) as Money;
}
