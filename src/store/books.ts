import { LEVELS, type Level } from '../accounting/bucket.ts';
import type { UsageRecord } from '../accounting/record.ts';
import { SUM_COLUMNS, sumsFrom } from './bucket-row.ts';
import type { Database, Row, Value } from './database.ts';
import { DIMENSIONS, type Dimension, type RecordQuery, type UsageQuery, type UsageSum } from './ledger.ts';
import { COLUMNS, recordFrom } from './row.ts';

const COLUMN_OF = {
  feature: 'feature',
  user: 'user_id',
  model: 'model',
  key: 'key_id',
  provider: 'provider',
} as const satisfies Record<Dimension, string>;

/** Sums of buckets, by time and then the dearest first. */
export async function usage(db: Database, query: UsageQuery): Promise<UsageSum[]> {
  const level = levelOf(query);
  const params: Value[] = [level.name, down(query.fromMs, level.widthMs), -down(-query.toMs, level.widthMs)];
  const by = [...(query.every ? ['start_ms'] : []), ...query.by.map((dimension) => COLUMN_OF[dimension])];
  const rows = await db.all(
    `select ${[...by, ...SUM_COLUMNS.map((sum) => `sum(${sum}) as ${sum}`)].join(', ')}
     from usage_bucket where level = $1 and start_ms >= $2 and start_ms < $3${conditions(query.where, params, (column) => column)}
     ${by.length > 0 ? `group by ${by.join(', ')}` : 'having count(*) > 0'}`,
    params,
  );
  return rows
    .map((row) => sumFrom(row, query))
    .sort((a, b) => (a.startMs ?? 0) - (b.startMs ?? 0) || (a.cost < b.cost ? 1 : a.cost > b.cost ? -1 : 0));
}

function sumFrom(row: Row, { every, by }: UsageQuery): UsageSum {
  return {
    ...(every && { startMs: Number(row['start_ms']) }),
    ...(Object.fromEntries(by.map((dimension) => [dimension, row[COLUMN_OF[dimension]]])) as { [D in Dimension]?: string }),
    ...sumsFrom(row),
  };
}

function levelOf({ every, fromMs, toMs, by, where = {} }: UsageQuery): (typeof LEVELS)[number] {
  const day = LEVELS[2];
  const wholeDays = fromMs % day.widthMs === 0 && toMs % day.widthMs === 0;
  const name: Level = every ?? (wholeDays ? 'day' : 'hour');
  const level = LEVELS.find((candidate) => candidate.name === name) ?? day;
  if (!level.users && (by.includes('user') || where.user !== undefined)) {
    throw new RangeError('usage by minute does not tell users apart; ask for hours or days');
  }
  return level;
}

const down = (ms: number, widthMs: number): number => Math.floor(ms / widthMs) * widthMs;

function conditions(where: UsageQuery['where'], params: Value[], left: (column: string) => string): string {
  let sql = '';
  for (const dimension of DIMENSIONS) {
    const value = where?.[dimension];
    if (value === undefined) continue;
    params.push(value);
    sql += ` and ${left(COLUMN_OF[dimension])} = $${params.length}`;
  }
  return sql;
}

const RECORDS_MAX = 10_000;

/** Rows, newest first. */
export async function records(db: Database, { fromMs = 0, toMs, callId, where, limit = 100 }: RecordQuery): Promise<UsageRecord[]> {
  const params: Value[] = [];
  let sql = '';
  const also = (condition: string, value: Value | undefined) => {
    if (value === undefined) return;
    params.push(value);
    sql += ` and ${condition} $${params.length}`;
  };
  also('call_id =', callId);
  // Always there: without a bound SQLite sorts the whole table instead of walking the index from its end.
  also('ended_ms >=', fromMs);
  also('ended_ms <', toMs);
  sql += conditions(where, params, (column) => `coalesce(${column}, '')`);
  params.push(Math.max(0, Math.min(RECORDS_MAX, Math.floor(limit))));
  const rows = await db.all(
    `select ${COLUMNS.join(', ')} from usage_record join usage_kind on id = kind where true${sql} order by ended_ms desc, call_id desc, attempt desc limit $${params.length}`,
    params,
  );
  return rows.map(recordFrom);
}
