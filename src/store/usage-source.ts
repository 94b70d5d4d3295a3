import { LEVELS, type Level } from '../accounting/bucket.ts';
import { periodAt } from '../policy/period.ts';
import { SUM_COLUMNS } from './bucket-row.ts';
import type { Value } from './database.ts';
import { type Dimension, type Grouping, tagOf, type UsageQuery } from './ledger.ts';

/** Where sums are read: buckets of one fineness, those of a tag, or the rows themselves. */
export interface Source {
  /** Tables and a first condition, whose own placeholders begin at `$3`. */
  readonly from: string;
  /** What they stand for; absent: there are none. */
  readonly values?: readonly Value[];
  /** The column times are compared with. */
  readonly timeColumn: string;
  /** Start of the stretch a line belongs to. */
  readonly start: string;
  /** Undefined: it is in the row's `tags`. */
  readonly columnOf: (grouping: Grouping) => string | undefined;
  /** One expression for each of `SUM_COLUMNS`. */
  readonly sums: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
  /** Asks from when on (`at_ms`) it holds all that was; absent: it always did. */
  readonly first?: string;
  /** Its name in messages. */
  readonly what: string;
}

const [{ widthMs: MINUTE_MS }, { widthMs: HOUR_MS }, { widthMs: DAY_MS }] = LEVELS;
/** All clocks on earth differ from UTC by a multiple of this. */
const QUARTER_MS = 900_000;
/** No clock is put off the full hour for less than a month. */
const OFF_MS = 30 * DAY_MS;

/** The cheapest sources that tell apart what is asked: whole buckets, and rows for what no bucket has the borders of. */
export function sourcesOf(query: UsageQuery): Source[] {
  const groupings = groupingsOf(query);
  const tag = onlyTag(query);
  if (tag !== undefined && query.every !== 'minute') return covering(query, levelsOf(query), (part, level) => tagSource(part, tag, level));
  if (groupings.some((grouping) => tagOf(grouping) !== undefined)) return [rowSource(query)];
  const why = unanswerable(query);
  if (why !== undefined) throw new RangeError(why);
  return covering(query, levelsOf(query), bucketSource);
}

/** Why no source can tell what is asked, whatever is kept; undefined when one can. */
export function unanswerable({ every, ...query }: Pick<UsageQuery, 'every' | 'by' | 'where'>): string | undefined {
  const groupings = groupingsOf(query);
  return every === 'minute' && groupings.includes('user') && groupings.every((grouping) => tagOf(grouping) === undefined)
    ? 'usage by minute does not tell users apart; ask for hours or days'
    : undefined;
}

/** The tag that a query speaks of and nothing else: what does not carry it is left out. */
export function onlyTag(query: Pick<UsageQuery, 'by' | 'where'>): string | undefined {
  const [first, ...others] = groupingsOf(query);
  // What has none is in no sum by tag.
  if (first === undefined || others.some((other) => other !== first) || query.where?.[first] === '') return undefined;
  return tagOf(first);
}

/** Every grouping a query speaks of. */
export const groupingsOf = ({ by, where = {} }: Pick<UsageQuery, 'by' | 'where'>): Grouping[] => [
  ...by,
  ...Object.entries(where).flatMap(([grouping, value]) => (value === undefined ? [] : [grouping as Grouping])),
];

/** Buckets that no border of what is asked goes through, the coarsest first. */
function levelsOf({ every, fromMs, toMs, zone }: UsageQuery): Level[] {
  if (every === 'minute') return ['minute'];
  if (every === undefined) return ['day', 'hour'];
  if (zone === undefined) return every === 'day' ? ['day', 'hour'] : ['hour'];
  return hasFullHours(zone, fromMs, toMs) ? ['hour'] : [];
}

/** Whether clocks there show a full hour whenever those in UTC do. */
function hasFullHours(zone: string, fromMs: number, toMs: number): boolean {
  const isFull = (ms: number) => periodAt('hour', zone, ms).startMs % HOUR_MS === 0;
  for (let ms = fromMs; ms < toMs; ms += OFF_MS) if (!isFull(ms)) return false;
  return isFull(toMs - 1);
}

/** The time that is asked for, in pieces: as much as fits of the coarsest buckets, before and after it finer ones, at last rows. */
function covering(query: UsageQuery, [level, ...finer]: readonly Level[], sourceOf: (part: UsageQuery, level: Level) => Source): Source[] {
  const { fromMs, toMs } = query;
  if (fromMs >= toMs) return [];
  if (level === undefined) return [rowSource(query)];
  const widthMs = widthOf(level);
  const firstMs = Math.ceil(fromMs / widthMs) * widthMs;
  const endMs = Math.floor(toMs / widthMs) * widthMs;
  if (firstMs >= endMs) return covering(query, finer, sourceOf);
  return [
    ...covering({ ...query, toMs: firstMs }, finer, sourceOf),
    sourceOf({ ...query, fromMs: firstMs, toMs: endMs }, level),
    ...covering({ ...query, fromMs: endMs }, finer, sourceOf),
  ];
}

