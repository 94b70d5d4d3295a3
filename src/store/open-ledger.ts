import type { UsageRecord } from '../accounting/record.ts';
import type { World } from '../world/world.ts';
import type { Value } from './database.ts';
import type { Ledger, LedgerEvent, UsageSum } from './ledger.ts';
import type { News, Order } from './messages.ts';
import { pushRow } from './row.ts';
import { startThread } from './thread.ts';

export interface LedgerOptions {
  /** Path of the SQLite file, or `:memory:`. */
  readonly file: string;
  /** Longest time a record waits for company before it is written, in milliseconds; 50 unless told. */
  readonly flushMs?: number;
  /** Most records in one transaction; 1,000 unless told. */
  readonly batchMax?: number;
  /** Most records kept in memory while they cannot be written; 100,000 unless told (about 100 MB). */
  readonly waitingMax?: number;
  /** How long to wait for another process that holds the file before trying again; 5,000 ms unless told. */
  readonly busyMs?: number;
  /** How long `close` waits for a disk that does not take what is waiting; 10,000 ms unless told. */
  readonly closeMs?: number;
  readonly onEvent?: (event: LedgerEvent) => void;
}

/** Opens the books in a worker thread. Rejects, naming the file, when it cannot be opened or is not a ledger. */
export async function openLedger(options: LedgerOptions, world: World): Promise<Ledger> {
  const {
    file,
    flushMs = 50,
    batchMax = 1_000,
    waitingMax = 100_000,
    busyMs = 5_000,
    closeMs = 10_000,
    onEvent = () => undefined,
  } = options;

  let lastId = 0;
  let batch: Value[] = [];
  let batchCount = 0;
  let cancelFlush: (() => void) | undefined;
  let waiting = 0;
  let failing: string | undefined;
  let closing = false;
  /** Batches the worker has not said to be on disk; given again to a new worker should this one die. */
  const posted = new Map<number, { readonly order: Order; readonly count: number }>();
  const asked = new Map<number, { resolve(value: readonly never[]): void; reject(error: Error): void }>();
  let flushes: { readonly upTo: number; done(): void }[] = [];
  const drops = createDrops(world, onEvent);

  const thread = await startThread(
    { file, busyMs },
    {
      hear,
      stopped(reason) {
        for (const { reject } of asked.values()) reject(new Error(`the ledger "${file}" cannot answer: ${reason}`));
        asked.clear();
        fail(reason);
      },
      restarted() {
        recover();
        for (const { order } of posted.values()) send(order);
      },
    },
    world,
  );

  function send(order: Order): boolean {
    const sent = thread.send(order);
    thread.hold(true);
    return sent;
  }

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

  function ask(order: (id: number) => Order): Promise<readonly never[]> {
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      asked.set(id, { resolve, reject });
      if (send(order(id))) return;
      asked.delete(id);
      reject(new Error(`the ledger "${file}" cannot answer: ${failing}`));
    });
  }

  async function question(order: (id: number) => Order): Promise<readonly never[]> {
    if (closing) throw new Error(`the ledger "${file}" is closed`);
    post();
    return ask(order);
  }

  function flush(): Promise<void> {
    post();
    return new Promise((done) => {
      flushes.push({ upTo: lastId, done });
      settleFlushes();
    });
  }

  function settleFlushes(): void {
    const oldest = posted.keys().next().value ?? Number.POSITIVE_INFINITY;
    const over = flushes.filter(({ upTo }) => upTo < oldest);
    flushes = flushes.filter(({ upTo }) => upTo >= oldest);
    for (const { done } of over) done();
  }

  function fail(message: string): void {
    failing = message;
    onEvent({ type: 'failing', message: `the ledger "${file}" cannot be written: ${message}` });
  }

  function recover(): void {
    failing = undefined;
    onEvent({ type: 'recovered' });
  }

  function hear(news: News): void {
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
      case 'answer':
        asked.get(news.id)?.resolve(news.value as readonly never[]);
        asked.delete(news.id);
        break;
      case 'error':
        asked.get(news.id)?.reject(new Error(`the ledger "${file}" cannot answer: ${news.message}`));
        asked.delete(news.id);
        break;
      case 'ready':
      case 'refused':
        break;
      default:
        news satisfies never;
    }
    // A process may end by itself once nothing is on its way to disk.
    if (posted.size + asked.size === 0) thread.hold(false);
  }

  return {
    book(records) {
      if (closing) return drops.drop(records.length, 'the ledger is closed');
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
    usage: async (query) => (await question((id) => ({ type: 'usage', id, query }))) as readonly UsageSum[],
    records: async (query) => (await question((id) => ({ type: 'records', id, query }))) as readonly UsageRecord[],
    flush,
    async close() {
      if (closing) return;
      const written = flush();
      closing = true;
      await atMost(closeMs, written, world);
      if (failing === undefined)
        await atMost(
          closeMs,
          ask((id) => ({ type: 'close', id })).then(() => undefined),
          world,
        ).catch(() => undefined);
      await thread.stop();
      if (waiting > 0) drops.drop(waiting, 'the ledger was closed before they could be written');
      drops.tell();
    },
    get state() {
      return { waiting, dropped: drops.count, ...(failing !== undefined && { failing }) };
    },
  };
}

function atMost(ms: number, work: Promise<void>, world: World): Promise<void> {
  let cancel = () => {};
  const patience = new Promise<void>((resolve) => {
    cancel = world.after(ms, resolve);
  });
  return Promise.race([work, patience]).finally(cancel);
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
