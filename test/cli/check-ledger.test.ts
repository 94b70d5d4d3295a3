import assert from 'node:assert/strict';
import test from 'node:test';
import { KEEP } from '../../src/accounting/keep.ts';
import { ledgerChecks } from '../../src/cli/check-ledger.ts';
import { connect, placeOf } from '../../src/store/connect.ts';
import { migrate, refuseOtherTables } from '../../src/store/migrate.ts';
import { openStore } from '../../src/store/open-store.ts';
import { engines } from '../support/engines.ts';
import { noon, record, world } from '../support/records.ts';

for (const { name, skip, fresh } of engines()) {
  test(`${name}: doctor counts the rows of yesterday and today again`, { skip }, async () => {
    const place = await fresh();
    const { ledger, close } = await openStore(place, world);
    ledger.book([record('a', { feature: 'search' }), record('b', { endedAtMs: noon - 86_400_000 })]);
    await ledger.flush();
    await close();
    const check = async () =>
      (await ledgerChecks({ ...place, keep: KEEP }, noon)).map(({ what, verdict, detail }) => [what, verdict, detail]);

    const found = 'file' in place ? `${place.file} can be written` : `${placeOf(place)} answers`;
    assert.deepEqual(await check(), [
      ['ledger', 'good', found],
      ['ledger sums', 'good', 'those of yesterday and today equal their rows'],
    ]);

    const db = await connect(place);
    await db.all("update usage_bucket set attempts = attempts + 2, cost_micro = cost_micro - 1 where level = 'day' and feature = 'search'");
    await db.close();
    assert.deepEqual((await check())[1], [
      'ledger sums',
      'bad',
      '1 differ from their rows, the first for the day of 2026-11-20T00:00:00.000Z, feature "search", openai/gpt-6-sol: 2 attempts and $-0.000001 beyond',
    ]);
  });

  test(`${name}: tables that are not there are told from tables that cannot be read`, { skip }, async () => {
    const place = await fresh();
    const db = await connect(place);
    await assert.rejects(refuseOtherTables(db, placeOf(place)), {
      message: `${placeOf(place)} has no tables of Headgate's: a gateway makes them when it first starts`,
    });
    await migrate(db);
    await refuseOtherTables(db, placeOf(place));
    await db.all('alter table migration rename column number to other');
    await assert.rejects(refuseOtherTables(db, placeOf(place)), /^DatabaseError: the ledger .* cannot be read: .*column/);
    await db.close();
  });
}

test('a ledger in a folder that is not there is bad, a database of another make doubtful', async () => {
  const [engine] = engines();
  const place = await engine!.fresh();
  assert.equal('file' in place && (await ledgerChecks({ ...place, keep: KEEP }))[0]?.verdict, 'bad');
  const db = await connect(place);
  await db.all('create table something (n bigint)');
  await db.close();
  const [, sums] = await ledgerChecks({ ...place, keep: KEEP });
  assert.deepEqual(
    [sums?.verdict, sums?.detail],
    ['doubtful', `${placeOf(place)} has no tables of Headgate's: a gateway makes them when it first starts`],
  );
});
