import type { Database } from './database.ts';
import { sqlite } from './sqlite.ts';

/** Where a database is: a file of SQLite (or `:memory:`), or a PostgreSQL server. */
export type Location = { readonly file: string } | { readonly url: string };

/** How long a statement may take, in milliseconds. */
export interface Patience {
  /** SQLite: how long to wait for another process that holds the file before trying again. */
  readonly busyMs: number;
  /** PostgreSQL: how long an answer may take before the connection is given up and made anew. */
  readonly answerMs: number;
}

/** 5 s for a file, 10 s for a server. */
export const PATIENCE: Patience = { busyMs: 5_000, answerMs: 10_000 };

/** The database at a place. `readOnly`: only looked at, as beside a gateway that writes it. */
export async function connect(location: Location, { busyMs, answerMs }: Patience = PATIENCE, readOnly = false): Promise<Database> {
  if ('file' in location) return sqlite({ file: location.file, busyMs, readOnly });
  // Loaded by those alone who need it.
  const { postgres } = await import('./postgres.ts');
  return postgres({ url: location.url, answerMs, readOnly });
}

/** The database's name in messages; a password never shows. */
export function placeOf(location: Location): string {
  return 'file' in location ? `the ledger "${location.file}"` : `the ledger at ${addressOf(location.url)}`;
}

/** A server's address as it may be shown: without user and password. */
export function addressOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `postgres://${host}${pathname}`;
}
