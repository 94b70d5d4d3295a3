import { readlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { Keep } from '../accounting/keep.ts';
import { connect } from './connect.ts';
import { type Database, DatabaseError } from './database.ts';
import type { News, Order, WorkerStart } from './messages.ts';
import { migrate } from './migrate.ts';
import { createSweeper } from './retention.ts';
import { rowsIn } from './row.ts';
import { runTask } from './tasks.ts';
import { createWriter } from './writer.ts';

/** The thread the database lives in: SQLite's calls block, and a checkpoint may take tens of milliseconds. */
const port = parentPort;
if (!port) throw new Error('worker.ts runs as a worker of the store only');
const tell = (news: News): void => port.postMessage(news);

yieldToCalls();
try {
  const { location, patience, keep } = workerData as WorkerStart;
  const db = await connect(location, patience);
  await migrate(db);
  serve(db, keep);
  tell({ type: 'ready' });
} catch (error) {
  tell({ type: 'refused', message: messageOf(error) });
  port.close();
}

/**
 * Lets the threads that answer callers go first where they share a core with this one: a checkpoint would
 * otherwise hold up a call for a whole time slice. Linux names threads; elsewhere nothing changes.
 */
function yieldToCalls(): void {
  try {
    os.setPriority(Number(path.basename(readlinkSync('/proc/thread-self'))), os.constants.priority.PRIORITY_LOW);
  } catch {
    // Without the right to, or without /proc, the thread stays as it is.
  }
}

function serve(db: Database, keep: Keep): void {
  const sweep = createSweeper(db, keep);
  let nowMs = 0;
  const write = createWriter(
    db,
    {
      written(id, lost, message) {
        sweep(nowMs);
        tell({ type: 'written', id, lost, message });
      },
      failing: (message) => tell({ type: 'failing', message }),
      recovered: () => tell({ type: 'recovered' }),
    },
    (ms, work) => setTimeout(work, ms),
  );
  port?.on('message', (order: Order) => {
    switch (order.type) {
      case 'rows':
        nowMs = order.nowMs;
        write({ id: order.id, rows: rowsIn(order.values) });
        return;
      case 'task':
        void answer(db, order).then(tell);
        return;
      case 'close':
        void db.close().finally(() => tell({ type: 'closed' }));
        return;
      default:
        order satisfies never;
    }
  });
}

async function answer(db: Database, { id, name, input }: Order & { type: 'task' }): Promise<News> {
  try {
    return { type: 'answer', id, value: await runTask(db, name, input) };
  } catch (error) {
    return { type: 'error', id, message: messageOf(error), passing: error instanceof DatabaseError && error.passing };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
