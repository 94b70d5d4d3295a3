import assert from 'node:assert/strict';
import test from 'node:test';
import type { UsageRecord } from '../../src/accounting/record.ts';
import { audit } from '../../src/store/audit.ts';
import { connect } from '../../src/store/connect.ts';
import { createCorrect } from '../../src/store/correct.ts';
import type { Database, Value } from '../../src/store/database.ts';
import type { UsageQuery } from '../../src/store/ledger.ts';
import { migrate } from '../../src/store/migrate.ts';
import { pushRow, rowsIn } from '../../src/store/row.ts';
import { scan } from '../../src/store/scan.ts';
import { usage } from '../../src/store/usage.ts';
import { createWrite } from '../../src/store/write.ts';
import { type Chance, chance } from '../support/chance.ts';
import { engines } from '../support/engines.ts';
import { randomRecord } from '../support/random-records.ts';
import { money, noon } from '../support/records.ts';
import { recount, sorted } from '../support/recount.ts';

/** A day of 25 hours in Berlin within. `EVENTS=1000000` for the full measure. */
const span = { fromMs: Date.parse('2026-10-24T00:00Z'), toMs: Date.parse('2026-10-27T00:00Z') };
const EVENTS = Number(process.env['EVENTS'] ?? (process.env['CI'] ? 100_000 : 10_000));

for (const { name, skip, fresh } of engines()) {
  test(`${name}: after events in any order, late ones, repeats and corrections, sums equal a full recount`, { skip }, async () => {
    const luck = chance(6);
    const db = await connect(await fresh());
    await migrate(db);
    const write = createWrite(db);
    const events = name === 'SQLite' ? EVENTS : EVENTS / 5;
    const records: UsageRecord[] = [];
    while (records.length < events) {
      const batch = Array.from({ length: 1_000 }, (_, index) => randomRecord(luck, records.length + index, span));
      // Some come again, as after a crash.
      await write(rowsOf([...batch, luck.of(batch), ...(records.length > 0 ? [luck.of(records)] : [])]));
      records.push(...batch);
    }
    assert.deepEqual(await audit(db, span), []);
    const corrected = await correctSome(db, records, luck);

    const queries: readonly UsageQuery[] = [
      { ...span, every: 'hour', by: ['feature', 'user', 'model', 'key', 'provider'] },
      { ...span, every: 'day', by: ['feature', 'user', 'model', 'key', 'provider'] },
      {
        zone: 'Europe/Berlin',
        every: 'day',
        by: ['model'],
        fromMs: Date.parse('2026-10-24T22:00Z'),
        toMs: Date.parse('2026-10-25T23:00Z'),
      },
      { ...span, every: 'day', by: ['tag:team'], where: { 'tag:team': 'a' } },
    ];
    for (const query of queries) assert.deepEqual(sorted(await usage(db, query)), sorted(recount(corrected, query)));
    assert.deepEqual(await audit(db, span), []);
    await db.close();
  });

  test(`${name}: a sum that differs from its rows is found`, { skip }, async () => {
    const db = await connect(await fresh());
    await migrate(db);
    const luck = chance(1);
    await createWrite(db)(rowsOf(Array.from({ length: 50 }, (_, number) => randomRecord(luck, number, span))));
    await db.all(
      "update usage_bucket set cost_pico = cost_pico + 1 where level = 'day' and start_ms = (select min(start_ms) from usage_bucket where level = 'day')",
    );
    const found = await audit(db, span);
    assert.ok(found.length > 0);
    assert.deepEqual(
      new Set(
        found.map(
          ({ level, startMs, beyond }) => `${level} ${new Date(startMs).toISOString().slice(0, 10)} ${beyond.calls} ${beyond.cost}`,
        ),
      ),
      new Set(['day 2026-10-24 0 1']),
    );
    await db.close();
  });
}

/** Gives one row in ten other figures, some twice, and says what the ledger must hold then. */
async function correctSome(db: Database, records: readonly UsageRecord[], luck: Chance): Promise<UsageRecord[]> {
  const byKey = new Map(records.map((record) => [`${record.callId} ${record.attempt}`, record]));
  const correct = createCorrect(db);
  for (let round = 0; round < 2; round += 1) {
    for await (const page of await scan(db, span)) {
      const corrections = page
        .filter(() => luck.upTo(10) === 0)
        .map((from) => {
          const floor = money(BigInt(luck.upTo(2 ** 31)) * 1_000_003n);
          const isPriced = luck.upTo(3) > 0;
          const tokens = { ...from.record.tokens, output: luck.upTo(1_000) + 1 };
          const to: UsageRecord = {
            ...from.record,
            tokens,
            costFloor: floor,
            cost: isPriced ? floor : null,
            status: isPriced ? 'exact' : 'partial',
            priceVersion: `v${round}`,
          };
          return { from, to };
        });
      const changed = await correct(corrections, noon);
      assert.equal(changed.length, corrections.length);
      for (const { to } of changed) byKey.set(`${to.callId} ${to.attempt}`, to);
      // What was read before is no longer what is there: nothing changes.
      assert.deepEqual(await correct(corrections, noon), []);
    }
  }
  return [...byKey.values()];
}

function rowsOf(records: readonly UsageRecord[]): Value[][] {
  const values: Value[] = [];
  for (const record of records) pushRow(values, record);
  return rowsIn(values);
}
