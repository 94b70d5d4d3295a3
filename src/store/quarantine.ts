import path from 'node:path';
import type { Disk } from './disk.ts';

/** Most that is kept of one segment. */
const BYTES_MAX = 16 * 1024 ** 2;

/**
 * Keeps what of a segment could not be taken over, as it stood there, for people to look at: in `quarantine`
 * beside the slots, under the segment's name.
 */
export function quarantine(disk: Disk, segment: string, pieces: readonly Buffer[]): void {
  if (pieces.length === 0) return;
  const slot = path.dirname(segment);
  const directory = path.join(path.dirname(slot), 'quarantine');
  try {
    disk.makeDirectory(directory);
    const file = disk.open(path.join(directory, `${path.basename(slot)}-${path.basename(segment)}`));
    try {
      for (const piece of pieces) if (file.size + piece.length <= BYTES_MAX) file.append(piece);
    } finally {
      file.close();
    }
  } catch {
    // A disk that is full or broken must not keep the good records back; these are counted and told of all the same.
  }
}
