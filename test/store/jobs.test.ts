import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Money } from '../../src/model/money.ts';
import {
  addChunk,
  chunkLines,
  chunkOfVendor,
  claimChunk,
  linesNamed,
  renewChunks,
  saveChunk,
  settleLines,
  soonestChunk,
  waitingLines,
} from '../../src/store/chunks.ts';
import { connect } from '../../src/store/connect.ts';
import { addFile, addPiece, dropFile, fileList, fileOf, filePiece, openFile, sweepFiles } from '../../src/store/files.ts';
import {
  addJob,
  addLines,
  cancelJob,
  dropJob,
  endJob,
  expireLines,
  jobList,
  jobOf,
  jobResults,
  jobsToTend,
  type NewJob,
  startJob,
  sweepJobs,
} from '../../src/store/jobs.ts';
import { migrate } from '../../src/store/migrate.ts';
import { type Engine, engines } from '../support/engines.ts';

async function database(t: TestContext, engine: Engine) {
  const db = await connect(await engine.fresh());
  t.after(() => db.close());
  await migrate(db);
  return db;
}

const job = (id: string, createdMs = 1): NewJob => ({
  id,
  caller: { key: 'team', feature: 'nightly', tags: { a: 'b' } },
  dialect: 'openai-chat',
  operation: 'generate',
  via: 'batch',
  settings: { metadata: { name: 'x' } },
  createdMs,
  expiresMs: createdMs + 1000,
});
const lines = (count: number) => Array.from({ length: count }, (_, line) => ({ line, customId: `c${line}`, body: `{"n":${line}}\0` }));

