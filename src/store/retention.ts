import type { Keep } from '../accounting/keep.ts';
import { USAGE_BUCKET, USAGE_TAG_BUCKET } from './bucket-row.ts';
import { CACHE_REPORT } from './cache-reports.ts';
import type { Database, Insert, Value } from './database.ts';
import { USAGE_RECORD } from './row.ts';
import { TRANSCRIPT } from './transcripts.ts';

/** Rows that go at once: few enough that a batch of records waits some milliseconds at most. */
const BATCH = 500;
const DAY_MS = 86_400_000;
const SWEEP_MS = 3_600_000;

/** Lets go of what has been kept long enough, a few rows at a time, so that writes get their turn in between. */
export async function sweep(db: Database, keep: Keep, nowMs: number): Promise<void> {
  const parts: [sql: string, keepMs: number, params: Value[]][] = [
    [deleteOldest(USAGE_RECORD, 'ended_ms < $1'), keep.recordsMs, []],
    [deleteOldest(CORRECTION, 'corrected_ms < $1'), keep.recordsMs, []],
    [deleteOldest(CACHE_REPORT, 'at_ms < $1'), keep.recordsMs, []],
    [deleteOldest(USAGE_BUCKET, 'start_ms < $1 and level = $2'), keep.minutesMs, ['minute']],
    [deleteOldest(USAGE_BUCKET, 'start_ms < $1 and level = $2'), keep.hoursMs, ['hour']],
    [DELETE_TAGS, Math.min(keep.tagsMs, keep.hoursMs), ['hour']],
    [DELETE_TAGS, keep.tagsMs, ['day']],
    [deleteOldest(TRANSCRIPT, 'ended_ms < $1'), keep.transcriptsMs, []],
  ];
  for (const [sql, keepMs, params] of parts) {
    if (!Number.isFinite(keepMs)) continue;
    let gone = BATCH;
    // Whole days go, so that the first day that is left is all there.
    const beforeMs = Math.floor((nowMs - keepMs) / DAY_MS) * DAY_MS;
    // Before anything goes: a sum must not lack what is gone unnoticed, even if the process dies in between.
    if (sql === DELETE_TAGS) await db.all(NOTE_TAGS, [beforeMs, ...params]);
    while (gone === BATCH) [gone = 0] = await db.many(sql, [[beforeMs, ...params]]);
  }
}

const CORRECTION: Pick<Insert, 'table' | 'key'> = { table: 'usage_correction', key: ['call_id', 'attempt', 'number'] };

function deleteOldest({ table, key }: Pick<Insert, 'table' | 'key'>, condition: string): string {
  const columns = key.join(', ');
  return `delete from ${table} where (${columns}) in (select ${columns} from ${table} where ${condition} limit ${BATCH})`;
}

const DELETE_TAGS = deleteOldest(USAGE_TAG_BUCKET, 'start_ms < $1 and level = $2');
const NOTE_TAGS = `insert into usage_tag_swept (level, before_ms)
  select cast($2 as text), cast($1 as bigint) where exists (select 1 from usage_tag_bucket where level = $2 and start_ms < $1)
  on conflict (level) do update set before_ms = excluded.before_ms where usage_tag_swept.before_ms < excluded.before_ms`;

/** Sweeps as time goes by: once an hour at most, and one at a time. What fails is tried again an hour later. */
export function createSweeper(db: Database, keep: Keep): (nowMs: number) => void {
  let sweptAtMs = Number.NEGATIVE_INFINITY;
  let sweeping = false;
  return (nowMs) => {
    if (sweeping || nowMs - sweptAtMs < SWEEP_MS) return;
    sweptAtMs = nowMs;
    sweeping = true;
    sweep(db, keep, nowMs)
      .catch(() => undefined)
      .finally(() => {
        sweeping = false;
      });
  };
}
