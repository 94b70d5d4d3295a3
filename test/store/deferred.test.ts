import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { addChunk, chunkLines, settleLines } from '../../src/store/chunks.ts';
import { connect } from '../../src/store/connect.ts';
import type { Database } from '../../src/store/database.ts';
import { addDeferred, claimHook, deferredCall, gatheringJob, settleHook } from '../../src/store/deferred.ts';
import { dropJob, endJob, jobList, jobOf, jobsToTend, nextMoment } from '../../src/store/jobs.ts';
import { migrate } from '../../src/store/migrate.ts';
import { type Engine, engines } from '../support/engines.ts';

async function database(t: TestContext, engine: Engine) {
  const db = await connect(await engine.fresh());
  t.after(() => db.close());
  await migrate(db);
  return db;
}

/** At 1000, with a deadline at 7000: it gathers until 1100. */
const job = (id: string, more: object = {}) => ({
  id,
  caller: { key: 'team' },
  dialect: 'openai-chat' as const,
  operation: 'generate' as const,
  via: 'batch' as const,
  createdMs: 1000,
  expiresMs: 7000,
  gatherMs: 1100,
  syncMs: 6000,
  ...more,
});
const join = async (db: Database, id: string, more: object = {}, soonestMs = 5000) =>
  (await gatheringJob(db, { job: job(id, more), soonestMs })).id;
const add = (db: Database, id: string, user: string, nowMs = 1000, hook?: string) =>
  addDeferred(db, { job: id, caller: { key: 'team', user }, body: `{"of":"${user}"}`, nowMs, ...(hook && { hook }) });

/** Sends a line and gives it its answer. */
async function answer(db: Database, id: string, line: number): Promise<void> {
  const chunk = { id: `c${line}`, job: id, provider: 'p', model: '', dialect: 'openai-chat', key: 0 } as const;
  await addChunk(db, { chunk, lines: [line] });
  await settleLines(db, {
    chunk: chunk.id,
    job: id,
    lines: [{ line, state: 'succeeded', status: 200, body: '{}', callId: 'call', cost: 7n }],
  });
}

