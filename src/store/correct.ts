import { bucketDeltas, subtract } from '../accounting/bucket.ts';
import type { Charge } from '../accounting/charge.ts';
import type { UsageRecord } from '../accounting/record.ts';
import { tagDeltas } from '../accounting/tag-bucket.ts';
import type { Money } from '../model/money.ts';
import { bucketRows, tagBucketRows, USAGE_BUCKET, USAGE_TAG_BUCKET } from './bucket-row.ts';
import { chargeBudgets } from './budgets.ts';
import type { Database, Value } from './database.ts';
import { COLUMNS, countedFrom, KIND_COLUMNS, OWN_COLUMNS, pushRow } from './row.ts';
import type { StoredRecord } from './scan.ts';
import { type Kinds, numberKinds } from './write.ts';

/** A row as it is and as it should be: the same attempt, with other figures. */
export interface Correction {
  readonly from: StoredRecord;
  readonly to: UsageRecord;
}

/**
 * Changes rows together with the sums and budgets they are part of, and keeps what they said before; all or
 * nothing. A row that somebody else changed since it was read stays as that one left it. Says which were changed.
 */
export type Correct = (corrections: readonly Correction[], nowMs: number) => Promise<readonly Correction[]>;

/** `Correct` for one database. */
export function createCorrect(db: Database): Correct {
  const kinds: Kinds = new Map();
  return async (corrections, nowMs) => {
    // Two that correct at once lock rows in one order.
    const ordered = corrections.toSorted((a, b) =>
      a.to.callId < b.to.callId ? -1 : a.to.callId > b.to.callId ? 1 : a.to.attempt - b.to.attempt,
    );
    try {
      return await db.transaction((within) => correctWithin(within, kinds, ordered, nowMs));
    } catch (error) {
      kinds.clear();
      throw error;
    }
  };
}

const CHANGED = OWN_COLUMNS.filter((column) => column !== 'call_id' && column !== 'attempt');
const UPDATE = `update usage_record set kind = $1, ${CHANGED.map((column, index) => `${column} = $${index + 2}`).join(', ')}
  where call_id = $${CHANGED.length + 2} and attempt = $${CHANGED.length + 3} and kind = $${CHANGED.length + 4} and cost_floor = $${CHANGED.length + 5}`;
const REMEMBER = `insert into usage_correction (call_id, attempt, number, corrected_ms, status, cost, cost_floor, price_version)
  values ($1, $2, (select count(*) + 1 from usage_correction where call_id = $1 and attempt = $2), $3, $4, $5, $6, $7)`;

async function correctWithin(
  within: Database,
  kinds: Kinds,
  corrections: readonly Correction[],
  nowMs: number,
): Promise<readonly Correction[]> {
  const rows = corrections.map(({ to }) => rowOf(to));
  const kindOf = (row: readonly Value[]) => JSON.stringify(row.slice(0, KIND_COLUMNS.length));
  await numberKinds(within, kinds, rows.map(kindOf));
  const changes = await within.many(
    UPDATE,
    corrections.map(({ from, to }, index) => {
      const row = rows[index]!;
      return [
        kinds.get(kindOf(row))!,
        ...CHANGED.map((column) => row[COLUMNS.indexOf(column)]!),
        ...[to.callId, to.attempt, from.kind, from.record.costFloor],
      ];
    }),
  );
  const changed = corrections.filter((_, index) => changes[index] === 1);
  await within.many(
    REMEMBER,
    changed.map(({ from: { record } }) => [
      ...[record.callId, record.attempt, nowMs, record.status, record.cost, record.costFloor, record.priceVersion],
    ]),
  );
  // The same attempts in the same order: their buckets stand in the same order too.
  const before = changed.map(({ from }) => countedFrom(rowOf(from.record)));
  const after = rows.filter((_, index) => changes[index] === 1).map(countedFrom);
  const [buckets, tagBuckets] = [bucketDeltas(before), tagDeltas(before)];
  const more = bucketDeltas(after).map((bucket, index) => ({ ...bucket, ...subtract(bucket, buckets[index]!) }));
  const moreByTag = tagDeltas(after).map((bucket, index) => ({ ...bucket, ...subtract(bucket, tagBuckets[index]!) }));
  await within.insert(USAGE_BUCKET, bucketRows(more));
  await within.insert(USAGE_TAG_BUCKET, tagBucketRows(moreByTag));
  await chargeBudgets(within, changed.flatMap(chargesOf));
  return changed;
}

function rowOf(record: UsageRecord): Value[] {
  const values: Value[] = [];
  pushRow(values, record);
  return values;
}

/** What the correction charges beyond what was charged, whoever set it aside. */
const chargesOf = ({ from, to }: Correction): Charge[] =>
  (to.charges ?? []).flatMap(({ account, amount }, index) => {
    const more = (amount - (from.record.charges?.[index]?.amount ?? 0n)) as Money;
    return more === 0n ? [] : [{ account, amount: more }];
  });
