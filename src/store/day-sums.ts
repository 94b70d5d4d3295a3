import type { Money } from '../model/money.ts';
import type { Database, Value } from './database.ts';
import type { Dimension } from './ledger.ts';

export interface DaySumsInput {
  /** The stretches to sum over; each must begin and end on a full hour. Rising. */
  readonly days: readonly { readonly startMs: number; readonly endMs: number }[];
  /** What sums are told apart by; absent: all together. */
  readonly by?: Dimension;
}

/** What a stretch came to for one value (`''`: none was given). */
export interface DaySum {
  /** Its place in `days`. */
  readonly day: number;
  readonly value: string;
  readonly spend: Money;
}

const COLUMN_OF = { feature: 'feature', user: 'user_id', model: 'model', key: 'key_id', provider: 'provider' } as const satisfies Record<
  Dimension,
  string
>;
const DAY_MS = 86_400_000;

/** What days in anybody's time zone came to. Whole UTC days are read from day sums, all others from hours. */
export async function daySums(db: Database, { days, by }: DaySumsInput): Promise<DaySum[]> {
  if (days.length === 0) return [];
  const level = days.every(({ startMs, endMs }) => startMs % DAY_MS === 0 && endMs % DAY_MS === 0) ? 'day' : 'hour';
  const column = by === undefined ? "''" : COLUMN_OF[by];
  const params: Value[] = [level, days[0]!.startMs, days.at(-1)!.endMs];
  const place = days.map(({ startMs }, day) => {
    params.push(startMs);
    return `when start_ms >= $${params.length} then ${day}`;
  });
  // The latest first: the first that holds counts.
  const rows = await db.all(
    `select day, value, sum(cost_micro) as micro, sum(cost_pico) as pico from (
       select case ${place.toReversed().join(' ')} else 0 end as day, ${column} as value, cost_micro, cost_pico
       from usage_bucket where level = $1 and start_ms >= $2 and start_ms < $3) as sums
     group by day, value`,
    params,
  );
  return rows.map(({ day, value, micro, pico }) => ({
    day: Number(day),
    value: String(value),
    spend: (BigInt(micro as bigint) * 1_000_000n + BigInt(pico as bigint)) as Money,
  }));
}
