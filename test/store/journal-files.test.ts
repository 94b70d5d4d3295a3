import assert from 'node:assert/strict';
import { globSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { openStore } from '../../src/store/open-store.ts';
import { realDisk } from '../../src/store/real-disk.ts';
import type { World } from '../../src/world/world.ts';
import { record, world } from '../support/records.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'headgate-journal-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const segments = (directory: string) => globSync('*/*.journal', { cwd: directory });
const callIds = (records: readonly { callId: string }[]) => records.map(({ callId }) => callId);

test('a thread that dies is started again and reads on where the old one stopped', async () => {
  const directory = path.join(folder, 'thread');
  let recovered = (): void => undefined;
  const again = new Promise<void>((resolve) => {
    recovered = resolve;
  });
  let thread: Worker | undefined;
  process.once('worker', (worker) => {
    thread = worker;
  });
  const hasty: World = { ...world, after: (ms, work) => world.after(ms >= 1000 ? 1 : ms, work) };
  const { ledger, close } = await openStore(
    {
      file: path.join(folder, 'thread.sqlite'),
      closeMs: 999,
      journal: { directory },
      onEvent: ({ type }) => type === 'recovered' && recovered(),
    },
    hasty,
  );
  ledger.book([record('before')]);
  await ledger.flush();
  await thread?.terminate();
  ledger.book([record('between')]);
  await again;
  assert.deepEqual(callIds(await ledger.records({})), ['between', 'before']);
  assert.deepEqual(segments(directory), ['1/00000001.journal']);
  assert.equal(statSync(path.join(directory, '1/00000001.journal')).mode & 0o777, 0o600);
  await close();
  assert.deepEqual(segments(directory), []);
});

for (const fsync of ['always', 'off', 1] as const) {
  test(`with fsync ${fsync}, what a closed ledger held is in the database`, async () => {
    const place = {
      file: path.join(folder, `${fsync}.sqlite`),
      journal: { directory: path.join(folder, `${fsync}`), fsync, segmentBytes: 10_000 },
    };
    const first = await openStore(place, world);
    for (let number = 0; number < 100; number += 1) first.ledger.book([record(`call_${number}`)]);
    await first.close();
    assert.deepEqual(segments(place.journal.directory), []);
    const second = await openStore(place, world);
    assert.equal((await second.ledger.records({})).length, 100);
    await second.close();
  });
}

test('a lock is held by one at a time, and can be had again when it was let go', () => {
  const file = path.join(folder, 'lock');
  const release = realDisk.lock(file);
  assert.equal(realDisk.lock(file), undefined);
  release!();
  const second = realDisk.lock(file);
  assert.ok(second);
  second();
});
