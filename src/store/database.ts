/** A value a column can hold. Whole numbers come back as bigint. */
export type Value = null | string | bigint | number;
export type Row = Readonly<Record<string, Value>>;

/**
 * The one thing the store asks of an engine. Engines speak the same SQL, `$1` placeholders included;
 * what they cannot agree on is named in `words`.
 */
export interface Database {
  all(sql: string, params?: readonly Value[]): Promise<Row[]>;
  /** Writes rows in as few exchanges as the engine can, and says of each whether it was not there before. */
  insert(into: Insert, rows: readonly (readonly Value[])[]): Promise<readonly boolean[]>;
  /** Runs one statement for each list of parameters and says how many rows each run changed. */
  many(sql: string, lists: readonly (readonly Value[])[]): Promise<number[]>;
  /** Runs `work` alone (SQLite) or atomically beside others (PostgreSQL); rolls back if it throws. */
  transaction<T>(work: (db: Database) => Promise<T>): Promise<T>;
  /** The same, but what it wrote may be undone by a loss of power (never by the end of a process) until `settle` has run. */
  relaxed<T>(work: (db: Database) => Promise<T>): Promise<T>;
  readonly words: Words;
  close(): Promise<void>;
}

const SETTLE = 'update migration set number = number where number = 1';

/** Makes all that was written before survive a loss of power: a transaction that is made safe is so with those before it. */
export async function settle(db: Database): Promise<void> {
  await db.all(SETTLE);
}

/** Where rows are inserted, and what becomes of those whose key is there. */
export interface Insert {
  readonly table: string;
  /** In the order of a row's values. */
  readonly columns: Readonly<Record<string, 'bigint' | 'text' | 'double precision'>>;
  readonly key: readonly string[];
  /** `keep`: the row that is there stays as it is; `add`: these columns of the new one are added to it. */
  readonly conflict: 'keep' | { readonly add: readonly string[] };
}

/** The end of an insert, the same for every engine. */
export const onConflict = (table: string, key: Insert['key'], conflict: Insert['conflict']): string =>
  conflict === 'keep'
    ? `on conflict (${key.join(', ')}) do nothing`
    : `on conflict (${key.join(', ')}) do update set ${conflict.add.map((sum) => `${sum} = ${table}.${sum} + excluded.${sum}`).join(', ')}`;

/** What engines say each in their own words. */
export interface Words {
  /** Lets a claim pass over rows another process has locked; nothing where the whole file is locked. */
  readonly skipLocked: string;
  /** Keeps a table in the order of its primary key. */
  readonly clustered: string;
  /** A whole number the engine gives every row of a table: its primary key. */
  readonly serial: string;
  /** Run first in a transaction, keeps other processes that run it out until the end; '' where a transaction is alone anyway. */
  readonly alone: string;
}

/** What went wrong with a statement: with the place it is kept (worth another try), or with the statement. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly passing: boolean;
  constructor(message: string, passing: boolean, options?: ErrorOptions) {
    super(message, options);
    this.passing = passing;
  }
}
