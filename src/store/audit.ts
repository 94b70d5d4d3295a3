import { LEVELS, merge, NOTHING, type Sums, subtract } from '../accounting/bucket.ts';
import { SUM_COLUMNS, sumsFrom, USAGE_BUCKET } from './bucket-row.ts';
import type { Database, Row } from './database.ts';
import { ROW_COLUMN_OF, ROW_SUMS } from './usage-source.ts';

/** A sum that is not what its rows add up to. */
export interface Difference {
  readonly level: 'hour' | 'day';
  readonly startMs: number;
  readonly feature: string;
  readonly user: string;
  readonly model: string;
  readonly key: string;
  readonly provider: string;
  /** What the bucket has beyond its rows. */
  readonly beyond: Sums;
}

const DAY_MS = LEVELS[2].widthMs;
const FIRST = 'select min(ended_ms) as at_ms from usage_record where ended_ms >= $1';

/** Counts rows again, day by day (UTC, those that touch the time), and says which sums by hour or day differ from them. */
export async function audit(db: Database, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): Promise<Difference[]> {
  // Rows go by whole days: before the first that is there, sums have outlived them.
  const [first] = await db.all(FIRST, [fromMs - (fromMs % DAY_MS)]);
  const firstMs = first?.['at_ms'];
  if (firstMs === null || firstMs === undefined) return [];
  const differences: Difference[] = [];
  for (let dayMs = Number(firstMs) - (Number(firstMs) % DAY_MS); dayMs < toMs; dayMs += DAY_MS) {
    for (const level of ['hour', 'day'] as const) differences.push(...(await differing(db, level, dayMs)));
  }
  return differences;
}

const [LEVEL, START, ...WORDS] = USAGE_BUCKET.key;
const ROW_WORDS = ['feature', 'user', 'model', 'key', 'provider'] as const;

// One statement sees one moment, whoever writes meanwhile.
const compared = (level: 'hour' | 'day', widthMs: number) => `
  select 1 as counted, ended_ms - ended_ms % ${widthMs} as ${START}, ${ROW_WORDS.map((word, index) => `${ROW_COLUMN_OF[word]} as ${WORDS[index]}`).join(', ')}, ${ROW_SUMS.join(', ')}
  from usage_record join usage_kind on id = kind where ended_ms >= $1 and ended_ms < $2 group by 2, 3, 4, 5, 6, 7
  union all
  select 0 as counted, ${START}, ${WORDS.join(', ')}, ${SUM_COLUMNS.join(', ')}
  from usage_bucket where ${LEVEL} = '${level}' and ${START} >= $1 and ${START} < $2`;

async function differing(db: Database, level: 'hour' | 'day', dayMs: number): Promise<Difference[]> {
  const widthMs = level === 'hour' ? LEVELS[1].widthMs : DAY_MS;
  const rows = await db.all(compared(level, widthMs), [dayMs, dayMs + DAY_MS]);
  const found = new Map<string, Difference>();
  for (const row of rows) {
    const key = JSON.stringify([Number(row['start_ms']), ...WORDS.map((word) => row[word])]);
    let difference = found.get(key);
    if (!difference) {
      difference = { level, ...wordsOf(row), beyond: { ...NOTHING } };
      found.set(key, difference);
    }
    const sums = sumsFrom(row);
    merge(difference.beyond, Number(row['counted']) === 1 ? subtract(NOTHING, sums) : sums);
  }
  return [...found.values()].filter(({ beyond }) => Object.values(beyond).some((sum) => sum !== 0 && sum !== 0n));
}

const wordsOf = (row: Row) => ({
  startMs: Number(row['start_ms']),
  ...(Object.fromEntries(ROW_WORDS.map((word, index) => [word, row[WORDS[index]!]])) as {
    readonly [W in (typeof ROW_WORDS)[number]]: string;
  }),
});
