import { Worker } from 'node:worker_threads';
import type { UsageRecord } from '../accounting/record.ts';
import type { World } from '../world/world.ts';
import type { Value } from './database.ts';
import type { Ledger, LedgerEvent, UsageSum } from './ledger.ts';
import type { News, Order, WorkerStart } from './messages.ts';
import { pushRow } from './row.ts';

export interface LedgerOptions {
  /** Path of the SQLite file, or `:memory:`. */
  readonly file: string;
  /** Longest time a record waits for company before it is written, in milliseconds; 50 unless told. */
  readonly flushMs?: number;
  /** Most records in one transaction; 1,000 unless told. */
  readonly batchMax?: number;
  /** Most records kept in memory while they cannot be written; 100,000 unless told (up to 100 MB). */
  readonly waitingMax?: number;
  /** How long to wait for another process that holds the file before trying again; 5,000 ms unless told. */
  readonly busyMs?: number;
  /** How long `close` waits for a disk that does not take what is waiting; 10,000 ms unless told. */
  readonly closeMs?: number;
  readonly onEvent?: (event: LedgerEvent) => void;
}

const RESTART_MS = 1_000;
const DROPS_TOLD_MS = 1_000;

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

  let worker: Worker | undefined;
  let lastId = 0;
  let batch: Value[] = [];
  let batchCount = 0;
  let cancelFlush: (() => void) | undefined;
  let waiting = 0;
  let dropped = 0;
  let failing: string | undefined;
  let closing = false;
  /** Batches the worker has not said to be on disk; given again to a new worker should this one die. */
  const posted = new Map<number, { readonly order: Order; readonly count: number }>();
  const asked = new Map<number, { resolve(value: readonly never[]): void; reject(error: Error): void }>();
  let flushes: { readonly upTo: number; done(): void }[] = [];

  // Drops.
  let untold = 0;
  let untoldMessage = '';
  function drop(count: number, message: string): void {
    dropped += count;
    untoldMessage = message;
    if (untold === 0) world.after(DROPS_TOLD_MS, tellDrops);
    untold += count;
  }
  function tellDrops(): void {
    if (untold === 0) return;
    onEvent({ type: 'dropped', count: untold, message: untoldMessage });
    untold = 0;
  }

  // Out.
  function send(order: Order): void {
    worker?.postMessage(order);
    holdProcess();
  }
  /** A process may end by itself when nothing is on its way to disk. */
  function holdProcess(): void {
    if (posted.size + asked.size > 0) worker?.ref();
    else worker?.unref();
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
  function ask(order: Order): Promise<readonly never[]> {
    return new Promise((resolve, reject) => {
      if (closing && order.type !== 'close') return reject(new Error(`the ledger "${file}" is closed`));
      asked.set(order.id, { resolve, reject });
      send(order);
    });
  }

  // In.
  function hear(news: News): void {
    switch (news.type) {
      case 'written': {
        const done = posted.get(news.id);
        posted.delete(news.id);
        waiting -= done?.count ?? 0;
        if (news.lost > 0) drop(news.lost, `the database refuses them: ${news.message}`);
        settleFlushes();
        break;
      }
      case 'failing':
        failing = news.message;
        onEvent({ type: 'failing', message: `the ledger "${file}" cannot be written: ${news.message}` });
        break;
      case 'recovered':
        failing = undefined;
        onEvent({ type: 'recovered' });
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
    holdProcess();
  }
  function settleFlushes(): void {
    const oldest = posted.keys().next().value ?? Number.POSITIVE_INFINITY;
    const over = flushes.filter(({ upTo }) => upTo < oldest);
    if (over.length === 0) return;
    flushes = flushes.filter(({ upTo }) => upTo >= oldest);
    for (const { done } of over) done();
  }

  // The thread's life.
  async function start(): Promise<void> {
    const started = await startWorker({ file, busyMs }, hear);
    worker = started;
    started.unref();
    started.once('exit', () => {
      worker = undefined;
      for (const { reject } of asked.values()) reject(new Error(`the ledger's thread for "${file}" stopped`));
      asked.clear();
      if (closing) return;
      failing = 'its thread stopped';
      onEvent({ type: 'failing', message: `the ledger "${file}" cannot be written: its thread stopped and is started again` });
      restart();
    });
    for (const { order } of posted.values()) send(order);
  }
  function restart(): void {
    world.after(RESTART_MS, () => {
      if (closing) return;
      start().then(
        () => hear({ type: 'recovered' }),
        () => restart(),
      );
    });
  }

  await start();

  const flush = (): Promise<void> => {
    post();
    return new Promise((done) => {
      flushes.push({ upTo: lastId, done });
      settleFlushes();
    });
  };

  return {
    book(records) {
      if (closing) return drop(records.length, 'the ledger is closed');
      for (const record of records) {
        if (waiting >= waitingMax) {
          drop(1, `${waitingMax} records are waiting to be written`);
          continue;
        }
        pushRow(batch, record);
        batchCount += 1;
        waiting += 1;
        if (batchCount >= batchMax) post();
      }
      if (batchCount > 0) cancelFlush ??= world.after(flushMs, post);
    },
    async usage(query) {
      post();
      lastId += 1;
      return (await ask({ type: 'usage', id: lastId, query })) as readonly UsageSum[];
    },
    async records(query) {
      post();
      lastId += 1;
      return (await ask({ type: 'records', id: lastId, query })) as readonly UsageRecord[];
    },
    flush,
    async close() {
      if (closing) return;
      const written = flush();
      closing = true;
      let cancel = () => {};
      const patience = new Promise<void>((resolve) => {
        cancel = world.after(closeMs, resolve);
      });
      await Promise.race([written, patience]);
      cancel();
      lastId += 1;
      if (worker) await ask({ type: 'close', id: lastId }).catch(() => undefined);
      await worker?.terminate();
      if (waiting > 0) drop(waiting, 'the ledger was closed before they could be written');
      tellDrops();
    },
    get state() {
      return { waiting, dropped, ...(failing !== undefined && { failing }) };
    },
  };
}

function startWorker(start: WorkerStart, hear: (news: News) => void): Promise<Worker> {
  // From sources this file is `.ts` and so is its neighbour; compiled, both are `.js`.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./sqlite-worker.${extension}`, import.meta.url), { workerData: start, name: 'headgate-ledger' });
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', (news: News) => {
      if (news.type === 'ready') resolve(worker);
      else if (news.type === 'refused') reject(new Error(`ledger: ${news.message}`));
      else hear(news);
    });
  });
}