for (const engine of engines()) {
  const on = (name: string, work: (db: Awaited<ReturnType<typeof database>>) => Promise<void>) =>
    test(`${engine.name}: ${name}`, { skip: engine.skip }, async (t) => work(await database(t, engine)));

  async function started(db: Awaited<ReturnType<typeof database>>, id: string, count: number, createdMs = 1) {
    await addJob(db, job(id, createdMs));
    await addLines(db, { job: id, lines: lines(count) });
    await startJob(db, { id });
  }

  on('a job is there once it is started, for its owner alone', async (db) => {
    await addJob(db, job('j'));
    assert.equal(await jobOf(db, { id: 'j', owner: '' }), undefined);
    await addLines(db, { job: 'j', lines: [...lines(2), { line: 2, customId: 'bad', body: '', error: { status: 400, body: 'no' } }] });
    await startJob(db, { id: 'j' });
    const found = await jobOf(db, { id: 'j', owner: 'team' });
    assert.deepEqual(found, {
      ...job('j'),
      state: 'running',
      counts: { waiting: 2, sent: 0, succeeded: 0, errored: 1, cancelled: 0, expired: 0 },
      cost: 0n,
      syncCost: 0n,
    });
    assert.equal(await jobOf(db, { id: 'j', owner: 'other' }), undefined);
    assert.deepEqual(await jobsToTend(db, { nowMs: 2, most: 9 }), [found]);
  });

  on('lines go into a chunk once, and get one outcome', async (db) => {
    await started(db, 'j', 4);
    const chunk = { id: 'c', job: 'j', provider: 'p', model: '', dialect: 'openai-chat', key: 0 } as const;
    await addChunk(db, { chunk, lines: [0, 1, 2] });
    await addChunk(db, { chunk: { ...chunk, id: 'd' }, lines: [2, 3] });
    assert.deepEqual(
      (await chunkLines(db, { of: 'd', after: -1, most: 9 })).map(({ line }) => line),
      [3],
    );
    assert.deepEqual(await waitingLines(db, { of: 'j', after: -1, most: 9 }), []);
    assert.deepEqual(await linesNamed(db, { of: 'c', lines: [1, 3] }), [{ line: 1, customId: 'c1', tries: 0, body: '{"n":1}�' }]);
    const settle = (line: number, state: 'succeeded' | 'errored' | 'waiting', cost: bigint) =>
      settleLines(db, {
        chunk: 'c',
        job: 'j',
        lines: [{ line, state, status: 200, body: `${state} ${line}`, callId: `call ${line}`, cost, syncCost: cost * 2n }],
      });
    await settle(0, 'succeeded', 5n);
    await settle(0, 'errored', 7n);
    await settle(1, 'waiting', 0n);
    const { counts, cost, syncCost } = (await jobOf(db, { id: 'j', owner: '' }))!;
    assert.deepEqual(
      [counts, cost, syncCost],
      [{ waiting: 1, sent: 2, succeeded: 1, errored: 0, cancelled: 0, expired: 0 }, 5n as Money, 10n as Money],
    );
    assert.deepEqual(await jobResults(db, { job: 'j', after: -1, most: 9 }), [
      { line: 0, customId: 'c0', outcome: 'succeeded', status: 200, body: 'succeeded 0', callId: 'call 0', cost: 5n as Money },
    ]);
    const [asked] = await jobResults(db, { job: 'j', after: -1, most: 9, asked: true });
    assert.equal(asked!.asked, '{"n":0}�');
    assert.deepEqual(
      (await waitingLines(db, { of: 'j', after: -1, most: 9 })).map(({ tries }) => tries),
      [1],
    );
  });

  on('a chunk is looked after by one at a time, and by another once its lease is over', async (db) => {
    await started(db, 'j', 1);
    await addChunk(db, { chunk: { id: 'c', job: 'j', provider: 'p', model: 'm', dialect: 'anthropic-messages', key: 1 }, lines: [0] });
    const claim = (holder: string, nowMs: number) => claimChunk(db, { holder, nowMs, leaseMs: 100 });
    const chunk = (await claim('a', 1000))!;
    assert.deepEqual(chunk, {
      id: 'c',
      job: 'j',
      provider: 'p',
      model: 'm',
      dialect: 'anthropic-messages',
      key: 1,
      state: 'new',
      tries: 0,
    });
    assert.equal(await claim('b', 1050), undefined);
    await renewChunks(db, { holder: 'a', untilMs: 1200 });
    assert.equal(await claim('b', 1150), undefined);
    assert.equal(await soonestChunk(db, {}), 1200);
    assert.equal((await claim('b', 1201))?.id, 'c');
    const save = (holder: string) =>
      saveChunk(db, {
        chunk: { ...chunk, state: 'created', fileId: 'f', vendorId: 'v', begunMs: 5, tries: 2 },
        holder,
        dueMs: 3000,
        leaseMs: 0,
      });
    assert.deepEqual([await save('a'), await save('b')], [false, true]);
    assert.deepEqual([await claim('a', 2999), (await claim('a', 3000))?.vendorId], [undefined, 'v']);
    assert.deepEqual(
      [await chunkOfVendor(db, { provider: 'p', vendorId: 'v' }), await chunkOfVendor(db, { provider: 'q', vendorId: 'v' })],
      [true, false],
    );
  });

  on('a job ends when each line has its outcome; only then is it forgotten', async (db) => {
    await started(db, 'j', 2);
    assert.equal(await endJob(db, { id: 'j', holder: 'h', nowMs: 50 }), false);
    assert.equal(await dropJob(db, { id: 'j' }), false);
    assert.equal((await cancelJob(db, { id: 'j', owner: 'other', nowMs: 40 }))?.state, undefined);
    assert.deepEqual((await cancelJob(db, { id: 'j', owner: 'team', nowMs: 40 }))?.counts.cancelled, 2);
    assert.deepEqual(
      [await endJob(db, { id: 'j', holder: 'h', nowMs: 50 }), await endJob(db, { id: 'j', holder: 'h', nowMs: 60 })],
      [true, false],
    );
    const { state, cancelledMs, endedMs } = (await jobOf(db, { id: 'j', owner: '' }))!;
    assert.deepEqual([state, cancelledMs, endedMs], ['ended', 40, 50]);
    await sweepJobs(db, { endedBeforeMs: 50, openBeforeMs: 0 });
    assert.ok(await jobOf(db, { id: 'j', owner: '' }));
    await sweepJobs(db, { endedBeforeMs: 51, openBeforeMs: 0 });
    assert.equal(await jobOf(db, { id: 'j', owner: '' }), undefined);
    assert.deepEqual(await jobResults(db, { job: 'j', after: -1, most: 9 }), []);
  });

  on('what waits when its time is over expires', async (db) => {
    await started(db, 'j', 2);
    await expireLines(db, { job: 'j' });
    assert.equal((await jobOf(db, { id: 'j', owner: '' }))?.counts.expired, 2);
  });

  on('jobs are listed newest first, page by page, both ways', async (db) => {
    for (const [index, id] of ['a', 'b', 'c', 'd'].entries()) await started(db, id, 1, 10 + index);
    const page = async (query: Omit<Parameters<typeof jobList>[1], 'owner'>) => {
      const { jobs, more } = await jobList(db, { owner: 'team', ...query });
      return [jobs.map(({ id }) => id).join(''), more];
    };
    assert.deepEqual(await page({ limit: 3 }), ['dcb', true]);
    assert.deepEqual(await page({ limit: 3, before: 'b' }), ['a', false]);
    assert.deepEqual(await page({ limit: 2, after: 'a' }), ['cb', true]);
    assert.deepEqual(await page({ limit: 2, after: 'd' }), ['', false]);
    assert.deepEqual(await page({ limit: 2, before: 'nobody' }), ['', false]);
    assert.deepEqual((await jobList(db, { owner: 'other', limit: 9 })).jobs, []);
  });

  on('a file is there with all its pieces, for its owner alone, until its time is over', async (db) => {
    const file = { id: 'f', owner: 'team', purpose: 'batch', filename: 'a.jsonl', bytes: 6, createdMs: 1, expiresMs: 100 };
    await openFile(db, { id: 'f', owner: 'team', nowMs: 1 });
    await addPiece(db, { file: 'f', piece: 0, body: 'YWJj' });
    await addPiece(db, { file: 'f', piece: 1, body: 'ZGVm' });
    assert.equal(await fileOf(db, { id: 'f', owner: '' }), undefined);
    await addFile(db, file);
    assert.deepEqual(await fileOf(db, { id: 'f', owner: 'team' }), file);
    assert.equal(await fileOf(db, { id: 'f', owner: 'other' }), undefined);
    assert.deepEqual(await fileList(db, { owner: 'team', purpose: 'batch', limit: 1 }), { files: [file], more: false });
    assert.deepEqual((await fileList(db, { owner: 'team', purpose: 'vision', limit: 1 })).files, []);
    assert.deepEqual([await filePiece(db, { file: 'f', piece: 1 }), await filePiece(db, { file: 'f', piece: 2 })], ['ZGVm', undefined]);
    await sweepFiles(db, { nowMs: 100 });
    assert.ok(await fileOf(db, { id: 'f', owner: '' }));
    await sweepFiles(db, { nowMs: 101 });
    assert.equal(await dropFile(db, { id: 'f' }), false);
    assert.equal(await filePiece(db, { file: 'f', piece: 0 }), undefined);
  });
}
