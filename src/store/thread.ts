import { Worker } from 'node:worker_threads';
import type { World } from '../world/world.ts';
import type { News, Order, WorkerStart } from './messages.ts';

/** The worker the database lives in, started again when it dies. */
export interface Thread {
  /** False, and the order lost, when the worker is not there at the moment. */
  send(order: Order): boolean;
  /** Whether the process must not end by itself. */
  hold(on: boolean): void;
  stop(): Promise<void>;
}

/** What is heard of the thread. */
export interface ThreadEvents {
  hear(news: News): void;
  /** It died, and is tried to be started again until it is there or `stop` was called. */
  stopped(reason: string): void;
  restarted(): void;
}

const RESTART_MS = 1_000;

/** Starts the worker; rejects with its reason when it cannot open the database. */
export async function startThread(start: WorkerStart, events: ThreadEvents, world: World): Promise<Thread> {
  let worker: Worker | undefined;
  let stopping = false;

  async function launch(): Promise<void> {
    const launched = await launchWorker(start, events.hear);
    if (stopping) {
      await launched.terminate();
      return;
    }
    worker = launched;
    launched.unref();
    let reason = 'its thread stopped';
    launched.on('error', (error) => {
      reason = `its thread stopped: ${error instanceof Error ? error.message : String(error)}`;
    });
    launched.once('exit', () => {
      worker = undefined;
      if (stopping) return;
      events.stopped(reason);
      again();
    });
  }
  function again(): void {
    world.after(RESTART_MS, () => {
      if (!stopping) launch().then(events.restarted, again);
    });
  }

  await launch();
  return {
    send(order) {
      worker?.postMessage(order);
      return worker !== undefined;
    },
    hold: (on) => (on ? worker?.ref() : worker?.unref()),
    async stop() {
      stopping = true;
      await worker?.terminate();
    },
  };
}

function launchWorker(start: WorkerStart, hear: (news: News) => void): Promise<Worker> {
  // From sources this file is `.ts` and so is its neighbour; compiled, both are `.js`.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData: start, name: 'headgate-store' });
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', (news: News) => {
      if (news.type === 'ready') resolve(worker);
      else if (news.type === 'refused') reject(new Error(`ledger: ${news.message}`));
      else hear(news);
    });
  });
}
