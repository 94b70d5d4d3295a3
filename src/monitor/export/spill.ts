import type { Disk } from '../../store/disk.ts';

/** Batches of lines on disk while whoever they are for is away, oldest first. They outlast the process. */
export interface Spill {
  /** Writes a batch down; false: the disk does not take it. */
  put(lines: readonly string[]): boolean;
  /** The name of the oldest batch, of other processes too once it is `FOREIGN_MS` old; undefined when there is none. */
  oldest(): string | undefined;
  /** Its lines; none when it is gone. */
  read(name: string): readonly string[];
  remove(name: string): void;
  /** Lines let go because more would not fit. */
  readonly dropped: number;
}

export interface SpillOptions {
  readonly directory: string;
  /** Most bytes in it; beyond, the oldest batches are let go. */
  readonly bytesMax: number;
  /** Tells files of processes that share the directory apart: eight hexadecimal digits. */
  readonly mark: string;
}

const SUFFIX = '.lines';

/** What another process, or one before this, wrote is whole by this age, in milliseconds. */
export const FOREIGN_MS = 10_000;

/**
 * One file for each batch. Processes may share the directory: a batch that two of them send is written twice, and its
 * points have times of their own, so twice is the same as once.
 */
export function createSpill({ directory, bytesMax, mark }: SpillOptions, disk: Disk, now: () => number): Spill {
  let number = 0;
  let dropped = 0;

  const names = () =>
    disk
      .list(directory)
      .filter((name) => name.endsWith(SUFFIX))
      .sort();
  const fileOf = (name: string) => `${directory}/${name}`;

  function read(name: string): readonly string[] {
    const file = fileOf(name);
    const size = sizeOf(file);
    return size === 0 ? [] : disk.read(file, 0, size).toString().split('\n').filter(Boolean);
  }

  /** 0 where another process has sent and removed it. */
  function sizeOf(file: string): number {
    try {
      return disk.size(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
      throw error;
    }
  }

  function makeRoom(bytes: number): void {
    const all = names().map((name) => ({ name, size: sizeOf(fileOf(name)) }));
    let total = all.reduce((sum, { size }) => sum + size, bytes);
    for (const { name, size } of all) {
      if (total <= bytesMax) return;
      dropped += read(name).length;
      disk.remove(fileOf(name));
      total -= size;
    }
  }

  return {
    put(lines) {
      const bytes = Buffer.from(`${lines.join('\n')}\n`);
      number += 1;
      const name = `${String(now()).padStart(15, '0')}-${mark}-${String(number).padStart(8, '0')}${SUFFIX}`;
      try {
        disk.makeDirectory(directory);
        makeRoom(bytes.length);
        const file = disk.open(fileOf(name));
        try {
          for (let rest: Uint8Array = bytes; rest.length > 0; ) {
            const taken = file.append(rest);
            if (taken === 0) throw new Error('the disk takes nothing');
            rest = rest.subarray(taken);
          }
        } catch (error) {
          disk.remove(fileOf(name));
          throw error;
        } finally {
          file.close();
        }
        return true;
      } catch {
        return false;
      }
    },
    oldest: () => names().find((name) => name.includes(`-${mark}-`) || now() - Number.parseInt(name, 10) >= FOREIGN_MS),
    read,
    remove: (name) => disk.remove(fileOf(name)),
    get dropped() {
      return dropped;
    },
  };
}
