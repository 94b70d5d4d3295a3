import assert from 'node:assert/strict';
import test from 'node:test';
import { simulatedDisk } from '../../../test/support/simulated-disk.ts';
import { simulatedWorld } from '../../world/simulated.ts';
import type { Verdict } from './backlog.ts';
import { createSpill } from './spill.ts';
import { createSpillingBacklog } from './spilling.ts';

/** A system that is away or there, and processes that send to it one after another over one disk. */
function machine({ bytesMax = 1_000_000 } = {}) {
  const world = simulatedWorld();
  const disk = simulatedDisk();
  const got: string[] = [];
  const changes: string[] = [];
  let away: boolean | 'unreachable' = false;
  const send = async (lines: readonly string[]): Promise<Verdict> => {
    if (away === 'unreachable') throw new Error('away');
    if (away) return { do: 'later', message: 'away' };
    got.push(...lines);
    return { do: 'done', refused: lines.filter((line) => line === 'bad').length };
  };
  const start = (mark: string) =>
    createSpillingBacklog<string>({
      world,
      spill: createSpill({ directory: 'spill', bytesMax, mark }, disk, world.now),
      batchMax: 2,
      flushMs: 1000,
      waitingMax: 4,
      linesOf: (batch) => batch,
      send,
      onChange: (state) => changes.push(state),
    });
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) {
      world.advance(100);
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    }
  }
  return {
    ...{ got, changes, disk, start, pass },
    files: () => [...disk.files.keys()].filter((name) => name.endsWith('.lines')),
    setAway: (next: typeof away) => {
      away = next;
    },
  };
}

test('batches wait on disk while the other system is away, and go in their order once it is back', async () => {
  const { got, changes, start, pass, files, setAway } = machine();
  const backlog = start('aaaaaaaa');
  for (const line of ['1', '2']) backlog.add(line);
  await pass(200);
  setAway(true);
  for (let line = 3; line <= 20; line += 1) {
    backlog.add(String(line));
    await pass(500);
  }
  assert.deepEqual([got, files().length > 4, backlog.dropped], [['1', '2'], true, 0]);
  setAway(false);
  for (const line of ['bad', '21']) backlog.add(line);
  await pass(60_000);
  assert.deepEqual(
    got.slice(0, 20),
    Array.from({ length: 20 }, (_, index) => String(index + 1)),
  );
  assert.deepEqual([files(), changes, backlog.waiting, backlog.dropped], [[], ['failing', 'recovered'], 0, 1]);
});

test('what a process left on disk is sent by the next', async () => {
  const { got, start, pass, files, setAway } = machine();
  setAway('unreachable');
  const first = start('aaaaaaaa');
  for (const line of ['1', '2', '3']) first.add(line);
  await pass(3_000);
  await first.close();
  assert.deepEqual([got, files().length], [[], 2]);
  setAway(false);
  start('bbbbbbbb');
  await pass(15_000);
  assert.deepEqual([got, files()], [['1', '2', '3'], []]);
});

test('beyond its bytes the oldest batches are let go and counted', async () => {
  const { got, start, pass, setAway } = machine({ bytesMax: 12 });
  setAway(true);
  const backlog = start('aaaaaaaa');
  for (let line = 10; line < 20; line += 1) {
    backlog.add(String(line));
    await pass(600);
  }
  await pass(2_000);
  setAway(false);
  await pass(60_000);
  assert.deepEqual([got, backlog.dropped], [['16', '17', '18', '19'], 6]);
});

test('where the disk takes none either they wait in memory', async () => {
  const { got, disk, start, pass, setAway } = machine();
  setAway(true);
  disk.fault = (operation) => (operation === 'append' ? { code: 'ENOSPC' } : undefined);
  const backlog = start('aaaaaaaa');
  for (const line of ['1', '2', '3']) backlog.add(line);
  await pass(3_000);
  setAway(false);
  await pass(60_000);
  assert.deepEqual([got, backlog.dropped], [['1', '2', '3'], 0]);
});
