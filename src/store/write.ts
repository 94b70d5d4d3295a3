import { bucketDeltas } from '../accounting/bucket.ts';
import { BUCKET_KEY, BUCKET_SUMS, COUNTED, MICRO } from './bucket-row.ts';
import type { Database, Value } from './database.ts';
import { countedFrom, KIND_COLUMNS, OWN_COLUMNS } from './row.ts';

const insert = (table: string, columns: readonly string[]): string =>
  `insert into ${table} (${columns.join(', ')}) values (${columns.map((_, index) => `$${index + 1}`).join(', ')})`;

const INSERT = `${insert('usage_record', ['kind', ...OWN_COLUMNS])} on conflict (call_id, attempt) do nothing`;
const NEWEST_KIND = 'select coalesce(max(id), 0) as newest from usage_kind';
const INSERT_KIND = insert('usage_kind', ['id', ...KIND_COLUMNS]);

const ADD = `${insert('usage_bucket', [...BUCKET_KEY, ...BUCKET_SUMS])}
  on conflict (${BUCKET_KEY.join(', ')}) do update set
  ${BUCKET_SUMS.map((sum) => `${sum} = usage_bucket.${sum} + excluded.${sum}`).join(', ')}`;

/** Kinds remembered at once; callers cannot grow it without end by inventing features. */
const KINDS_MAX = 10_000;

type Rows = readonly (readonly Value[])[];

/** Writes rows and adds them to their buckets, all or nothing. An attempt already there changes neither. */
export type Write = (rows: Rows) => Promise<void>;

/** `Write` for one database; remembers the numbers of kinds between batches. */
export function createWrite(db: Database): Write {
  const kinds = new Map<string, number>();
  return async (rows) => {
    try {
      await db.transaction((within) => writeWithin(within, kinds, rows));
    } catch (error) {
      // Numbers given in it may have been rolled back.
      kinds.clear();
      throw error;
    }
  };
}

async function writeWithin(within: Database, kinds: Map<string, number>, rows: Rows): Promise<void> {
  const keys = rows.map((row) => JSON.stringify(row.slice(0, KIND_COLUMNS.length)));
  await number(within, kinds, new Set(keys));
  const own = rows.map((row, index) => [kinds.get(keys[index]!)!, ...row.slice(KIND_COLUMNS.length)]);
  const changes = await within.many(INSERT, own);
  const fresh = rows.filter((_, index) => changes[index] !== 0);
  const buckets = bucketDeltas(fresh.map(countedFrom)).map((bucket) => [
    ...[bucket.level, bucket.startMs, bucket.feature, bucket.user, bucket.model, bucket.key, bucket.provider],
    ...COUNTED.map((sum) => bucket[sum]),
    ...[bucket.cost / MICRO, bucket.cost % MICRO],
  ]);
  await within.many(ADD, buckets);
}

/** Gives each of the kinds a number, known ones the one they had; one forgotten meanwhile gets another. */
async function number(within: Database, kinds: Map<string, number>, keys: ReadonlySet<string>): Promise<void> {
  if (kinds.size > KINDS_MAX) kinds.clear();
  const fresh = [...keys].filter((key) => !kinds.has(key));
  if (fresh.length === 0) return;
  const [row] = await within.all(NEWEST_KIND);
  const newest = Number(row?.['newest']);
  await within.many(
    INSERT_KIND,
    fresh.map((key, index) => [newest + 1 + index, ...(JSON.parse(key) as Value[])]),
  );
  for (const [index, key] of fresh.entries()) kinds.set(key, newest + 1 + index);
}
