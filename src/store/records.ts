import type { UsageRecord } from '../accounting/record.ts';
import type { Database, Value } from './database.ts';
import { DIMENSIONS, type RecordQuery } from './ledger.ts';
import { COLUMNS, recordFrom } from './row.ts';
import { ROW_COLUMN_OF } from './usage-source.ts';

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
  for (const dimension of DIMENSIONS) also(`${ROW_COLUMN_OF[dimension]} =`, where?.[dimension]);
  params.push(Math.max(0, Math.min(RECORDS_MAX, Math.floor(limit))));
  const rows = await db.all(
    `select ${COLUMNS.join(', ')} from usage_record join usage_kind on id = kind where true${sql} order by ended_ms desc, call_id desc, attempt desc limit $${params.length}`,
    params,
  );
  return rows.map(recordFrom);
}
