import type { StoredFile } from '../model/job.ts';
import type { Database, Insert, Row } from './database.ts';

const OPEN = "insert into stored_file (id, owner, purpose, filename, bytes, created_ms, expires_ms) values ($1, $2, '', '', -1, $3, $4)";
const ADD = 'update stored_file set purpose = $2, filename = $3, bytes = $4, created_ms = $5, expires_ms = $6 where id = $1';
/** A file that is not all there after so long never will be. */
const OPEN_MS = 86_400_000;
const PIECE: Insert = {
  table: 'stored_piece',
  columns: { file: 'text', piece: 'bigint', body: 'text' },
  key: ['file', 'piece'],
  conflict: 'keep',
};

/** Begins a file: it is not there until it is added, and forgotten when that does not happen within a day. */
export async function openFile(
  db: Database,
  { id, owner, nowMs }: { readonly id: string; readonly owner: string; readonly nowMs: number },
) {
  await db.all(OPEN, [id, owner, nowMs, nowMs + OPEN_MS]);
}

/** Keeps a piece of a file that is not there yet: bytes in base64, as a text column holds them. */
export async function addPiece(
  db: Database,
  { file, piece, body }: { readonly file: string; readonly piece: number; readonly body: string },
): Promise<void> {
  await db.insert(PIECE, [[file, piece, body]]);
}

/** Lets a file be there, all its pieces being kept. */
export async function addFile(db: Database, { id, purpose, filename, bytes, createdMs, expiresMs }: StoredFile): Promise<void> {
  await db.all(ADD, [id, purpose, filename, bytes, createdMs, expiresMs]);
}

const fileFrom = (row: Row): StoredFile => ({
  id: row['id'] as string,
  owner: row['owner'] as string,
  purpose: row['purpose'] as string,
  filename: row['filename'] as string,
  bytes: Number(row['bytes']),
  createdMs: Number(row['created_ms']),
  expiresMs: Number(row['expires_ms']),
});

const ONE = "select * from stored_file where id = $1 and ($2 = '' or owner = $2) and bytes >= 0";

/** A file; undefined when there is none, or it is somebody else's. `owner` empty: whoever's it is. */
export async function fileOf(
  db: Database,
  { id, owner }: { readonly id: string; readonly owner: string },
): Promise<StoredFile | undefined> {
  const [row] = await db.all(ONE, [id, owner]);
  return row && fileFrom(row);
}

const LIST = `select * from stored_file where bytes >= 0 and ($1 = '' or owner = $1) and ($2 = '' or purpose = $2)
  and (created_ms < $3 or (created_ms = $3 and id < $4)) order by created_ms desc, id desc limit $5`;

/** Files, newest first, those after another file. */
export async function fileList(
  db: Database,
  { owner, purpose, limit, after }: { readonly owner: string; readonly purpose: string; readonly limit: number; readonly after?: string },
): Promise<{ files: StoredFile[]; more: boolean }> {
  const place = after === undefined ? { createdMs: Number.MAX_SAFE_INTEGER, id: '' } : await fileOf(db, { id: after, owner: '' });
  if (!place) return { files: [], more: false };
  const rows = await db.all(LIST, [owner, purpose, place.createdMs, place.id, limit + 1]);
  return { files: rows.slice(0, limit).map(fileFrom), more: rows.length > limit };
}

const READ = 'select body from stored_piece where file = $1 and piece = $2';

/** A piece of a file in base64; undefined beyond the last. */
export async function filePiece(
  db: Database,
  { file, piece }: { readonly file: string; readonly piece: number },
): Promise<string | undefined> {
  return (await db.all(READ, [file, piece]))[0]?.['body'] as string | undefined;
}

const DROP_PIECES = 'delete from stored_piece where file = $1';
const DROP = 'delete from stored_file where id = $1 returning id';

/** Forgets a file, pieces of one that never was included; says whether there was one. */
export const dropFile = (db: Database, { id }: { readonly id: string }): Promise<boolean> =>
  db.transaction(async (within) => {
    await within.all(DROP_PIECES, [id]);
    return (await within.all(DROP, [id])).length > 0;
  });

const OVER = 'select id from stored_file where expires_ms < $1 limit 10';

/** Forgets files whose time is over. */
export async function sweepFiles(db: Database, { nowMs }: { readonly nowMs: number }): Promise<void> {
  for (const row of await db.all(OVER, [nowMs])) await dropFile(db, { id: row['id'] as string });
}
