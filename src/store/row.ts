import type { Counted } from '../accounting/bucket.ts';
import { type Charge, readCharges, writeCharges } from '../accounting/charge.ts';
import type { UsageRecord } from '../accounting/record.ts';
import type { Money } from '../model/money.ts';
import type { Meter, Tokens } from '../model/usage.ts';
import type { Insert, Row, Value } from './database.ts';

/** The columns of `usage_kind`: few values, said again and again. */
export const KIND_COLUMNS = [
  ...[
    'last',
    'reason',
    'key_id',
    'feature',
    'provider',
    'requested_model',
    'model',
    'dialect_in',
    'dialect_out',
    'channel',
    'tier',
    'region',
  ],
  ...['outcome', 'measured', 'status', 'price_version', 'starved'],
] as const;

/** The columns of `usage_record` besides its kind: what is an attempt's own. */
export const OWN_COLUMNS = [
  ...['call_id', 'attempt', 'ended_ms', 'duration_ms', 'first_content_ms', 'overhead_ms', 'user_id', 'tags'],
  ...['input', 'cache_read', 'cache_write_5m', 'cache_write_30m', 'cache_write_1h', 'cache_write_12h', 'audio_input', 'image_input'],
  ...['output', 'audio_output', 'image_output', 'reasoning', 'fees', 'cost', 'cost_floor', 'losses', 'wire', 'charges'],
  ...['batch_saved', 'cache_saved'],
] as const;

const TEXT = new Set<string>(['call_id', 'user_id', 'tags', 'fees', 'wire', 'charges']);
const FRACTIONS = new Set<string>(['duration_ms', 'first_content_ms', 'overhead_ms']);

/** Where rows go: the number of their kind and their own columns. */
export const USAGE_RECORD: Insert = {
  table: 'usage_record',
  columns: Object.fromEntries(
    ['kind', ...OWN_COLUMNS].map((name) => [name, TEXT.has(name) ? 'text' : FRACTIONS.has(name) ? 'double precision' : 'bigint']),
  ),
  key: ['call_id', 'attempt'],
  conflict: 'keep',
};

/** All the columns of a row, in the order `pushRow` writes them. */
export const COLUMNS = [...KIND_COLUMNS, ...OWN_COLUMNS] as const;

/** Token columns and their meters. */
const METER_COLUMNS = {
  input: 'input',
  cache_read: 'cacheRead',
  cache_write_5m: 'cacheWrite5m',
  cache_write_30m: 'cacheWrite30m',
  cache_write_1h: 'cacheWrite1h',
  cache_write_12h: 'cacheWrite12h',
  audio_input: 'audioInput',
  image_input: 'imageInput',
  output: 'output',
  audio_output: 'audioOutput',
  image_output: 'imageOutput',
} as const satisfies Record<string, Meter>;

/**
 * Appends the record's columns to `values`. Rows travel to the worker in one flat list of plain values:
 * cloning objects costs the calling thread twice as much.
 */
export function pushRow(values: Value[], record: UsageRecord): void {
  const { tokens } = record;
  const believed = record.costFloor <= INT64_MAX;
  values.push(
    record.last ? 1 : 0,
    record.reason,
    record.key,
    record.feature ?? null,
    record.provider,
    record.requestedModel,
    record.model,
    record.dialectIn,
    record.dialectOut,
    record.channel,
    record.tier ?? null,
    record.region ?? null,
    record.outcome,
    record.measured,
    believed ? record.status : 'unpriced',
    record.priceVersion,
    record.starved ? 1 : 0,
    record.callId,
    record.attempt,
    Math.round(record.endedAtMs),
    record.durationMs,
    record.firstContentMs ?? null,
    record.overheadMs ?? null,
    record.user ?? null,
    record.tags === undefined ? null : JSON.stringify(record.tags),
    tokens.input ?? null,
    tokens.cacheRead ?? null,
    tokens.cacheWrite5m ?? null,
    tokens.cacheWrite30m ?? null,
    tokens.cacheWrite1h ?? null,
    tokens.cacheWrite12h ?? null,
    tokens.audioInput ?? null,
    tokens.imageInput ?? null,
    tokens.output ?? null,
    tokens.audioOutput ?? null,
    tokens.imageOutput ?? null,
    record.reasoningTokens ?? null,
    record.fees === undefined ? null : JSON.stringify(record.fees),
    believed && record.cost !== null ? plain(record.cost) : null,
    believed ? plain(record.costFloor) : 0,
    record.losses,
    record.wire === undefined ? null : JSON.stringify(record.wire),
    record.charges === undefined ? null : writeCharges(record.charges),
    record.batchSavedNano ?? null,
    record.cacheSavedNano ?? null,
  );
}

/** A bill of more than 9.2 million dollars for one attempt is a broken count, and does not fit the column. */
const INT64_MAX = 2n ** 63n - 1n;
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** Small amounts as numbers, which cross to the worker for less. */
const plain = (money: bigint): number | bigint => (money <= SAFE_MAX ? Number(money) : money);

