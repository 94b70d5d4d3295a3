import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { watchConfig } from './watch.ts';

test('a file written anew, replaced, or swapped behind a link is heard of', async (t) => {
  const folder = folderFor(t);
  const file = path.join(folder, 'headgate.yaml');
  const other = path.join(folder, 'other.yaml');
  writeFileSync(file, 'a');
  const heard = changesOf(t, file);

  writeFileSync(file, 'b');
  await heard();

  writeFileSync(other, 'c');
  renameSync(other, file);
  await heard();

  rmSync(file);
  writeFileSync(path.join(folder, 'data'), 'd');
  symlinkSync('data', file);
  await heard();
});

test('SIGHUP is heard though the file is the same', async (t) => {
  const file = path.join(folderFor(t), 'headgate.yaml');
  writeFileSync(file, 'a');
  const heard = changesOf(t, file);
  process.emit('SIGHUP');
  await heard();
});

test('a file that is not there yet is heard of once it is', async (t) => {
  const file = path.join(folderFor(t), 'headgate.yaml');
  const heard = changesOf(t, file);
  writeFileSync(file, 'a');
  await heard();
});

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-watch-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Waits for the next change; the test fails by its own time-out when none comes. */
function changesOf(t: TestContext, file: string): () => Promise<void> {
  let changes = 0;
  let waiting: (() => void) | undefined;
  const stop = watchConfig(file, () => {
    changes++;
    waiting?.();
  });
  // The watch keeps no process alive, so the test has to.
  const awake = setInterval(() => {}, 1000);
  t.after(() => {
    stop();
    clearInterval(awake);
  });
  return async () => {
    if (changes === 0) await new Promise<void>((resolve) => (waiting = resolve));
    assert.equal(changes, 1);
    changes = 0;
  };
}
