import assert from 'node:assert/strict';
import test from 'node:test';
import type { Money } from '../../src/model/money.ts';
import type { Database } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { type InputOf, runTask, TASKS, type TaskName } from '../../src/store/tasks.ts';

/** What ends a text in SQL, a text in JSON, a pattern and a list of tags. */
const EVIL = `x'"; drop table usage_record; --%_!,]=$1`;
const account = { budget: EVIL, value: `user=${EVIL}`, startMs: 0, endMs: 1 };
const scope = { user: EVIL, 'tag:team': EVIL };
const key = { fingerprint: EVIL, period: EVIL };
const telling = { recipients: [EVIL], body: EVIL };
const where = { feature: EVIL, user: EVIL, model: EVIL, key: EVIL, provider: EVIL };

const job = {
  id: EVIL,
  caller: { key: EVIL, feature: EVIL },
  dialect: 'openai-chat',
  operation: 'generate',
  via: 'batch',
  onLoss: EVIL,
  settings: { [EVIL]: EVIL },
  createdMs: 1,
  expiresMs: 2,
} as const;
const chunk = { id: EVIL, job: EVIL, provider: EVIL, model: EVIL, dialect: 'openai-chat', key: 0 } as const;

/** Something hostile for everything that may be asked of the database, in every place for a text. */
const ASKED: readonly { readonly [N in TaskName]: readonly [task: N, input: InputOf<N>] }[TaskName][] = [
  ['usage', { fromMs: 0, toMs: 1, by: ['feature', `tag:${EVIL}`], where }],
  ['usage', { fromMs: 0, toMs: 86_400_000, by: ['feature', 'key'], where }],
  ['usage', { fromMs: 0, toMs: 86_400_000, by: [`tag:${EVIL}`], where: { [`tag:${EVIL}`]: EVIL } }],
  ['records', { callId: EVIL, where }],
  ['daySums', { days: [{ startMs: 0, endMs: 1 }], by: 'feature' }],
  ['holdBudgets', { holder: EVIL, wants: [{ account, scope, limit: 2n, need: 1n, welcome: 1n }], expiresMs: 9, nowMs: 0 }],
  ['budgetStates', { nowMs: 0, budgets: [{ name: EVIL, scope }] }],
  ['recountBudgets', { nowMs: 0, budgets: [{ name: EVIL, scope }] }],
  ['releaseBudgets', { holder: EVIL, amounts: [{ account, amount: 1n as Money }] }],
  ['renewHolds', { holder: EVIL, expiresMs: 9, nowMs: 0 }],
  ['sweepHolds', { nowMs: 99 }],
  ['takePaces', { nowMs: 0, wants: [{ name: EVIL, pace: { perMinute: 60, burst: 10 }, owed: 0, least: 1, most: 1, spare: 0 }] }],
  ['sweepPaces', { nowMs: 99 }],
  ['fireAlert', { ...key, ...telling, rule: EVIL, level: 1, atMs: 1 }],
  ['repeatAlert', { ...key, ...telling, atMs: 9, everyMs: 1 }],
  ['openAlerts', {}],
  ['claimLetters', { recipient: EVIL, nowMs: 9, leaseMs: 1, most: 9 }],
  ['settleLetter', { id: EVIL, outcome: 'later', dueMs: 9 }],
  ['waitingLetters', { most: 9 }],
  ['resolveAlert', { ...key, ...telling, atMs: 9, closes: true }],
  ['sweepAlerts', { beforeMs: 9 }],
  ['addKey', { id: EVIL, name: EVIL, sha256: EVIL, hint: EVIL, disabled: false, createdAtMs: 1, feature: EVIL, tags: { [EVIL]: EVIL } }],
  ['readKeys', { seen: undefined }],
  ['changeKey', { id: EVIL, change: { name: EVIL, feature: EVIL } }],
  ['rotateKey', { id: EVIL, sha256: EVIL, hint: EVIL, nowMs: 2, overlapMs: 1 }],
  ['touchKeys', [{ id: EVIL, atMs: 3 }]],
  ['keepTranscript', { callId: EVIL, endedMs: 1, request: EVIL, answer: EVIL, requestBytes: 1, answerBytes: 1 }],
  ['transcriptOf', { callId: EVIL }],
  ['addJob', job],
  ['addLines', { job: EVIL, lines: [{ line: 0, customId: EVIL, body: EVIL, error: { status: 400, body: EVIL } }] }],
  ['startJob', { id: EVIL }],
  ['jobOf', { id: EVIL, owner: EVIL }],
  ['jobList', { owner: EVIL, limit: 1, before: EVIL }],
  ['jobList', { owner: EVIL, limit: 1, after: EVIL }],
  ['addChunk', { chunk, lines: [0] }],
  ['claimChunk', { holder: EVIL, nowMs: 1, leaseMs: 1, but: [EVIL] }],
  ['saveChunk', { chunk: { ...chunk, state: 'created', fileId: EVIL, vendorId: EVIL, tries: 0 }, holder: EVIL, dueMs: 1, leaseMs: 1 }],
  ['soonestChunk', {}],
  ['renewChunks', { holder: EVIL, untilMs: 1 }],
  ['chunkOfVendor', { provider: EVIL, vendorId: EVIL }],
  ['chunkLines', { of: EVIL, after: -1, most: 1 }],
  ['waitingLines', { of: EVIL, after: -1, most: 1 }],
  ['linesNamed', { of: EVIL, lines: [1, 2] }],
  ['settleLines', { chunk: EVIL, job: EVIL, lines: [{ line: 0, state: 'succeeded', status: 200, body: EVIL, callId: EVIL, cost: 1n }] }],
  ['jobResults', { job: EVIL, after: -1, most: 1 }],
  ['jobResults', { job: EVIL, after: -1, most: 1, asked: true }],
  ['gatheringJob', { job: { ...job, id: `${EVIL}2`, onLoss: EVIL, gatherMs: 99, syncMs: 99, expiresMs: 99 }, soonestMs: 1 }],
  ['addDeferred', { job: `${EVIL}2`, caller: { key: EVIL }, body: EVIL, hook: EVIL, nowMs: 1 }],
  ['deferredCall', { job: `${EVIL}2`, line: 0, owner: EVIL }],
  ['claimHook', { nowMs: 1, leaseMs: 1 }],
  ['settleHook', { job: EVIL, line: 0, dueMs: 1 }],
  ['settleHook', { job: EVIL, line: 0 }],
  ['releaseJob', { holder: EVIL }],
  ['keepCacheReports', { reports: [{ feature: EVIL, target: EVIL, body: EVIL }], nowMs: 1 }],
  ['cacheReports', { sinceMs: 0 }],
  ['cancelJob', { id: EVIL, owner: EVIL, nowMs: 1 }],
  ['jobsToTend', { nowMs: 1, most: 1 }],
  ['nextMoment', { nowMs: 1 }],
  ['expireLines', { job: EVIL }],
  ['endJob', { id: EVIL, holder: EVIL, nowMs: 1 }],
  ['dropJob', { id: EVIL }],
  ['sweepJobs', { endedBeforeMs: 1, openBeforeMs: 1 }],
  ['openFile', { id: EVIL, owner: EVIL, nowMs: 1 }],
  ['addPiece', { file: EVIL, piece: 0, body: EVIL }],
  ['addFile', { id: EVIL, owner: EVIL, purpose: EVIL, filename: EVIL, bytes: 1, createdMs: 1, expiresMs: 2 }],
  ['fileOf', { id: EVIL, owner: EVIL }],
  ['fileList', { owner: EVIL, purpose: EVIL, limit: 1, after: EVIL }],
  ['filePiece', { file: EVIL, piece: 0 }],
  ['dropFile', { id: EVIL }],
  ['sweepFiles', { nowMs: 9 }],
];

