import type { JsonObject } from '../../model/json.ts';
import type { Context } from '../endpoints/context.ts';
import type { Vendor } from '../vendor.ts';

/** A file that was uploaded, or that a batch wrote. */
export interface StoredFile {
  readonly id: string;
  readonly vendor: Vendor;
  /** The API key it came with: to others it is not there. */
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly filename: string;
  /** OpenAI's alone. */
  readonly purpose: string;
  /** Anthropic's alone. */
  readonly mimeType: string;
  /** A file of results is there from the end of its batch on. */
  readonly createdMs: number;
  /** Absent: it is kept. */
  readonly expiresMs?: number;
}

/** A file of OpenAI's that comes in parts, in any order and each as often as it takes. */
export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly createdMs: number;
  /** As it was asked for. */
  readonly wire: JsonObject;
  readonly parts: Map<string, Uint8Array>;
  status: 'pending' | 'completed' | 'cancelled';
  /** Once completed. */
  file?: StoredFile;
}

/** Whose files, and when. */
type Viewer = Pick<Context, 'vendor' | 'key' | 'nowMs' | 'state'>;

/** A key's files that are there now, newest first. */
export const filesOf = (viewer: Viewer): StoredFile[] => [...viewer.state.files.values()].filter((file) => isThere(file, viewer)).reverse();

/** A file by its id, for who may see it. */
export function fileOf(viewer: Viewer, id: string): StoredFile | undefined {
  const file = viewer.state.files.get(id);
  return file && isThere(file, viewer) ? file : undefined;
}

const isThere = (file: StoredFile, { vendor, key, nowMs }: Viewer): boolean =>
  file.vendor === vendor && file.key === key && file.createdMs <= nowMs && nowMs < (file.expiresMs ?? Number.POSITIVE_INFINITY);
