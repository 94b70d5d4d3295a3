import { LEVELS } from '../accounting/bucket.ts';
import type { Money } from '../model/money.ts';
import type { Database, Row, Value } from './database.ts';
import type { Dimension } from './ledger.ts';
import { ROW_COLUMN_OF } from './usage-source.ts';

/** Which days to sum, and by what. */
export interface DaySumsInput {
  /** The stretches to sum over, rising, none apart from the next. */
  readonly days: readonly { readonly startMs: number; readonly endMs: number }[];
  /** What sums are told apart by; absent: all together. */
  readonly by?: Dimension;
}

/** What a stretch came to for one value (`''`: none was given); where it came to nothing there is none. */
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
const HOUR_MS = LEVELS[1].widthMs;
const DAY_MS = LEVELS[2].widthMs;

/**
 * What days in anybody's time zone came to. Whole UTC days are read from day sums, all others from hours. Where a day
 * begins within an hour (India's half past), rows tell what of that hour is whose; once they are no longer kept, all of
 * it is the day before's.
 */
export async function daySums(db: Database, { days, by }: DaySumsInput): Promise<DaySum[]> {
  if (days.length === 0) return [];
  const spends = days.map(() => new Map<string, bigint>());
  const add = (day: number, rows: readonly Row[], times = 1n) => {
    const sums = spends[day];
    if (!sums) return;
    for (const { value, micro, pico } of rows) {
      const spend = BigInt(micro as bigint) * 1_000_000n + BigInt(pico as bigint);
      sums.set(String(value), (sums.get(String(value)) ?? 0n) + spend * times);
    }
  };
  const rows = await db.all(...fromBuckets(days, by));
  for (const row of rows) add(Number(row['day']), [row]);
  for (const [day, startMs] of [...days.map((one) => one.startMs), days.at(-1)!.endMs].entries()) {
    if (startMs % HOUR_MS === 0) continue;
    const after = await db.all(fromRows(by), [startMs, Math.ceil(startMs / HOUR_MS) * HOUR_MS]);
    add(day, after);
    add(day - 1, after, -1n);
  }
  return spends.flatMap((sums, day) =>
    [...sums].flatMap(([value, spend]) => (spend === 0n ? [] : [{ day, value, spend: spend as Money }])),
  );
}

/** Sums of whole hours or days, an hour being the day's in which it begins. */
function fromBuckets(days: DaySumsInput['days'], by: Dimension | undefined): [text: string, params: Value[]] {
  const level = days.every(({ startMs, endMs }) => startMs % DAY_MS === 0 && endMs % DAY_MS === 0) ? 'day' : 'hour';
  const params: Value[] = [level, days[0]!.startMs, days.at(-1)!.endMs];
  const place = days.map(({ startMs }, day) => {
    params.push(startMs);
    return `when start_ms >= $${params.length} then ${day}`;
  });
  // The latest first: the first that holds counts.
  const text = `select day, value, sum(cost_micro) as micro, sum(cost_pico) as pico from (
       select case ${place.toReversed().join(' ')} else 0 end as day, ${by ? COLUMN_OF[by] : "''"} as value, cost_micro, cost_pico
       from usage_bucket where level = $1 and start_ms >= $2 and start_ms < $3) as sums
     group by day, value`;
  return [text, params];
}

const fromRows = (by: Dimension | undefined): string =>
  `select ${by ? ROW_COLUMN_OF[by] : "''"} as value, sum(cost_floor / 1000000) as micro, sum(cost_floor % 1000000) as pico
   from usage_record join usage_kind on id = kind where ended_ms >= $1 and ended_ms < $2 group by 1`;
