import assert from 'node:assert/strict';
import test from 'node:test';
import { connect } from '../../src/store/connect.ts';
import { migrate } from '../../src/store/migrate.ts';
import { sweepPaces, takePaces } from '../../src/store/paces.ts';
import { engines } from '../support/engines.ts';

const NOON_MS = Date.UTC(2026, 10, 27, 12);
const pace = { perMinute: 60, burst: 50 };
const want = { name: 'requests key ci', pace, owed: 0, least: 1, most: 1, spare: 0 };

for (const { name, skip, fresh } of engines()) {
  test(`what several take of a pace at one moment is counted each, on ${name}`, { skip }, async (t) => {
    const location = await fresh();
    const dbs = [await connect(location)];
    await migrate(dbs[0]!);
    while (dbs.length < 4) dbs.push(await connect(location));
    t.after(() => Promise.all(dbs.map((db) => db.close())));
    const takes = Array.from({ length: 80 }, (_, index) => takePaces(dbs[index % 4]!, { nowMs: NOON_MS, wants: [want] }));
    const amounts = (await Promise.all(takes)).map(([grant]) => grant!.amount);
    assert.equal(
      amounts.reduce((sum, amount) => sum + amount, 0),
      50,
    );
  });

  test(`paces give what is left of what is wanted, take debts and take back, on ${name}`, { skip }, async (t) => {
    const db = await connect(await fresh());
    t.after(() => db.close());
    await migrate(db);
    const take = async (more: Partial<typeof want>, atMs = NOON_MS) =>
      (await takePaces(db, { nowMs: atMs, wants: [{ ...want, ...more }] }))[0]!;
    assert.deepEqual(await take({ most: 10, spare: 100 }), { amount: 16, dueMs: NOON_MS + 16_000 });
    assert.deepEqual(await take({ most: 100 }), { amount: 34, dueMs: NOON_MS + 50_000 });
    assert.deepEqual(await take({}), { amount: 0, dueMs: NOON_MS + 50_000 });
    assert.deepEqual(await take({ owed: 5, least: 0 }), { amount: 0, dueMs: NOON_MS + 55_000 });
    assert.deepEqual(await take({ owed: -7 }), { amount: 1, dueMs: NOON_MS + 49_000 });
    // More than may come at once is let through where nothing is owed.
    const later = NOON_MS + 49_000.5;
    assert.deepEqual(await take({ name: 'tokens key ci', least: 80, most: 80 }, later), { amount: 80, dueMs: later + 80_000 });
    await sweepPaces(db, { nowMs: NOON_MS + 60_000 });
    assert.deepEqual((await db.all('select name from pace')).map((row) => row['name']), ['tokens key ci']); // biome-ignore format: one thing
  });
}