/** The record a row was written from. */
export function recordFrom(row: Row): UsageRecord {
  const cost = row['cost'] as bigint | number | null;
  return {
    callId: row['call_id'] as string,
    attempt: Number(row['attempt']),
    last: Number(row['last']) === 1,
    reason: row['reason'] as UsageRecord['reason'],
    endedAtMs: Number(row['ended_ms']),
    durationMs: Number(row['duration_ms']),
    ...number('firstContentMs', row['first_content_ms']),
    ...number('overheadMs', row['overhead_ms']),
    key: row['key_id'] as string,
    ...text('feature', row['feature']),
    ...text('user', row['user_id']),
    ...json('tags', row['tags']),
    provider: row['provider'] as string,
    requestedModel: row['requested_model'] as string,
    model: row['model'] as string,
    dialectIn: row['dialect_in'] as UsageRecord['dialectIn'],
    dialectOut: row['dialect_out'] as UsageRecord['dialectOut'],
    channel: row['channel'] as UsageRecord['channel'],
    ...text('tier', row['tier']),
    ...text('region', row['region']),
    outcome: row['outcome'] as UsageRecord['outcome'],
    tokens: tokensFrom(row),
    ...number('reasoningTokens', row['reasoning']),
    ...json('fees', row['fees']),
    measured: row['measured'] as UsageRecord['measured'],
    status: row['status'] as UsageRecord['status'],
    cost: cost === null ? null : (BigInt(cost) as Money),
    costFloor: BigInt(row['cost_floor'] as bigint | number) as Money,
    priceVersion: row['price_version'] as string,
    ...(Number(row['starved']) === 1 && { starved: true as const }),
    losses: Number(row['losses']),
    ...json('wire', row['wire']),
    ...(typeof row['charges'] === 'string' && { charges: readCharges(row['charges']) }),
    ...number('batchSavedNano', row['batch_saved']),
    ...number('cacheSavedNano', row['cache_saved']),
  };
}

function tokensFrom(row: Row): Tokens {
  const tokens: { -readonly [M in Meter]?: number } = {};
  for (const [column, meter] of Object.entries(METER_COLUMNS)) {
    const count = row[column];
    if (count !== null && count !== undefined) tokens[meter] = Number(count);
  }
  return tokens;
}

/** What buckets need of a row, without decoding the rest. */
export function countedFrom(row: readonly Value[]): Counted {
  const cost = row[AT.cost] as bigint | number | null;
  const floor = BigInt(row[AT.cost_floor] as bigint | number) as Money;
  const tokens: { -readonly [M in Meter]?: number } = {};
  for (const [at, meter] of METERS_AT) {
    const count = row[at];
    if (typeof count === 'number') tokens[meter] = count;
  }
  return {
    endedAtMs: row[AT.ended_ms] as number,
    feature: (row[AT.feature] ?? '') as string,
    user: (row[AT.user_id] ?? '') as string,
    ...(row[AT.tags] !== null && { tags: tagsIn(row[AT.tags] as string) }),
    model: row[AT.model] as string,
    key: row[AT.key_id] as string,
    provider: row[AT.provider] as string,
    last: row[AT.last] === 1,
    outcome: row[AT.outcome] as UsageRecord['outcome'],
    measured: row[AT.measured] as UsageRecord['measured'],
    tokens,
    reasoningTokens: (row[AT.reasoning] ?? 0) as number,
    cost: cost === null ? null : floor,
    costFloor: floor,
    ...(row[AT.starved] === 1 && { starved: true as const }),
    batchSavedNano: (row[AT.batch_saved] ?? 0) as number,
    cacheSavedNano: (row[AT.cache_saved] ?? 0) as number,
  };
}

/** What a row charges to budgets, without decoding the rest. */
export function chargesIn(row: readonly Value[]): readonly Charge[] {
  const charges = row[AT.charges];
  return typeof charges === 'string' ? readCharges(charges) : [];
}

/** Most rows carry tags that a row before them carried. */
const readTags = new Map<string, Record<string, string>>();
const TAGS_MAX = 1000;

function tagsIn(text: string): Record<string, string> {
  let tags = readTags.get(text);
  if (!tags) {
    tags = JSON.parse(text) as Record<string, string>;
    if (readTags.size >= TAGS_MAX) readTags.clear();
    readTags.set(text, tags);
  }
  return tags;
}

const AT = Object.fromEntries(COLUMNS.map((column, index) => [column, index])) as Record<(typeof COLUMNS)[number], number>;
const METERS_AT = Object.entries(METER_COLUMNS).map(([column, meter]) => [AT[column as keyof typeof METER_COLUMNS], meter] as const);

type Cell = Value | undefined;
const text = <K extends string>(key: K, value: Cell) => (typeof value === 'string' ? ({ [key]: value } as Record<K, string>) : undefined);
const number = <K extends string>(key: K, value: Cell) =>
  value === null || value === undefined ? undefined : ({ [key]: Number(value) } as Record<K, number>);
const json = <K extends string>(key: K, value: Cell) =>
  typeof value === 'string' ? ({ [key]: JSON.parse(value) } as Record<K, never>) : undefined;

/** The rows in a flat list of values, each as a list. */
export function rowsIn(values: readonly Value[]): Value[][] {
  const rows: Value[][] = [];
  for (let at = 0; at < values.length; at += COLUMNS.length) rows.push(values.slice(at, at + COLUMNS.length));
  return rows;
}
