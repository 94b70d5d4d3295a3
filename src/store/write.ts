import { bucketDeltas, type Counted } from '../accounting/bucket.ts';
import { tagDeltas } from '../accounting/tag-bucket.ts';
import { bucketRows, tagBucketRows, USAGE_BUCKET, USAGE_TAG_BUCKET } from './bucket-row.ts';
import { chargeBudgets } from './budgets.ts';
import type { Database, Value } from './database.ts';
import { chargesIn, countedFrom, KIND_COLUMNS, USAGE_RECORD } from './row.ts';

const INSERT_KIND = `insert into usage_kind (${KIND_COLUMNS.join(', ')})
  values (${KIND_COLUMNS.map((_, index) => `$${index + 1}`).join(', ')}) returning id`;

/** Kinds remembered at once; callers cannot grow it without end by inventing features. */
const KINDS_MAX = 10_000;

type Rows = readonly (readonly Value[])[];

/** Writes rows and adds them to their buckets, all or nothing. An attempt already there changes neither. `relaxed`: as of a `Database`. */
export type Write = (rows: Rows, relaxed?: boolean) => Promise<void>;

/** `Write` for one database; remembers the numbers of kinds between batches. */
export function createWrite(db: Database): Write {
  const kinds: Kinds = new Map();
  return async (rows, relaxed = false) => {
    const work = (within: Database) => writeWithin(within, kinds, rows);
    try {
      await (relaxed ? db.relaxed(work) : db.transaction(work));
    } catch (error) {
      // Numbers given in it may have been rolled back.
      kinds.clear();
      throw error;
    }
  };
}

async function writeWithin(within: Database, kinds: Kinds, rows: Rows): Promise<void> {
  const keys = rows.map((row) => JSON.stringify(row.slice(0, KIND_COLUMNS.length)));
  await numberKinds(within, kinds, keys);
  const own = rows.map((row, index) => [kinds.get(keys[index]!)!, ...row.slice(KIND_COLUMNS.length)]);
  const isNew = await within.insert(USAGE_RECORD, own);
  const fresh = rows.filter((_, index) => isNew[index]);
  await addToBuckets(within, fresh.map(countedFrom));
  await chargeBudgets(within, fresh.flatMap(chargesIn));
}

/** Adds records to the buckets they belong to. */
async function addToBuckets(within: Database, records: readonly Counted[]): Promise<void> {
  await within.insert(USAGE_BUCKET, bucketRows(bucketDeltas(records)));
  await within.insert(USAGE_TAG_BUCKET, tagBucketRows(tagDeltas(records)));
}

/** Numbers of kinds by their columns' values as JSON. */
export type Kinds = Map<string, number>;

/** Gives each of the kinds a number, known ones the one they had; one forgotten meanwhile gets another. */
export async function numberKinds(within: Database, kinds: Kinds, keys: readonly string[]): Promise<void> {
  if (kinds.size > KINDS_MAX) kinds.clear();
  for (const key of new Set(keys)) {
    if (kinds.has(key)) continue;
    const [row] = await within.all(INSERT_KIND, JSON.parse(key) as Value[]);
    kinds.set(key, Number(row?.['id']));
  }
}
