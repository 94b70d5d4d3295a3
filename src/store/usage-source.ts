import { LEVELS, type Level } from '../accounting/bucket.ts';
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
  /** Asks for the oldest moment (`at_ms`) it still holds; absent: it holds all that ever was. */
  readonly first?: string;
  /** Its name in messages. */
  readonly what: string;
}

const HOUR_MS = LEVELS[1].widthMs;
/** All clocks on earth differ from UTC by a multiple of this. */
const QUARTER_MS = 900_000;

/** The cheapest source that tells apart what is asked. */
export function sourceOf(query: UsageQuery): Source {
  const { every } = query;
  const groupings = groupingsOf(query);
  const tags = new Set(groupings.map(tagOf).filter((tag) => tag !== undefined));
  const level = levelOf(query);
  if (tags.size === 0 && level !== undefined) {
    if (level === 'minute' && groupings.includes('user')) {
      throw new RangeError('usage by minute does not tell users apart; ask for hours or days');
    }
    return bucketSource(query, level);
  }
  const [tag] = tags;
  if (
    tag !== undefined &&
    tags.size === 1 &&
    groupings.every((grouping) => tagOf(grouping) === tag) &&
    level !== undefined &&
    every !== 'minute'
  ) {
    return tagSource(query, tag, level);
  }
  return rowSource(query);
}

/** Every grouping a query speaks of. */
export const groupingsOf = ({ by, where = {} }: Pick<UsageQuery, 'by' | 'where'>): Grouping[] => [
  ...by,
  ...Object.entries(where).flatMap(([grouping, value]) => (value === undefined ? [] : [grouping as Grouping])),
];

/** The coarsest buckets whose borders are those asked for; undefined: none are. */
function levelOf({ every, fromMs, toMs, zone }: UsageQuery): Level | undefined {
  const whole = (widthMs: number) => fromMs % widthMs === 0 && toMs % widthMs === 0;
  if (zone !== undefined && (every === undefined || every === 'day')) return whole(HOUR_MS) ? 'hour' : undefined;
  return every ?? (whole(LEVELS[2].widthMs) ? 'day' : 'hour');
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
    start: 'start_ms',
    columnOf: (grouping) => COLUMN_OF[grouping as Dimension],
    sums: SUMMED,
    ...rounded(query, level),
    ...(level !== 'day' && { first: `select min(start_ms) as at_ms from usage_bucket where level = '${level}'` }),
    what: `sums by ${level}`,
  };
}

function tagSource(query: UsageQuery, tag: string, level: Level): Source {
  return {
    from: `usage_tag_bucket where level = '${level}' and tag = $3`,
    values: [tag],
    timeColumn: 'start_ms',
    start: 'start_ms',
    columnOf: () => 'value',
    sums: SUMMED,
    ...rounded(query, level),
    what: 'sums by tag',
  };
}

function rowSource(query: UsageQuery): Source {
  const { every, zone, fromMs, toMs } = query;
  const widthMs = zone === undefined ? (LEVELS.find(({ name }) => name === every)?.widthMs ?? 1) : QUARTER_MS;
  return {
    from: 'usage_record join usage_kind on id = kind where true',
    timeColumn: 'ended_ms',
    start: `ended_ms - ended_ms % ${widthMs}`,
    columnOf: (grouping) => (tagOf(grouping) === undefined ? ROW_COLUMN_OF[grouping as Dimension] : undefined),
    sums: ROW_SUMS,
    ...(every && zone === undefined ? rounded(query, every) : { fromMs, toMs }),
    first: 'select min(ended_ms) as at_ms from usage_record',
    what: 'rows',
  };
}

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

/** The query's time, widened to whole stretches. */
function rounded({ fromMs, toMs }: UsageQuery, level: Level) {
  const { widthMs } = LEVELS.find(({ name }) => name === level) ?? LEVELS[1];
  return { fromMs: Math.floor(fromMs / widthMs) * widthMs, toMs: Math.ceil(toMs / widthMs) * widthMs };
}
