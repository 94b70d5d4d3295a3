import type { World } from '../world/world.ts';
import type { Value } from './database.ts';
import type { Order } from './messages.ts';

/** How rows are put together. */
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
  /** Takes back every row that is not known to be written: they wait elsewhere from now on. The thread may write some all the same. */
  takeBack(): readonly (readonly Value[])[];
  /** The oldest batch that is not written; `Infinity` when there is none. */
  readonly oldest: number;
  readonly waiting: number;
}

/** Batches given to the thread before the first of them is written; the others stay here. */
const POSTED_MAX = 4;

interface Batch {
  readonly rows: readonly (readonly Value[])[];
  /** Whether it waits elsewhere by now; only the thread's queue remembers it. */
  safe: boolean;
}

export function createSpool({ flushMs, batchMax }: SpoolOptions, send: (order: Order) => void, world: World): Spool {
  let lastId = 0;
  let waiting = 0;
  let rows: (readonly Value[])[] = [];
  let callOff: (() => void) | undefined;
  const posted = new Map<number, Batch>();

  // One flat list of plain values: cloning lists or objects costs the calling thread twice as much.
  const orderOf = (id: number, batch: readonly (readonly Value[])[]): Order => ({
    type: 'rows',
    id,
    nowMs: world.now(),
    values: batch.flat(),
  });

  function post(): number {
    callOff?.();
    callOff = undefined;
    while (rows.length > 0 && posted.size < POSTED_MAX) {
      const batch = rows.splice(0, batchMax);
      lastId += 1;
      posted.set(lastId, { rows: batch, safe: false });
      send(orderOf(lastId, batch));
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
      const batch = posted.get(id);
      posted.delete(id);
      if (batch && !batch.safe) waiting -= batch.rows.length;
      if (rows.length >= batchMax || (rows.length > 0 && callOff === undefined)) post();
    },
    restarted() {
      for (const [id, { rows: batch, safe }] of posted) {
        if (safe) posted.delete(id);
        else send(orderOf(id, batch));
      }
    },
    post,
    takeBack() {
      const back = [...posted.values().filter(({ safe }) => !safe)].flatMap((batch) => batch.rows);
      for (const batch of posted.values()) batch.safe = true;
      back.push(...rows);
      rows = [];
      waiting = 0;
      return back;
    },
    get oldest() {
      for (const [id, { safe }] of posted) if (!safe) return id;
      return rows.length > 0 ? lastId + 1 : Number.POSITIVE_INFINITY;
    },
    get waiting() {
      return waiting;
    },
  };
}
