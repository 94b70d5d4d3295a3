import path from 'node:path';
import type { Appending, Disk } from '../../src/store/disk.ts';
import { simulatedWorld } from '../../src/world/simulated.ts';

export type DiskOperation = keyof Disk | 'append' | 'truncate' | 'sync';
/** What goes wrong with one operation: it fails with a code, or an append takes only some of its bytes. */
export type Fault = { readonly code: 'ENOSPC' | 'EIO' | 'EROFS' } | { readonly taken: number };

/** A disk in memory that goes wrong by plan, repeats from its seed, and can lose power. */
export interface SimulatedDisk extends Disk {
  /** Asked before every operation; set by tests. */
  fault: (operation: DiskOperation, file: string) => Fault | undefined;
  /** How long a sync takes, in milliseconds; 0: until the next turn. */
  syncMs: number;
  /** The disk as a process sees it that lives until the next `kill`. */
  mount(): Disk;
  /** `kill -9` of every process: files stay as they saw them, locks are let go, and their mounts do nothing any more. */
  kill(): void;
  /** Every page since the last sync of its file survives, is lost or is torn, each by chance; and the process dies. */
  losePower(): void;
  /** All files, by path. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** Makes a file hold these bytes, all safe. */
  put(file: string, bytes: Buffer): void;
}

const PAGE_BYTES = 4096;
const SECTOR_BYTES = 512;

interface File {
  /** What processes see. */
  seen: Buffer;
  size: number;
  /** What survives the loss of power. */
  safe: Buffer;
  /** Whether its name survives. */
  named: boolean;
}

/** `after` runs the end of a sync later; absent: in the next turn, however long it was to take. */
export function simulatedDisk(seed = 1, after: (ms: number, work: () => void) => void = (_, work) => queueMicrotask(work)): SimulatedDisk {
  const { random } = simulatedWorld({ seed });
  const files = new Map<string, File>();
  const locks = new Set<string>();
  let life = 0;

  function meet(operation: DiskOperation, file: string): number {
    const fault = disk.fault(operation, file);
    if (fault && 'code' in fault) throw trouble(fault.code, operation, file);
    return fault ? fault.taken : Number.POSITIVE_INFINITY;
  }

  function find(operation: DiskOperation, file: string): File {
    const found = files.get(file);
    if (!found) throw trouble('ENOENT', operation, file);
    return found;
  }

  function open(name: string): Appending {
    meet('open', name);
    const file = files.get(name) ?? { seen: Buffer.alloc(256), size: 0, safe: Buffer.alloc(0), named: false };
    files.set(name, file);
    const bornIn = life;
    const alive = (): void => refuseDead(bornIn, name);
    return {
      get size() {
        return file.size;
      },
      append(bytes) {
        alive();
        const taken = Math.min(bytes.length, meet('append', name));
        if (file.size + taken > file.seen.length) {
          const larger = Buffer.alloc((file.size + taken) * 2);
          file.seen.copy(larger);
          file.seen = larger;
        }
        file.seen.set(bytes.subarray(0, taken), file.size);
        file.size += taken;
        return taken;
      },
      truncate(size) {
        alive();
        meet('truncate', name);
        file.seen.fill(0, size, file.size);
        file.size = size;
      },
      sync(done) {
        alive();
        const asked = Buffer.from(file.seen.subarray(0, file.size));
        after(disk.syncMs, () => {
          if (bornIn !== life) return;
          try {
            meet('sync', name);
          } catch (error) {
            return done(error as Error);
          }
          file.safe = asked;
          file.named = true;
          done();
        });
      },
      syncNow() {
        alive();
        meet('sync', name);
        file.safe = Buffer.from(file.seen.subarray(0, file.size));
        file.named = true;
      },
      close: () => undefined,
    };
  }

  function refuseDead(bornIn: number, name: string): void {
    if (bornIn !== life) throw new Error(`a process that was killed still uses "${name}"`);
  }

  function survivor({ seen, size, safe }: File): Buffer {
    const end = random() < 0.5 ? size : Math.max(safe.length, Math.floor(random() * (size + 1)));
    const bytes = Buffer.alloc(Math.max(end, safe.length));
    safe.copy(bytes);
    for (let page = Math.floor(safe.length / PAGE_BYTES) * PAGE_BYTES; page < bytes.length; page += PAGE_BYTES) {
      const sectors = [0, PAGE_BYTES / SECTOR_BYTES, Math.floor(random() * (PAGE_BYTES / SECTOR_BYTES))][Math.floor(random() * 3)]!;
      const to = Math.min(page + sectors * SECTOR_BYTES, bytes.length);
      // What was safe stays whichever version of the page it is.
      if (to > page) seen.copy(bytes, page, page, to);
    }
    return bytes;
  }

  const disk: SimulatedDisk = {
    fault: () => undefined,
    syncMs: 0,
    mount() {
      const bornIn = life;
      const alive =
        <A extends [string, ...never[]], R>(work: (...args: A) => R) =>
        (...args: A): R => {
          refuseDead(bornIn, args[0]);
          return work(...args);
        };
      const { makeDirectory, list, read, size, remove, lock } = disk;
      return {
        makeDirectory: alive(makeDirectory),
        list: alive(list),
        open: alive(open),
        read: alive(read),
        size: alive(size),
        remove: alive(remove),
        lock: alive(lock),
      };
    },
    makeDirectory: (directory) => void meet('makeDirectory', directory),
    list(directory) {
      meet('list', directory);
      const names = [...files.keys(), ...locks].filter((file) => file.startsWith(`${directory}/`));
      return [...new Set(names.map((file) => path.relative(directory, file).split('/')[0]!))].sort();
    },
    open,
    read(name, from, bytesMax) {
      meet('read', name);
      const { seen, size } = find('read', name);
      return Buffer.from(seen.subarray(from, Math.min(size, from + bytesMax)));
    },
    size(name) {
      meet('size', name);
      return find('size', name).size;
    },
    remove(name) {
      meet('remove', name);
      files.delete(name);
    },
    lock(name) {
      meet('lock', name);
      if (locks.has(name)) return undefined;
      locks.add(name);
      return () => locks.delete(name);
    },
    kill() {
      life += 1;
      locks.clear();
    },
    losePower() {
      disk.kill();
      for (const [name, file] of files) {
        if (!file.named && random() < 0.5) {
          files.delete(name);
          continue;
        }
        const bytes = survivor(file);
        files.set(name, { seen: bytes, size: bytes.length, safe: bytes, named: true });
      }
    },
    get files() {
      return new Map([...files].map(([name, { seen, size }]) => [name, seen.subarray(0, size)]));
    },
    put(name, bytes) {
      files.set(name, { seen: Buffer.from(bytes), size: bytes.length, safe: Buffer.from(bytes), named: true });
    },
  };
  return disk;
}

const trouble = (code: string, operation: DiskOperation, file: string): Error =>
  Object.assign(new Error(`${code}: ${operation} '${file}'`), { code });
