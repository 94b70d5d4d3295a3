import type { UsageRecord } from '../../accounting/record.ts';
import { cacheWriteTokens, outputTokens } from '../../model/usage.ts';

/** The measurement: one point for each attempt. */
const MEASUREMENT = 'headgate_attempts';

/**
 * A record in InfluxDB's line protocol. What is few-valued is a tag, what has no end (user, call) a field;
 * a field never changes its type: InfluxDB refuses points that do. Tags without a value are left out.
 */
export function lineOf(record: UsageRecord, instance: string, timestampNs: bigint): string {
  const { feature = '', model, outcome, provider, tier = '' } = record;
  // By name, as InfluxDB wants them for speed.
  const tags = `${tag('feature', feature)}${tag('instance', instance)}${tag('model', model)}${tag('outcome', outcome)}${tag('provider', provider)}${tag('tier', tier)}`;
  const { input = 0, audioInput = 0, imageInput = 0, cacheRead = 0 } = record.tokens;
  const fields = [
    `attempt=${record.attempt}i`,
    `cache_read_tokens=${cacheRead}i`,
    `cache_write_tokens=${cacheWriteTokens(record)}i`,
    `call_id=${text(record.callId)}`,
    `channel=${text(record.channel)}`,
    `cost_nano_usd=${nanoUsd(record.costFloor)}i`,
    `duration_ms=${record.durationMs}`,
    ...(record.firstContentMs === undefined ? [] : [`first_content_ms=${record.firstContentMs}`]),
    `fresh_tokens=${input + audioInput + imageInput}i`,
    `key=${text(record.key)}`,
    `last=${record.last}`,
    `losses=${record.losses}i`,
    `measured=${text(record.measured)}`,
    `output_tokens=${outputTokens(record)}i`,
    `priced=${record.cost !== null}`,
    `reason=${text(record.reason)}`,
    `reasoning_tokens=${record.reasoningTokens ?? 0}i`,
    `requested_model=${text(record.requestedModel)}`,
    ...(record.user === undefined ? [] : [`user=${text(record.user)}`]),
  ];
  return `${MEASUREMENT}${tags} ${fields.join(',')} ${timestampNs}`;
}

/** Half a nanodollar counts as one. The ledger keeps the exact amount. */
const nanoUsd = (picoUsd: bigint) => (picoUsd + 500n) / 1000n;

/** A tag can hold neither a line break nor a backslash at its end, where it would take the comma with it. */
function tag(name: string, value: string): string {
  const clean = value
    .slice(0, TAG_MAX)
    .replace(/[\r\n]+/g, ' ')
    .replace(/\\+$/, '');
  return clean === '' ? '' : `,${name}=${clean.replace(/[,= ]/g, '\\$&')}`;
}

/** Callers and providers name models, and may be at play. */
const TAG_MAX = 256;

const text = (value: string) => `"${value.replace(/["\\]/g, '\\$&')}"`;

/**
 * Timestamps for records, in nanoseconds. InfluxDB overwrites a point of the same tags and time, so no two
 * may be the same: within its millisecond every record gets the next of a million places. `place`: the first.
 */
export function createTimestamps(place: number): (atMs: number) => bigint {
  let next = place;
  return (atMs) => {
    next = (next + 1) % 1_000_000;
    return BigInt(Math.floor(atMs)) * 1_000_000n + BigInt(next);
  };
}
