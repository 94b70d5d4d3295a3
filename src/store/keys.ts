import type { Database } from './database.ts';
import { KEY_COLUMNS, keyFrom, keyValues, type StoredKey } from './key-row.ts';

/** All keys, and the number that grows whenever one of them changes. */
export interface Keys {
  readonly revision: number;
  readonly keys: readonly StoredKey[];
}

const REVISION = 'select revision from gateway_key_revision where one = 1';
const ALL = `select ${KEY_COLUMNS.join(', ')} from gateway_key order by created_ms, id`;

/** `undefined` when nothing has changed since `seen`. The number is read first: what changes between the two reads is seen next time. */
export async function readKeys(db: Database, { seen }: { readonly seen: number | undefined }): Promise<Keys | undefined> {
  const [row] = await db.all(REVISION);
  const revision = Number(row?.['revision']);
  if (revision === seen) return undefined;
  return { revision, keys: (await db.all(ALL)).map(keyFrom) };
}

const ONE = `select ${KEY_COLUMNS.join(', ')} from gateway_key where id = $1`;
const INSERT = `insert into gateway_key (${KEY_COLUMNS.join(', ')})
  values (${KEY_COLUMNS.map((_, index) => `$${index + 1}`).join(', ')}) on conflict do nothing`;

/** False when there is a key of that id or secret already. */
export const addKey = (db: Database, key: StoredKey): Promise<boolean> =>
  changing(db, async (within) => {
    const [added] = await within.many(INSERT, [keyValues(key)]);
    return added === 1;
  });

/** What may be changed of a key; `null` takes a term away. Its id and its secret stay. */
export type KeyChange = {
  readonly [T in keyof Omit<StoredKey, 'id' | 'sha256' | 'hint' | 'previous' | 'createdAtMs' | 'rotatedAtMs' | 'lastUsedAtMs'>]?:
    | StoredKey[T]
    | null;
};

/** The key as it is afterwards; undefined when there is none of that id. */
export const changeKey = (db: Database, { id, change }: { readonly id: string; readonly change: KeyChange }) =>
  rewrite(db, id, (key) => {
    const merged = Object.entries({ ...key, ...change }).filter(([, value]) => value !== null && value !== undefined);
    return Object.fromEntries(merged) as unknown as StoredKey;
  });

/** A new secret for a key. */
export interface Rotation {
  readonly id: string;
  readonly sha256: string;
  readonly hint: string;
  readonly nowMs: number;
  /** How long the secret from before still opens. */
  readonly overlapMs: number;
}

/** Gives a key another secret. A secret that an earlier rotation left open is shut at once. */
export const rotateKey = (db: Database, { id, sha256, hint, nowMs, overlapMs }: Rotation) =>
  rewrite(db, id, (key) => ({
    ...key,
    sha256,
    hint,
    previous: { sha256: key.sha256, untilMs: nowMs + overlapMs },
    rotatedAtMs: nowMs,
  }));

const UPDATE = `update gateway_key set ${KEY_COLUMNS.slice(1)
  .map((column, index) => `${column} = $${index + 2}`)
  .join(', ')} where id = $1`;

function rewrite(db: Database, id: string, work: (key: StoredKey) => StoredKey): Promise<StoredKey | undefined> {
  return changing(db, async (within) => {
    const [row] = await within.all(ONE, [id]);
    if (!row) return undefined;
    const key = work(keyFrom(row));
    await within.many(UPDATE, [keyValues(key)]);
    return key;
  });
}

const ADVANCE = 'update gateway_key_revision set revision = revision + 1 where one = 1';

/** Advancing the number comes first: its row is the lock behind which changes wait for one another. */
const changing = <T>(db: Database, work: (within: Database) => Promise<T>): Promise<T> =>
  db.transaction(async (within) => {
    await within.all(ADVANCE);
    return work(within);
  });

const TOUCH = 'update gateway_key set last_used_ms = $1 where id = $2 and (last_used_ms is null or last_used_ms < $1)';

/** Notes when keys were last used. Nobody is waiting to hear of it, so the number stays. */
export async function touchKeys(db: Database, uses: readonly { readonly id: string; readonly atMs: number }[]): Promise<void> {
  await db.many(
    TOUCH,
    uses.map(({ id, atMs }) => [atMs, id]),
  );
}
