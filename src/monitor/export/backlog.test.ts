import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { simulatedWorld } from '../../world/simulated.ts';
import { type BacklogOptions, createBacklog, type Verdict } from './backlog.ts';

const TAKEN: Verdict = { do: 'done', refused: 0 };

/** A backlog whose far side answers as told, in a world whose time is told to pass. */
function backlogTo(answer: (batch: readonly number[]) => Verdict | Error, options: Partial<BacklogOptions<number>> = {}) {
  const world = simulatedWorld();
  const sent: (readonly number[])[] = [];
  const changes: string[] = [];
  const backlog = createBacklog<number>({
    world,
    batchMax: 3,
    flushMs: 1000,
    waitingMax: 10,
    onChange: (state) => changes.push(state),
    prepare: (batch) => async () => {
      sent.push(batch);
      const verdict = answer(batch);
      if (verdict instanceof Error) throw verdict;
      return verdict;
    },
    ...options,
  });
  const pass = async (ms: number) => {
    world.advance(ms);
    for (let turn = 0; turn < 5; turn += 1) await setImmediate();
  };
  return { backlog, sent, changes, pass };
}

test('things wait for others for a while, a full batch goes at once', async () => {
  const { backlog, sent, pass } = backlogTo(() => TAKEN);
  backlog.add(1);
  await pass(999);
  assert.deepEqual(sent, []);
  await pass(1);
  for (const item of [2, 3, 4, 5]) backlog.add(item);
  await pass(0);
  assert.deepEqual([sent, backlog.waiting], [[[1], [2, 3, 4]], 1]);
  await pass(1000);
  assert.deepEqual([sent, backlog.waiting, backlog.dropped], [[[1], [2, 3, 4], [5]], 0, 0]);
});

test('what is not taken is sent again as it was, after longer and longer waits, before anything else', async () => {
  let away = true;
  const { backlog, sent, changes, pass } = backlogTo(() => (away ? new Error('connection refused') : TAKEN));
  for (const item of [1, 2, 3, 4]) backlog.add(item);
  await pass(0);
  await pass(500);
  await pass(1000);
  const tries = sent.length;
  away = false;
  await pass(30_000);
  await pass(1000);
  assert.deepEqual(tries, 3);
  assert.deepEqual(sent.slice(tries - 1), [[1, 2, 3], [1, 2, 3], [4]]);
  assert.deepEqual([changes, backlog.waiting, backlog.dropped], [['failing', 'recovered'], 0, 0]);
});

test('of more than may wait, the oldest are let go and counted', async () => {
  const { backlog, pass } = backlogTo(() => ({ do: 'later', message: '503' }));
  for (let item = 0; item < 20; item += 1) {
    backlog.add(item);
    await pass(0);
  }
  assert.ok(backlog.waiting <= 13, `${backlog.waiting} wait`);
  assert.equal(backlog.waiting + backlog.dropped, 20);
});

test('what is refused for good is counted as dropped', async () => {
  const { backlog, pass } = backlogTo((batch) => ({ do: 'done', refused: batch.filter((item) => item % 2 === 1).length }));
  for (const item of [1, 2, 3]) backlog.add(item);
  await pass(0);
  assert.deepEqual([backlog.waiting, backlog.dropped], [0, 2]);
});

test('closing sends what waits, and lets go of it when the far side is away', async () => {
  const up = backlogTo(() => TAKEN);
  for (const item of [1, 2, 3, 4]) up.backlog.add(item);
  await up.backlog.close();
  assert.deepEqual([up.sent, up.backlog.dropped], [[[1, 2, 3], [4]], 0]);

  const down = backlogTo(() => new Error('gone'));
  for (const item of [1, 2, 3, 4]) down.backlog.add(item);
  await down.backlog.close();
  assert.deepEqual([down.backlog.waiting, down.backlog.dropped], [0, 4]);
});
