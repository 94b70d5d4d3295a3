import type { Ask } from './ask.ts';
import type { Ledger } from './ledger.ts';

/** The database and what is kept in it. It lives in a thread of its own: nothing here blocks. */
export interface Store {
  readonly ledger: Ledger;
  readonly ask: Ask;
  /** Writes what the ledger holds (for at most `closeMs`) and closes the database. */
  close(): Promise<void>;
}
