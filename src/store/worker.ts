import { readlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { connect } from './connect.ts';
import type { News, WorkerStart } from './messages.ts';
import { migrate } from './migrate.ts';
import { realDisk } from './real-disk.ts';
import { serve } from './serve.ts';

/** The thread the database lives in: SQLite's calls block, and a checkpoint may take tens of milliseconds. */
const port = parentPort;
if (!port) throw new Error('worker.ts runs as a worker of the store only');
const tell = (news: News): void => port.postMessage(news);

yieldToCalls();
try {
  const { location, patience, keep } = workerData as WorkerStart;
  const db = await connect(location, patience);
  await migrate(db);
  const after = (ms: number, work: () => void) => void setTimeout(work, ms);
  port.on('message', serve({ db, disk: realDisk, keep, tell, after }));
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
