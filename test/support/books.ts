import { bucketDeltas } from '../../src/accounting/bucket.ts';
import type { Database } from '../../src/store/database.ts';
import { COLUMNS, recordFrom } from '../../src/store/row.ts';
import type { SimulatedWorld } from '../../src/world/simulated.ts';

/** Which attempts the ledger has, and whether the sums it keeps are those of its rows. */
export async function booked(db: Database): Promise<{ readonly calls: readonly string[]; readonly sumsAgree: boolean }> {
  const rows = await db.all(`select ${COLUMNS.join(', ')} from usage_record join usage_kind on id = kind order by call_id, attempt`);
  const records = rows.map(recordFrom);
  const days = bucketDeltas(records).filter(({ level }) => level === 'day');
  const [sums] = await db.all(
    "select coalesce(sum(attempts), 0) as attempts, coalesce(sum(cost_micro), 0) as micro, coalesce(sum(cost_pico), 0) as pico from usage_bucket where level = 'day'",
  );
  const cost = BigInt(sums!['micro'] as bigint) * 1_000_000n + BigInt(sums!['pico'] as bigint);
  return {
    calls: records.map(({ callId, attempt }) => (attempt === 1 ? callId : `${callId}/${attempt}`)),
    sumsAgree: Number(sums!['attempts']) === records.length && cost === days.reduce((sum, day) => sum + (day.cost as bigint), 0n),
  };
}

/** Lets time pass in steps, and everything that follows from each step happen before the next. */
export async function pass(world: SimulatedWorld, ms: number, stepMs = 10): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += stepMs) {
    world.advance(Math.min(stepMs, ms - passedMs));
    await new Promise((resolve) => setImmediate(resolve));
  }
}
