import type { Deferrals } from '../model/deferred.ts';
import type { Files, Jobs } from '../model/job.ts';
import { createFiles } from './create-files.ts';
import { createJobs } from './create-jobs.ts';
import { createDeferrals } from './deferrals.ts';
import { startWorker, type WorkerRooms } from './worker.ts';

export type { FundsWant, Hooks, LineFunds, Place } from './rooms.ts';
export type { WorkerRooms } from './worker.ts';

/** Jobs, deferred calls and files of a gateway, and whoever looks after the jobs. */
export interface Batching {
  readonly jobs: Jobs;
  readonly deferrals: Deferrals;
  readonly files: Files;
  /** Begins nothing more; resolves once nothing is under way. */
  stop(): Promise<void>;
}

/** `keepMs`: how long a job that has ended is kept; `works`: whether this process looks after jobs, true unless told. */
export function createBatching(
  rooms: WorkerRooms,
  { keepMs, works = true }: { readonly keepMs: number; readonly works?: boolean },
): Batching {
  const worker = works ? startWorker(rooms, { keepMs }) : undefined;
  return {
    jobs: createJobs(rooms, () => worker?.wake()),
    deferrals: createDeferrals(rooms, () => worker?.wake()),
    files: createFiles(rooms.ask, rooms.world),
    stop: async () => worker?.stop(),
  };
}
