import type { State } from '../state.ts';

/** A file that was uploaded, or that a batch wrote. */
export interface StoredFile {
  readonly id: string;
  /** The API key it came with: to others it is not there. */
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly filename: string;
  readonly purpose: string;
  /** A file of results is there from the end of its batch on. */
  readonly createdMs: number;
  /** Absent: it is kept. */
  readonly expiresMs?: number;
}

/** A key's files that are there now, newest first. */
export const filesOf = ({ files }: State, key: string, nowMs: number): StoredFile[] =>
  [...files.values()].filter((file) => isThere(file, key, nowMs)).reverse();

/** A file by its id, for who may see it. */
export function fileOf({ files }: State, id: string, key: string, nowMs: number): StoredFile | undefined {
  const file = files.get(id);
  return file && isThere(file, key, nowMs) ? file : undefined;
}

const isThere = (file: StoredFile, key: string, nowMs: number): boolean =>
  file.key === key && file.createdMs <= nowMs && nowMs < (file.expiresMs ?? Number.POSITIVE_INFINITY);
