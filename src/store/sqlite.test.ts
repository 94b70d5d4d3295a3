import assert from 'node:assert/strict';
import test from 'node:test';
import { DatabaseError, type Row } from './database.ts';
import { sqlite } from './sqlite.ts';

/** Rows as ordinary objects. */
const plain = async (rows: Promise<Row[]>) => (await rows).map((row) => ({ ...row }));

test('placeholders are numbered, may repeat and come in any order', async () => {
  const db = sqlite({ file: ':memory:', busyMs: 0 });
  assert.deepEqual(await plain(db.all('select $2 as b, $1 as a, $2 as again', ['one', 'two'])), [{ b: 'two', a: 'one', again: 'two' }]);
  await db.close();
});

test('a transaction that throws leaves nothing behind, and others wait for its end', async () => {
  const db = sqlite({ file: ':memory:', busyMs: 0 });
  await db.all('create table t (n bigint)');
  const broken = db.transaction(async (within) => {
    await within.all('insert into t values ($1)', [1]);
    throw new Error('no');
  });
  const after = db.all('select count(*) as n from t');
  await assert.rejects(broken, /^Error: no$/);
  assert.deepEqual(await plain(after), [{ n: 0n }]);
  assert.deepEqual(await db.many('insert into t values ($1)', [[2], [3]]), [1, 1]);
  await db.close();
});

test('a full disk is trouble that may pass, a bad statement is not', async () => {
  const db = sqlite({ file: ':memory:', busyMs: 0 });
  await db.all('create table t (s text)');
  await db.all('pragma max_page_count = 2');
  await assert.rejects(
    db.all('insert into t values ($1)', ['x'.repeat(100_000)]),
    (error) => error instanceof DatabaseError && error.passing,
  );
  await assert.rejects(db.all('select nothing from nowhere'), (error) => error instanceof DatabaseError && !error.passing);
  await db.close();
});
