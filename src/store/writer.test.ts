import assert from 'node:assert/strict';
import test from 'node:test';
import { type Database, DatabaseError, type Row, type Value } from './database.ts';
import { migrate } from './migrate.ts';
import { COLUMNS, pushRow, rowsIn } from './row.ts';
import { sqlite } from './sqlite.ts';
import { createWrite } from './write.ts';
import { createWriter } from './writer.ts';

const row = (callId: string, attempt: number | bigint | null = 1): Value[] => {
  const values: Value[] = [];
  pushRow(values, {
    callId,
    attempt: 1,
    last: true,
    reason: 'first',
    endedAtMs: 1_000,
    durationMs: 1,
    key: 'k',
    provider: 'p',
    requestedModel: 'm',
    model: 'm',
    dialectIn: 'openai-chat',
    dialectOut: 'openai-chat',
    channel: 'sync',
    outcome: 'ok',
    tokens: {},
    measured: 'reported',
    status: 'exact',
    cost: 5n as never,
    costFloor: 5n as never,
    priceVersion: 'v',
    losses: 0,
  });
  assert.equal(values.length, COLUMNS.length);
  values[COLUMNS.indexOf('attempt')] = attempt;
  return values;
};

/** A ledger in memory whose next transactions fail with the errors given. */
async function failingWith(errors: Error[]): Promise<Database> {
  const db = sqlite({ file: ':memory:', busyMs: 0 });
  await migrate(db);
  return {
    ...db,
    transaction: (work) => {
      const error = errors.shift();
      return error ? Promise.reject(error) : db.transaction(work);
    },
  };
}

const silent = { failing: () => undefined, recovered: () => undefined };

/** Rows as ordinary objects. */
const plain = async (rows: Promise<Row[]>) => (await rows).map((row) => ({ ...row }));

test('a full disk is waited out, longer each time, and nothing is lost or written twice', async () => {
  const full = new DatabaseError('database or disk is full', true);
  const db = await failingWith([full, full, full]);
  const told: string[] = [];
  const waits: number[] = [];
  const done = new Promise<void>((resolve) => {
    const write = createWriter(
      db,
      {
        failing: (message) => told.push(`failing: ${message}`),
        recovered: () => told.push('recovered'),
      },
      (ms, work) => {
        waits.push(ms);
        queueMicrotask(work);
      },
    );
    write({ rows: [row('a'), row('b')], written: (refused) => told.push(`first refused ${refused.length}`) });
    write({
      rows: [row('b'), row('c')],
      written(refused) {
        told.push(`second refused ${refused.length}`);
        resolve();
      },
    });
  });
  await done;
  assert.deepEqual(told, ['failing: database or disk is full', 'recovered', 'first refused 0', 'second refused 0']);
  assert.deepEqual(waits, [100, 200, 400]);
  assert.deepEqual(await plain(db.all('select sum(attempts) as attempts from usage_bucket where level = $1', ['day'])), [{ attempts: 3n }]);
});

test('a row the database refuses is lost alone', async () => {
  const db = await failingWith([]);
  const written = await new Promise((resolve) => {
    const write = createWriter(db, silent, () => undefined);
    write({
      rows: [row('a'), row('b', null), row('c')],
      written: (refused, message) => resolve({ refused, message }),
    });
  });
  assert.deepEqual(written, { refused: [1], message: 'NOT NULL constraint failed: usage_record.attempt' });
  assert.deepEqual(await plain(db.all('select call_id from usage_record join usage_kind on id = kind order by call_id')), [
    { call_id: 'a' },
    { call_id: 'c' },
  ]);
});

test('what rows have in common is written once by each writer', async () => {
  const db = await failingWith([]);
  const [first, second] = [createWrite(db), createWrite(db)];
  await first([row('a'), row('b')]);
  await first([row('c')]);
  await second([row('d')]);
  assert.deepEqual(await plain(db.all('select call_id, kind from usage_record join usage_kind on id = kind order by call_id')), [
    { call_id: 'a', kind: 1n },
    { call_id: 'b', kind: 1n },
    { call_id: 'c', kind: 1n },
    { call_id: 'd', kind: 2n },
  ]);
});

test('a row list is cut where its rows end', () => {
  assert.deepEqual(rowsIn([...row('a'), ...row('b')]), [row('a'), row('b')]);
});
