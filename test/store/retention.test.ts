import assert from 'node:assert/strict';
import test from 'node:test';
import { KEEP } from '../../src/accounting/keep.ts';
import { cacheReports, keepCacheReports } from '../../src/store/cache-reports.ts';
import { connect } from '../../src/store/connect.ts';
import type { Database, Value } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openStore } from '../../src/store/open-store.ts';
import { sweep } from '../../src/store/retention.ts';
import { pushRow, rowsIn } from '../../src/store/row.ts';
import { keepTranscript, transcriptOf } from '../../src/store/transcripts.ts';
import { createWrite } from '../../src/store/write.ts';
import { engines } from '../support/engines.ts';
import { noon, record, world } from '../support/records.ts';

const DAY_MS = 86_400_000;

/** `count` rows that ended so many days before `noon`. */
function rows(count: number, daysAgo: number): Value[][] {
  const values: Value[] = [];
  for (let index = 0; index < count; index += 1) {
    pushRow(values, record(`call_${daysAgo}_${index}`, { endedAtMs: noon - daysAgo * DAY_MS, tags: { team: 'a' } }));
  }
  return rowsIn(values);
}

const left = async (db: Database) => {
  const counts = await db.all(`
    select 'records' as what, ended_ms as at_ms, count(*) as count from usage_record group by ended_ms
    union all select level, start_ms, sum(attempts) from usage_bucket group by level, start_ms
    union all select 'tags by ' || level, start_ms, sum(attempts) from usage_tag_bucket group by level, start_ms
    order by 1, 2`);
  return counts.map((row) => `${row['what']} of ${Math.floor((noon - Number(row['at_ms'])) / DAY_MS)} days ago: ${row['count']}`);
};

for (const { name, skip, fresh } of engines()) {
  test(`${name}: what is older than it is kept goes, and sums by day stay`, { skip }, async () => {
    const db = await connect(await fresh());
    await migrate(db);
    const write = createWrite(db);
    for (const daysAgo of [1, 3, 100, 500]) await write(rows(2, daysAgo));
    await sweep(db, KEEP, noon);
    assert.deepEqual(await left(db), [
      ...['day of 500 days ago: 2', 'day of 100 days ago: 2', 'day of 3 days ago: 2', 'day of 1 days ago: 2'],
      ...['hour of 3 days ago: 2', 'hour of 1 days ago: 2', 'minute of 1 days ago: 2'],
      ...['records of 3 days ago: 2', 'records of 1 days ago: 2'],
      ...['tags by day of 100 days ago: 2', 'tags by day of 3 days ago: 2', 'tags by day of 1 days ago: 2'],
      ...['tags by hour of 3 days ago: 2', 'tags by hour of 1 days ago: 2'],
    ]);
    await sweep(db, { recordsMs: 2 * DAY_MS, minutesMs: 0, hoursMs: Number.POSITIVE_INFINITY, tagsMs: 0, transcriptsMs: 0 }, noon);
    assert.deepEqual(
      (await left(db)).filter((line) => !line.startsWith('day')),
      ['hour of 3 days ago: 2', 'hour of 1 days ago: 2', 'records of 1 days ago: 2'],
    );
    await db.close();
  });

  test(`${name}: what was learnt of caching goes with the rows it was learnt from`, { skip }, async () => {
    const db = await connect(await fresh());
    await migrate(db);
    for (const daysAgo of [89, 91]) {
      const reports = [{ feature: `${daysAgo} days ago`, target: 'openai/gpt-6-sol', body: `"${daysAgo}"` }];
      await keepCacheReports(db, { reports, nowMs: noon - daysAgo * DAY_MS });
    }
    await sweep(db, KEEP, noon);
    assert.deepEqual(await cacheReports(db, { sinceMs: 0 }), ['"89"']);
    await db.close();
  });

  test(`${name}: transcripts go after a week, and the first that was kept stays`, { skip }, async () => {
    const db = await connect(await fresh());
    await migrate(db);
    const said = { request: '{"a":"\\u0000"}', answer: 'cut \0 off', requestBytes: 14, answerBytes: 70_000 };
    for (const daysAgo of [3, 9]) await keepTranscript(db, { callId: `${daysAgo} days ago`, endedMs: noon - daysAgo * DAY_MS, ...said });
    await keepTranscript(db, { callId: '3 days ago', endedMs: noon, ...said, answer: 'again' });
    await sweep(db, KEEP, noon);
    assert.deepEqual(await transcriptOf(db, { callId: '3 days ago' }), {
      ...{ callId: '3 days ago', endedMs: noon - 3 * DAY_MS, ...said },
      answer: 'cut \ufffd off',
    });
    assert.equal(await transcriptOf(db, { callId: '9 days ago' }), undefined);
    await db.close();
  });

  test(`${name}: old rows go a few at a time, and new ones get their turn in between`, { skip }, async () => {
    const db = await connect(await fresh());
    await migrate(db);
    const write = createWrite(db);
    await write(rows(1_200, 100));
    const deleted: number[] = [];
    const turns: Promise<void>[] = [];
    const watched: Database = {
      ...db,
      async many(sql, lists) {
        const changes = await db.many(sql, lists);
        if (sql.includes('from usage_record')) deleted.push(...changes);
        turns.push(write(rows(1, deleted.length)));
        return changes;
      },
    };
    await sweep(watched, KEEP, noon);
    await Promise.all(turns);
    assert.deepEqual(deleted, [500, 500, 200]);
    assert.deepEqual(
      (await left(db)).filter((line) => line.startsWith('records')),
      ['records of 3 days ago: 1', 'records of 2 days ago: 1', 'records of 1 days ago: 1'],
    );
    await db.close();
  });

  test(`${name}: a store sweeps by itself`, { skip }, async () => {
    const place = await fresh();
    const { ledger, close } = await openStore({ ...place, keep: { ...KEEP, recordsMs: DAY_MS } }, world);
    ledger.book([record('old', { endedAtMs: noon - 2 * DAY_MS })]);
    await ledger.flush();
    // The first batch had the sweep begin; closing waits for its turn behind it.
    await close();
    const again = await openStore(place, world);
    assert.deepEqual(await again.ledger.records({}), []);
    await again.close();
  });
}
