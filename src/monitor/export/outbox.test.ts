import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { simulatedWorld } from '../../world/simulated.ts';
import { createOutbox, type OutboxOptions, type Verdict } from './outbox.ts';

const TAKEN: Verdict = { do: 'done', refused: 0 };

/** An outbox whose far side answers as told, in a world whose time is told to pass. */
function outboxTo(answer: (batch: readonly number[]) => Verdict | Error, options: Partial<OutboxOptions<number>> = {}) {
  const world = simulatedWorld();
  const sent: (readonly number[])[] = [];
  const changes: string[] = [];
  const outbox = createOutbox<number>({
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
  return { outbox, sent, changes, pass };
}

test('things wait for others for a while, a full batch goes at once', async () => {
  const { outbox, sent, pass } = outboxTo(() => TAKEN);
  outbox.add(1);
  await pass(999);
  assert.deepEqual(sent, []);
  await pass(1);
  for (const item of [2, 3, 4, 5]) outbox.add(item);
  await pass(0);
  assert.deepEqual([sent, outbox.waiting], [[[1], [2, 3, 4]], 1]);
  await pass(1000);
  assert.deepEqual([sent, outbox.waiting, outbox.dropped], [[[1], [2, 3, 4], [5]], 0, 0]);
});

test('what is not taken is sent again as it was, after longer and longer waits, before anything else', async () => {
  let away = true;
  const { outbox, sent, changes, pass } = outboxTo(() => (away ? new Error('connection refused') : TAKEN));
  for (const item of [1, 2, 3, 4]) outbox.add(item);
  await pass(0);
  await pass(500);
  await pass(1000);
  const tries = sent.length;
  away = false;
  await pass(30_000);
  await pass(1000);
  assert.deepEqual(tries, 3);
  assert.deepEqual(sent.slice(tries - 1), [[1, 2, 3], [1, 2, 3], [4]]);
  assert.deepEqual([changes, outbox.waiting, outbox.dropped], [['failing', 'recovered'], 0, 0]);
});

test('of more than may wait, the oldest are let go and counted', async () => {
  const { outbox, pass } = outboxTo(() => ({ do: 'later', message: '503' }));
  for (let item = 0; item < 20; item += 1) {
    outbox.add(item);
    await pass(0);
  }
  assert.ok(outbox.waiting <= 13, `${outbox.waiting} wait`);
  assert.equal(outbox.waiting + outbox.dropped, 20);
});

test('what is refused for good is counted as dropped', async () => {
  const { outbox, pass } = outboxTo((batch) => ({ do: 'done', refused: batch.filter((item) => item % 2 === 1).length }));
  for (const item of [1, 2, 3]) outbox.add(item);
  await pass(0);
  assert.deepEqual([outbox.waiting, outbox.dropped], [0, 2]);
});

test('closing sends what waits, and lets go of it when the far side is away', async () => {
  const up = outboxTo(() => TAKEN);
  for (const item of [1, 2, 3, 4]) up.outbox.add(item);
  await up.outbox.close();
  assert.deepEqual([up.sent, up.outbox.dropped], [[[1, 2, 3], [4]], 0]);

  const down = outboxTo(() => new Error('gone'));
  for (const item of [1, 2, 3, 4]) down.outbox.add(item);
  await down.outbox.close();
  assert.deepEqual([down.outbox.waiting, down.outbox.dropped], [0, 4]);
});