const COLUMN_OF = {
  feature: 'feature',
  user: 'user_id',
  model: 'model',
  key: 'key_id',
  provider: 'provider',
} as const satisfies Record<Dimension, string>;

const SUMMED = SUM_COLUMNS.map((sum) => `sum(${sum}) as ${sum}`);

function bucketSource(query: UsageQuery, level: Level): Source {
  return {
    from: `usage_bucket where level = '${level}'`,
    timeColumn: 'start_ms',
    start: startOf('start_ms', query, widthOf(level)),
    columnOf: (grouping) => COLUMN_OF[grouping as Dimension],
    sums: SUMMED,
    fromMs: query.fromMs,
    toMs: query.toMs,
    ...(level !== 'day' && { first: `select min(start_ms) as at_ms from usage_bucket where level = '${level}'` }),
    what: `sums by ${level}`,
  };
}

function tagSource(query: UsageQuery, tag: string, level: Level): Source {
  return {
    from: `usage_tag_bucket where level = '${level}' and tag = $3`,
    values: [tag],
    timeColumn: 'start_ms',
    start: startOf('start_ms', query, widthOf(level)),
    columnOf: () => 'value',
    sums: SUMMED,
    fromMs: query.fromMs,
    toMs: query.toMs,
    first: `select coalesce(max(before_ms), 0) as at_ms from usage_tag_swept where level = '${level}'`,
    what: 'sums by tag',
  };
}

function rowSource(query: UsageQuery): Source {
  return {
    from: 'usage_record join usage_kind on id = kind where true',
    timeColumn: 'ended_ms',
    start: startOf('ended_ms', query, QUARTER_MS),
    columnOf: (grouping) => (tagOf(grouping) === undefined ? ROW_COLUMN_OF[grouping as Dimension] : undefined),
    sums: ROW_SUMS,
    fromMs: query.fromMs,
    toMs: query.toMs,
    ...ROWS,
  };
}

/** What is read of rows, and asks how far back they go. */
export const ROWS = { what: 'rows', first: 'select min(ended_ms) as at_ms from usage_record' } as const;

/** Start of the stretch a time belongs to; in a time zone, of a piece of it no longer than `pieceMs`. */
function startOf(column: string, { every = 'minute', zone }: UsageQuery, pieceMs: number): string {
  const widthMs = zone === undefined ? widthOf(every) : Math.min(widthOf(every), pieceMs);
  return `${column} - ${column} % ${widthMs}`;
}

const widthOf = (level: Level): number => ({ minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS })[level];

/** Columns of rows; `''` is what has no feature or user. */
export const ROW_COLUMN_OF = { ...COLUMN_OF, feature: "coalesce(feature, '')", user: "coalesce(user_id, '')" };

const tokens = (...columns: string[]): string => `sum(${columns.map((column) => `coalesce(${column}, 0)`).join(' + ')})`;
const CACHE_WRITES = ['cache_write_5m', 'cache_write_30m', 'cache_write_1h', 'cache_write_12h'];

/** What rows add up to, in the order of `SUM_COLUMNS`: the same sums that buckets keep. */
export const ROW_SUMS: readonly string[] = Object.entries({
  calls: 'sum(last)',
  attempts: 'count(*)',
  failures: "sum(case when outcome <> 'ok' then 1 else 0 end)",
  unpriced: 'sum(case when cost is null then 1 else 0 end)',
  estimated: "sum(case when measured = 'estimated' then 1 else 0 end)",
  starved: 'sum(coalesce(starved, 0))',
  input_tokens: tokens('input', 'cache_read', ...CACHE_WRITES, 'audio_input', 'image_input'),
  cache_read_tokens: tokens('cache_read'),
  cache_write_tokens: tokens(...CACHE_WRITES),
  output_tokens: tokens('output', 'audio_output', 'image_output'),
  reasoning_tokens: tokens('reasoning'),
  batch_saved: tokens('batch_saved'),
  cache_saved: tokens('cache_saved'),
  cost_micro: 'sum(cost_floor / 1000000)',
  cost_pico: 'sum(cost_floor % 1000000)',
}).map(([name, sum]) => `${sum} as ${name}`);
