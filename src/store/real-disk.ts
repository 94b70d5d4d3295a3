import fs from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Appending, Disk } from './disk.ts';

/** The machine's own disk. */
export const realDisk: Disk = {
  makeDirectory: (directory) => void fs.mkdirSync(directory, { recursive: true, mode: 0o700 }),
  list: (directory) => unlessMissing(() => fs.readdirSync(directory), []),
  open,
  read(file, from, bytesMax) {
    const fd = fs.openSync(file, 'r');
    try {
      const bytes = Buffer.allocUnsafe(bytesMax);
      let count = 0;
      for (let read = -1; read !== 0 && count < bytesMax; count += read)
        read = fs.readSync(fd, bytes, count, bytesMax - count, from + count);
      return bytes.subarray(0, count);
    } finally {
      fs.closeSync(fd);
    }
  },
  size: (file) => fs.statSync(file).size,
  remove: (file) => fs.rmSync(file, { force: true }),
  lock,
};

function open(file: string): Appending {
  const fd = fs.openSync(file, 'a', 0o600);
  let size = fs.fstatSync(fd).size;
  /** A new file's name is on disk only once its directory is. */
  let named = size > 0;
  return {
    get size() {
      return size;
    },
    append(bytes) {
      const taken = fs.writeSync(fd, bytes);
      size += taken;
      return taken;
    },
    truncate(to) {
      fs.ftruncateSync(fd, to);
      size = to;
    },
    sync(done) {
      fs.fdatasync(fd, (error) => {
        if (error || named) return done(error ?? undefined);
        syncDirectory(path.dirname(file), (failed) => {
          named = !failed;
          done(failed);
        });
      });
    },
    syncNow() {
      fs.fdatasyncSync(fd);
      if (named) return;
      const directory = fs.openSync(path.dirname(file), 'r');
      try {
        fs.fsyncSync(directory);
      } finally {
        fs.closeSync(directory);
      }
      named = true;
    },
    close: () => fs.closeSync(fd),
  };
}

function syncDirectory(directory: string, done: (error?: Error) => void): void {
  fs.open(directory, 'r', (error, fd) => {
    if (error) return done(error);
    fs.fsync(fd, (failed) => fs.close(fd, () => done(failed ?? undefined)));
  });
}

const SQLITE_BUSY = 5;

/**
 * Node has no file locks of its own; SQLite's are the kernel's, so a lock goes with the process that held it
 * and a process id used again, or one of another container, cannot be taken for its owner.
 */
function lock(file: string): (() => void) | undefined {
  const holder = new DatabaseSync(file, { timeout: 0 });
  try {
    holder.exec('pragma journal_mode = memory; begin exclusive');
    return () => holder.close();
  } catch (error) {
    holder.close();
    if ((error as { errcode?: unknown }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}

function unlessMissing<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}