for (const engine of engines()) {
  const on = (name: string, work: (db: Database) => Promise<void>) =>
    test(`${engine.name}: ${name}`, { skip: engine.skip }, async (t) => work(await database(t, engine)));

  on('calls alike join one job while it gathers, if it answers in their time', async (db) => {
    assert.equal(await join(db, 'a'), 'a');
    assert.equal(await join(db, 'b'), 'a');
    assert.equal(await join(db, 'c', { dialect: 'openai-responses' }), 'c');
    assert.equal(await join(db, 'd', { caller: { key: 'other' } }), 'd');
    assert.equal(await join(db, 'e', { onLoss: 'allow' }), 'e');
    assert.equal(await join(db, 'f', { expiresMs: 6900 }), 'f', 'one that answers too late is not for it');
    assert.equal(await join(db, 'g', { expiresMs: 20_000 }, 15_000), 'g', 'nor one that answers much sooner');
    assert.equal(await join(db, 'h', { createdMs: 1100 }), 'h', 'nor one that gathers no more');
    assert.deepEqual((await jobList(db, { owner: '', limit: 9 })).jobs, [], 'none was handed in as a job');
  });

  on('a call has its place in the job, its own account, and its answer', async (db) => {
    await join(db, 'a');
    assert.deepEqual([await add(db, 'a', 'ann'), await add(db, 'a', 'bob')], [0, 1]);
    assert.equal(await add(db, 'a', 'late', 1100), undefined);
    const { counts, gatherMs, syncMs } = (await jobOf(db, { id: 'a', owner: 'team' }))!;
    assert.deepEqual([counts.waiting, gatherMs, syncMs], [2, 1100, 6000]);
    const chunk = { id: 'c', job: 'a', provider: 'p', model: '', dialect: 'openai-chat', key: 0 } as const;
    await addChunk(db, { chunk, lines: [0, 1] });
    const errands = await chunkLines(db, { of: 'c', after: -1, most: 9 });
    assert.deepEqual(
      errands.map(({ caller, body }) => [caller, body]),
      [
        [{ key: 'team', user: 'ann' }, '{"of":"ann"}'],
        [{ key: 'team', user: 'bob' }, '{"of":"bob"}'],
      ],
    );
    const kept = { dialect: 'openai-chat', createdMs: 1000, expiresMs: 7000, asked: '{"of":"bob"}' };
    assert.deepEqual(await deferredCall(db, { job: 'a', line: 1, owner: 'team' }), { ...kept, state: 'sent' });
    await settleLines(db, {
      chunk: 'c',
      job: 'a',
      lines: [{ line: 1, state: 'succeeded', status: 200, body: 'yes', callId: 'call', cost: 7n }],
    });
    assert.deepEqual(await deferredCall(db, { job: 'a', line: 1, owner: '' }), {
      ...kept,
      state: 'succeeded',
      status: 200,
      body: 'yes',
      callId: 'call',
      cost: 7n,
    });
    assert.equal(await deferredCall(db, { job: 'a', line: 1, owner: 'other' }), undefined);
    assert.equal(await deferredCall(db, { job: 'a', line: 2, owner: '' }), undefined);
  });

  on('a job that gathers does not end, however empty', async (db) => {
    await join(db, 'a');
    const end = (nowMs: number) => endJob(db, { id: 'a', holder: 'h', nowMs });
    assert.equal(await end(1099), false);
    assert.equal(await end(1100), true);
  });

  on('a job is tended once it gathers no more, and while it has lines to send or none to wait for', async (db) => {
    await join(db, 'a');
    await add(db, 'a', 'ann');
    const tended = async (nowMs: number) => (await jobsToTend(db, { nowMs, most: 9 })).map(({ id }) => id);
    assert.deepEqual([await tended(1099), await nextMoment(db, { nowMs: 1099 })], [[], 1100]);
    assert.deepEqual([await tended(1100), await nextMoment(db, { nowMs: 1100 })], [['a'], 6000]);
    const chunk = { id: 'c', job: 'a', provider: 'p', model: '', dialect: 'openai-chat', key: 0 } as const;
    await addChunk(db, { chunk, lines: [0] });
    assert.deepEqual(await tended(1100), []);
    await settleLines(db, { chunk: 'c', job: 'a', lines: [{ line: 0, state: 'errored' }] });
    assert.deepEqual(await tended(1100), ['a']);
    await endJob(db, { id: 'a', holder: 'h', nowMs: 1100 });
    assert.deepEqual([await tended(1100), await nextMoment(db, { nowMs: 6000 })], [[], undefined]);
  });

  on('a webhook is told once there is an answer, by one at a time, until it was told', async (db) => {
    await join(db, 'a');
    await add(db, 'a', 'ann', 1000, 'ours');
    await add(db, 'a', 'bob', 1000);
    const claim = (nowMs: number) => claimHook(db, { nowMs, leaseMs: 50 });
    assert.equal(await claim(2000), undefined, 'there is no answer yet');
    await answer(db, 'a', 0);
    await answer(db, 'a', 1);
    assert.deepEqual(await claim(2000), { job: 'a', line: 0, hook: 'ours', tries: 0 });
    assert.equal(await claim(2049), undefined);
    assert.equal((await claim(2050))!.tries, 1);
    await settleHook(db, { job: 'a', line: 0, dueMs: 9000 });
    assert.equal(await claim(8999), undefined);
    assert.equal((await claim(9000))!.tries, 2);
    await settleHook(db, { job: 'a', line: 0 });
    assert.equal(await claim(99_999), undefined);
  });

  on('a job is forgotten with whom to tell of it', async (db) => {
    await join(db, 'a');
    await add(db, 'a', 'ann', 1000, 'ours');
    await answer(db, 'a', 0);
    await endJob(db, { id: 'a', holder: 'h', nowMs: 2000 });
    assert.equal(await dropJob(db, { id: 'a' }), true);
    assert.equal(await claimHook(db, { nowMs: 99_999, leaseMs: 1 }), undefined);
  });
}
