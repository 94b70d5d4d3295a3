import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type Database, DatabaseError, type Insert, onConflict, type Row, type Value } from './database.ts';

/** Which file, and how patiently it is asked. */
export interface SqliteOptions {
  /** Path, or `:memory:`. Its directory is made when missing. */
  readonly file: string;
  /** How long a statement waits for another process that holds the file, in milliseconds. */
  readonly busyMs: number;
  /** Only looks: makes no file, and changes none. */
  readonly readOnly?: boolean;
}

/** A SQLite file as a `Database`. Statements block the thread that runs them: use it from a worker. */
export function sqlite({ file, busyMs, readOnly = false }: SqliteOptions): Database {
  const engine = readOnly ? openToRead(file, busyMs) : open(file, busyMs);
  const statements = new Map<string, Prepared>();
  const prepare = (sql: string): Prepared => {
    let prepared = statements.get(sql);
    if (!prepared) {
      prepared = prepareOn(engine, sql);
      statements.set(sql, prepared);
    }
    return prepared;
  };

  const inside: Database = {
    words: { skipLocked: '', clustered: 'without rowid', serial: 'integer primary key', alone: '' },
    all: async (sql, params = []) =>
      told(() => {
        const { statement, order } = prepare(sql);
        statement.setReadBigInts(true);
        return statement.all(...ordered(order, params)) as Row[];
      }),
    insert: async (into, rows) => (await inside.many(insertText(into), rows)).map((changes) => changes > 0),
    many: async (sql, lists) =>
      told(() => {
        const { statement, order } = prepare(sql);
        statement.setReadBigInts(false);
        return lists.map((params) => statement.run(...ordered(order, params)).changes as number);
      }),
    transaction: (work) => work(inside),
    relaxed: (work) => work(inside),
    close: async () => engine.close(),
  };

  async function together<T>(work: (db: Database) => Promise<T>): Promise<T> {
    told(() => engine.exec('begin immediate'));
    try {
      const result = await work(inside);
      told(() => engine.exec('commit'));
      return result;
    } catch (error) {
      // A full disk has SQLite roll back by itself.
      if (engine.isTransaction) engine.exec('rollback');
      throw error;
    }
  }

  // One connection, one transaction at a time: everybody else waits for its end.
  let free: Promise<unknown> = Promise.resolve();
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = free.then(work);
    free = turn.catch(() => undefined);
    return turn;
  };

  return {
    words: inside.words,
    all: (sql, params) => alone(() => inside.all(sql, params)),
    insert: (into, rows) => alone(() => inside.insert(into, rows)),
    many: (sql, lists) => alone(() => inside.many(sql, lists)),
    transaction: (work) => alone(() => together(work)),
    relaxed: (work) =>
      alone(async () => {
        // Of a write-ahead log nothing is synced then but at checkpoints.
        engine.exec('pragma synchronous = normal');
        try {
          return await together(work);
        } finally {
          engine.exec('pragma synchronous = full');
        }
      }),
    close: () => alone(inside.close),
  };
}

function open(file: string, busyMs: number): DatabaseSync {
  try {
    if (file !== ':memory:') mkdirSync(path.dirname(file), { recursive: true });
    const engine = new DatabaseSync(file, { timeout: busyMs });
    // Rows are half a KB and come in order: pages of 8 KB are written for less than the usual 4 (1.3 to 0.9 µs of system time a row).
    engine.exec('pragma page_size = 8192; pragma journal_mode = wal; pragma synchronous = full');
    engine.exec('pragma cache_size = -16384; pragma temp_store = memory');
    return engine;
  } catch (error) {
    throw new DatabaseError(`cannot open the database "${file}": ${messageOf(error)}`, false, { cause: error });
  }
}

function insertText({ table, columns, key, conflict }: Insert): string {
  const names = Object.keys(columns);
  return `insert into ${table} (${names.join(', ')}) values (${names.map((_, index) => `$${index + 1}`).join(', ')}) ${onConflict(table, key, conflict)}`;
}

function openToRead(file: string, busyMs: number): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout: busyMs, readOnly: true });
  } catch (error) {
    throw new DatabaseError(`cannot read the database "${file}": ${messageOf(error)}`, false, { cause: error });
  }
}

interface Prepared {
  readonly statement: StatementSync;
  /** Place of each `?` among the parameters; absent: they are in order. */
  readonly order: readonly number[] | undefined;
}

// SQLite takes `$1` for a name, and node:sqlite binds names from an object only, which is slower than by place.
function prepareOn(engine: DatabaseSync, sql: string): Prepared {
  const order: number[] = [];
  const text = sql.replace(/\$(\d+)/g, (_, place: string) => {
    order.push(Number(place) - 1);
    return '?';
  });
  const statement = told(() => engine.prepare(text));
  return { statement, order: order.every((place, index) => place === index) ? undefined : order };
}

const ordered = (order: readonly number[] | undefined, params: readonly Value[]): readonly Value[] =>
  order ? order.map((place) => params[place] ?? null) : params;

/** SQLite's result codes for trouble with the file or the machine (sqlite.org/rescode.html). */
const PASSING = new Set([5, 6, 7, 8, 10, 11, 13, 14, 15, 23, 26]);

function told<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = (error as { errcode?: unknown }).errcode;
    throw new DatabaseError(messageOf(error), typeof code === 'number' && PASSING.has(code & 0xff), { cause: error });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
