import type { Money } from '../model/money.ts';
import { inputTokens, outputTokens } from '../model/usage.ts';
import type { UsageRecord } from './record.ts';

/** How finely usage is summed, for how long each fineness is kept, and whether it tells users apart. */
export const LEVELS = [
  { name: 'minute', widthMs: 60_000, keepMs: 2 * 86_400_000, users: false },
  { name: 'hour', widthMs: 3_600_000, keepMs: 90 * 86_400_000, users: true },
  { name: 'day', widthMs: 86_400_000, keepMs: Number.POSITIVE_INFINITY, users: true },
] as const;
export type Level = (typeof LEVELS)[number]['name'];

/** What a stretch of time (UTC) adds up to for one feature, user, model, key and provider. Buckets merge by adding. */
export interface Bucket {
  readonly level: Level;
  readonly startMs: number;
  /** `''`: none was given; always so in minutes. */
  readonly user: string;
  /** `''`: none was given. */
  readonly feature: string;
  readonly model: string;
  readonly key: string;
  readonly provider: string;
  calls: number;
  attempts: number;
  failures: number;
  /** Attempts whose cost is only a floor. */
  unpriced: number;
  estimated: number;
  inputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  cost: Money;
}

/** What these records add to every level. Adding it as rows are written leaves nothing to catch up on. */
export function bucketDeltas(records: readonly UsageRecord[]): Bucket[] {
  const deltas = new Map<string, Bucket>();
  for (const record of records) {
    for (const { name: level, widthMs, users } of LEVELS) {
      const startMs = Math.floor(record.endedAtMs / widthMs) * widthMs;
      const { feature = '', model, key, provider } = record;
      const user = users ? (record.user ?? '') : '';
      const id = `${level}\0${startMs}\0${feature}\0${user}\0${model}\0${key}\0${provider}`;
      let delta = deltas.get(id);
      if (!delta) {
        delta = { level, startMs, user, feature, model, key, provider, ...empty };
        deltas.set(id, delta);
      }
      add(delta, record);
    }
  }
  return [...deltas.values()];
}

const empty = {
  calls: 0,
  attempts: 0,
  failures: 0,
  unpriced: 0,
  estimated: 0,
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  cost: 0n as Money,
};

function add(bucket: Bucket, record: UsageRecord): void {
  const { tokens } = record;
  bucket.attempts += 1;
  if (record.last) bucket.calls += 1;
  if (record.outcome !== 'ok') bucket.failures += 1;
  if (record.cost === null) bucket.unpriced += 1;
  if (record.measured === 'estimated') bucket.estimated += 1;
  bucket.inputTokens += inputTokens(record);
  bucket.cacheReadTokens += tokens.cacheRead ?? 0;
  bucket.cacheWriteTokens +=
    (tokens.cacheWrite5m ?? 0) + (tokens.cacheWrite30m ?? 0) + (tokens.cacheWrite1h ?? 0) + (tokens.cacheWrite12h ?? 0);
  bucket.outputTokens += outputTokens(record);
  bucket.reasoningTokens += record.reasoningTokens ?? 0;
  bucket.cost = (bucket.cost + record.costFloor) as Money;
}
