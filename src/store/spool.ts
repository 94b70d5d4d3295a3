import type { World } from '../world/world.ts';
import type { Value } from './database.ts';
import type { Order } from './messages.ts';

export interface SpoolOptions {
  /** Longest time a row waits for company, in milliseconds. */
  readonly flushMs: number;
  /** Most rows in one batch. */
  readonly batchMax: number;
}

/** Rows in memory on their way to the database, where there is no journal or its disk takes none. */
export interface Spool {
  add(row: readonly Value[]): void;
  /** The batch was written. */
  wrote(id: number): void;
  /** Gives a new thread what the old one had not written. */
  restarted(): void;
  /** Sends what is gathered, company or not. Returns the number of the last batch. */
  post(): number;
  /** Takes back the rows no batch was made of yet. */
  takeBack(): readonly (readonly Value[])[];
  /** The oldest batch that is not written; `Infinity` when there is none. */
  readonly oldest: number;
  readonly waiting: number;
}

/** Batches given to the thread before the first of them is written; the others stay here. */
const POSTED_MAX = 4;

export function createSpool({ flushMs, batchMax }: SpoolOptions, send: (order: Order) => void, world: World): Spool {
  let lastId = 0;
  let waiting = 0;
  let rows: (readonly Value[])[] = [];
  let callOff: (() => void) | undefined;
  const posted = new Map<number, { readonly order: Order; readonly count: number }>();

  function post(): number {
    callOff?.();
    callOff = undefined;
    while (rows.length > 0 && posted.size < POSTED_MAX) {
      const batch = rows.splice(0, batchMax);
      lastId += 1;
      // One flat list of plain values: cloning lists or objects costs the calling thread twice as much.
      const order: Order = { type: 'rows', id: lastId, nowMs: world.now(), values: batch.flat() };
      posted.set(lastId, { order, count: batch.length });
      send(order);
    }
    return lastId + Math.ceil(rows.length / batchMax);
  }

  return {
    add(row) {
      rows.push(row);
      waiting += 1;
      if (rows.length >= batchMax) post();
      else callOff ??= world.after(flushMs, post);
    },
    wrote(id) {
      waiting -= posted.get(id)?.count ?? 0;
      posted.delete(id);
      if (rows.length >= batchMax || (rows.length > 0 && callOff === undefined)) post();
    },
    restarted() {
      for (const { order } of posted.values()) send(order);
    },
    post,
    takeBack() {
      const back = rows;
      rows = [];
      waiting -= back.length;
      return back;
    },
    get oldest() {
      return posted.keys().next().value ?? (rows.length > 0 ? lastId + 1 : Number.POSITIVE_INFINITY);
    },
    get waiting() {
      return waiting;
    },
  };
}
