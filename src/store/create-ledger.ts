import type { World } from '../world/world.ts';
import type { Ask } from './ask.ts';
import type { Value } from './database.ts';
import type { Ledger, LedgerEvent } from './ledger.ts';
import type { Order, RowsNews } from './messages.ts';
import { pushRow } from './row.ts';

export interface LedgerOptions {
  /** Longest time a record waits for company before it is written, in milliseconds; 50 unless told. */
  readonly flushMs?: number;
  /** Most records in one transaction; 1,000 unless told. */
  readonly batchMax?: number;
  /** Most records kept in memory while they cannot be written; 100,000 unless told (about 100 MB). */
  readonly waitingMax?: number;
  readonly onEvent?: (event: LedgerEvent) => void;
}

/** The way to the database: its thread, and the name it has in errors. */
interface Way {
  readonly send: (order: Order) => boolean;
  readonly ask: Ask;
  readonly place: string;
  readonly world: World;
}

/** Somebody waits for every batch up to a number to be on disk; without patience only while the database takes any. */
interface Flush {
  readonly upTo: number;
  readonly patient: boolean;
  done(): void;
}

/** The main thread's side of the ledger: gathers records into batches and follows them until they are on disk. */
export interface LedgerRows {
  readonly ledger: Ledger;
  /** Batches on their way to disk. */
  readonly posted: number;
  hear(news: RowsNews): void;
  /** The thread died; `restarted`: there is another. */
  stopped(reason: string): void;
  restarted(): void;
  /** Takes no more records. */
  close(): void;
  /** Gives up what is not on disk. */
  stop(): void;
}

export function createLedger(
  { flushMs = 50, batchMax = 1_000, waitingMax = 100_000, onEvent = () => undefined }: LedgerOptions,
  { send, ask, place, world }: Way,
): LedgerRows {
  let lastId = 0;
  let batch: Value[] = [];
  let batchCount = 0;
  let cancelFlush: (() => void) | undefined;
  let waiting = 0;
  let failing: string | undefined;
  let closed = false;
  /** Batches the worker has not said to be on disk; given again to a new worker should this one die. */
  const posted = new Map<number, { readonly order: Order; readonly count: number }>();
  let flushes: Flush[] = [];
  const drops = createDrops(world, onEvent);

  function post(): void {
    cancelFlush?.();
    cancelFlush = undefined;
    if (batchCount === 0) return;
    lastId += 1;
    const order: Order = { type: 'rows', id: lastId, nowMs: world.now(), values: batch };
    posted.set(lastId, { order, count: batchCount });
    batch = [];
    batchCount = 0;
    send(order);
  }

  function flush(patient: boolean): Promise<void> {
    post();
    return new Promise((done) => {
      flushes.push({ upTo: lastId, patient, done });
      settleFlushes();
    });
  }

  function settleFlushes(): void {
    const oldest = posted.keys().next().value ?? Number.POSITIVE_INFINITY;
    const isOver = ({ upTo, patient }: Flush) => upTo < oldest || (!patient && failing !== undefined);
    const over = flushes.filter(isOver);
    flushes = flushes.filter((one) => !isOver(one));
    for (const { done } of over) done();
  }

  function fail(message: string): void {
    failing = message;
    settleFlushes();
    onEvent({ type: 'failing', message: `${place} cannot be written: ${message}` });
  }

  function recover(): void {
    failing = undefined;
    onEvent({ type: 'recovered' });
  }

  const ledger: Ledger = {
    book(records) {
      if (closed) return drops.drop(records.length, 'the ledger is closed');
      for (const record of records) {
        if (waiting >= waitingMax) {
          drops.drop(1, `${waitingMax} records are waiting to be written`);
          continue;
        }
        pushRow(batch, record);
        batchCount += 1;
        waiting += 1;
        if (batchCount >= batchMax) post();
      }
      if (batchCount > 0) cancelFlush ??= world.after(flushMs, post);
    },
    usage: (query) => flush(false).then(() => ask('usage', query)),
    records: (query) => flush(false).then(() => ask('records', query)),
    flush: () => flush(true),
    get state() {
      return { waiting, dropped: drops.count, ...(failing !== undefined && { failing }) };
    },
  };

  return {
    ledger,
    get posted() {
      return posted.size;
    },
    hear(news) {
      switch (news.type) {
        case 'written':
          waiting -= posted.get(news.id)?.count ?? 0;
          posted.delete(news.id);
          if (news.lost > 0) drops.drop(news.lost, `the database refuses them: ${news.message}`);
          settleFlushes();
          break;
        case 'failing':
          fail(news.message);
          break;
        case 'recovered':
          recover();
          break;
        default:
          news satisfies never;
      }
    },
    stopped: fail,
    restarted() {
      recover();
      for (const { order } of posted.values()) send(order);
    },
    close() {
      closed = true;
    },
    stop() {
      if (waiting > 0) drops.drop(waiting, 'the ledger was closed before they could be written');
      drops.tell();
    },
  };
}

const TELL_MS = 1_000;

/** Counts lost records and tells of them once a second at most. */
function createDrops(world: World, onEvent: (event: LedgerEvent) => void) {
  let count = 0;
  let untold = 0;
  let why = '';
  const tell = (): void => {
    if (untold > 0) onEvent({ type: 'dropped', count: untold, message: why });
    untold = 0;
  };
  return {
    get count() {
      return count;
    },
    drop(lost: number, message: string): void {
      if (untold === 0) world.after(TELL_MS, tell);
      count += lost;
      untold += lost;
      why = message;
    },
    tell,
  };
}