/** The same database; every statement is also told. */
const overheard = (db: Database, told: (sql: string) => void): Database => ({
  words: db.words,
  all: (sql, params) => {
    told(sql);
    return db.all(sql, params);
  },
  insert: (into, rows) => {
    told(JSON.stringify(into));
    return db.insert(into, rows);
  },
  many: (sql, lists) => {
    told(sql);
    return db.many(sql, lists);
  },
  transaction: (work) => db.transaction((within) => work(overheard(within, told))),
  relaxed: (work) => db.relaxed((within) => work(overheard(within, told))),
  close: db.close,
});

test('whatever stands in the values, none of it stands in a statement', async () => {
  const db = await sqlite({ file: ':memory:', busyMs: 0 });
  await migrate(db);
  assert.deepEqual(new Set(ASKED.map(([task]) => task)), new Set(Object.keys(TASKS)));
  const statements: string[] = [];
  for (const [task, input] of ASKED)
    await runTask(
      overheard(db, (sql) => statements.push(sql)),
      task,
      input,
    );
  assert.deepEqual(
    statements.filter((sql) => /drop table|x'/.test(sql)),
    [],
  );
  assert.ok(statements.length > ASKED.length);
  assert.equal((await db.all('select count(*) as n from gateway_key where id = $1', [EVIL]))[0]!['n'], 1n);
  await db.close();
});
