import { isDeepStrictEqual } from 'node:util';
import { bucketDeltas, type Sums } from '../../src/accounting/bucket.ts';
import type { UsageRecord } from '../../src/accounting/record.ts';
import { sumsFrom } from '../../src/store/bucket-row.ts';
import type { Database } from '../../src/store/database.ts';
import { COLUMNS, recordFrom } from '../../src/store/row.ts';
import type { SimulatedWorld } from '../../src/world/simulated.ts';

type Sheet = Readonly<Record<string, Sums>>;

/** All the rows of a ledger, the sums it keeps, and the same sums made again from its rows. */
export async function recount(db: Database): Promise<{ records: readonly UsageRecord[]; sums: Sheet; again: Sheet }> {
  const rows = await db.all(`select ${COLUMNS.join(', ')} from usage_record join usage_kind on id = kind order by call_id, attempt`);
  const records = rows.map(recordFrom);
  const kept = await db.all('select * from usage_bucket order by level, start_ms');
  const keyOf = (...parts: unknown[]) => parts.map(String).join(' ');
  return {
    records,
    sums: Object.fromEntries(
      kept.map((row) => [
        keyOf(row['level'], row['start_ms'], row['feature'], row['user_id'], row['model'], row['key_id'], row['provider']),
        sumsFrom(row),
      ]),
    ),
    again: Object.fromEntries(
      bucketDeltas(records).map(({ level, startMs, feature, user, model, key, provider, ...sums }) => [
        keyOf(level, startMs, feature, user, model, key, provider),
        sums,
      ]),
    ),
  };
}

/** Which attempts a ledger has, and whether the sums it keeps are those of its rows. */
export async function booked(db: Database): Promise<{ readonly calls: readonly string[]; readonly sumsAgree: boolean }> {
  const { records, sums, again } = await recount(db);
  return {
    calls: records.map(({ callId, attempt }) => (attempt === 1 ? callId : `${callId}/${attempt}`)),
    sumsAgree: isDeepStrictEqual(sums, again),
  };
}

/** Lets time pass in steps, and everything that follows from each step happen before the next. */
export async function pass(world: SimulatedWorld, ms: number, stepMs = 10): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += stepMs) {
    world.advance(Math.min(stepMs, ms - passedMs));
    await new Promise((resolve) => setImmediate(resolve));
  }
}
