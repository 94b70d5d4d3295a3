import { add, type Counted, type Level, merge, NOTHING, type Sums } from './bucket.ts';

/** How finely usage is summed by tag; by minute it is not. */
const TAG_LEVELS = [
  { name: 'hour', widthMs: 3_600_000 },
  { name: 'day', widthMs: 86_400_000 },
] as const satisfies readonly { readonly name: Level; readonly widthMs: number }[];
export type TagLevel = (typeof TAG_LEVELS)[number]['name'];

/** What a stretch of time (UTC) adds up to for one value of one tag. An attempt is in one of each tag it carries. */
export interface TagBucket extends Sums {
  readonly level: TagLevel;
  readonly startMs: number;
  readonly tag: string;
  readonly value: string;
}

/** What these records add to the sums by tag. */
export function tagDeltas(records: readonly Counted[]): TagBucket[] {
  const hours = new Map<string, TagBucket>();
  for (const record of records) {
    for (const tag in record.tags) add(bucketAt(hours, 'hour', record.endedAtMs, tag, record.tags[tag]!), record);
  }
  const days = new Map<string, TagBucket>();
  for (const hour of hours.values()) merge(bucketAt(days, 'day', hour.startMs, hour.tag, hour.value), hour);
  return [...hours.values(), ...days.values()];
}

function bucketAt(buckets: Map<string, TagBucket>, level: TagLevel, atMs: number, tag: string, value: string): TagBucket {
  const { widthMs } = TAG_LEVELS[level === 'hour' ? 0 : 1];
  const startMs = Math.floor(atMs / widthMs) * widthMs;
  const id = `${startMs}\0${tag}\0${value}`;
  let bucket = buckets.get(id);
  if (!bucket) {
    bucket = { level, startMs, tag, value, ...NOTHING };
    buckets.set(id, bucket);
  }
  return bucket;
}
