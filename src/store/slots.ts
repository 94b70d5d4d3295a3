import path from 'node:path';
import type { Disk } from './disk.ts';

/** A directory of segments that belongs to one process at a time. */
export interface Slot {
  readonly directory: string;
  /** Segments left there, oldest first. */
  readonly segments: readonly { readonly file: string; readonly bytes: number }[];
  /** For the next process to take. */
  release(): void;
}

const SEGMENT = /^(\d{8,})\.journal$/;
export const segmentPath = ({ directory }: Slot, number: number): string =>
  path.join(directory, `${String(number).padStart(8, '0')}.journal`);
export const segmentNumber = (segment: string): number => Number(SEGMENT.exec(path.basename(segment))?.[1] ?? 0);

/**
 * Takes every slot nobody has, so that what dead processes left behind is taken over, or makes one. The first
 * is to be written to. Throws when the disk does not let it.
 */
export function takeSlots(disk: Disk, directory: string): readonly [Slot, ...Slot[]] {
  disk.makeDirectory(directory);
  const numbers = disk
    .list(directory)
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
  const taken: Slot[] = [];
  try {
    for (const number of numbers) taken.push(...take(disk, directory, number));
    for (let number = (numbers.at(-1) ?? 0) + 1; taken.length === 0; number += 1) taken.push(...take(disk, directory, number));
    return taken as [Slot, ...Slot[]];
  } catch (error) {
    for (const { release } of taken) release();
    throw error;
  }
}

/** The slot of that number; none when another process has it. */
function take(disk: Disk, parent: string, number: number): Slot[] {
  const directory = path.join(parent, String(number));
  disk.makeDirectory(directory);
  const release = disk.lock(path.join(directory, 'lock'));
  if (!release) return [];
  try {
    const segments = disk
      .list(directory)
      .filter((name) => SEGMENT.test(name))
      .sort((a, b) => segmentNumber(a) - segmentNumber(b))
      .map((name) => path.join(directory, name))
      .map((file) => ({ file, bytes: disk.size(file) }));
    return [{ directory, segments, release }];
  } catch (error) {
    release();
    throw error;
  }
}
