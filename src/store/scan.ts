import type { UsageRecord } from '../accounting/record.ts';
import type { Database, Value } from './database.ts';
import { COLUMNS, recordFrom } from './row.ts';
import { refuseWhatIsGone } from './usage.ts';
import { ROWS } from './usage-source.ts';

/** Which rows are read. */
export interface ScanQuery {
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly model?: string;
}

/** A record and the number of its kind, which changes with it. */
export interface StoredRecord {
  readonly kind: bigint;
  readonly record: UsageRecord;
}

const PAGE = 1_000;

/**
 * Every row of a time, oldest first, a page after the other: rows of a year need no more memory than a thousand.
 * Throws a `RangeError` before the first page when some of them are no longer kept.
 */
export async function scan(db: Database, query: ScanQuery): Promise<AsyncGenerator<readonly StoredRecord[]>> {
  await refuseWhatIsGone(db, { ...ROWS, ...query });
  return pages(db, query);
}

async function* pages(db: Database, { fromMs, toMs, model }: ScanQuery): AsyncGenerator<readonly StoredRecord[]> {
  const sql = `select kind, ${COLUMNS.join(', ')} from usage_record join usage_kind on id = kind
    where ended_ms >= $1 and ended_ms < $2 and (ended_ms, call_id, attempt) > ($1, $3, $4)${model === undefined ? '' : ' and model = $5'}
    order by ended_ms, call_id, attempt limit ${PAGE}`;
  let after: Value[] = [fromMs, '', -1];
  for (;;) {
    const [atMs, callId, attempt] = after;
    const rows = await db.all(sql, [atMs!, toMs, callId!, attempt!, ...(model === undefined ? [] : [model])]);
    if (rows.length > 0) yield rows.map((row) => ({ kind: row['kind'] as bigint, record: recordFrom(row) }));
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = [last['ended_ms']!, last['call_id']!, last['attempt']!];
  }
}
