import { claimLetters, fireAlert, openAlerts, repeatAlert, resolveAlert, settleLetter, sweepAlerts, waitingLetters } from './alerts.ts';
import { budgetStates, holdBudgets, recountBudgets, releaseBudgets, renewHolds, sweepHolds } from './budgets.ts';
import { cacheReports, keepCacheReports } from './cache-reports.ts';
import {
  addChunk,
  chunkLines,
  chunkOfVendor,
  claimChunk,
  linesNamed,
  renewChunks,
  saveChunk,
  settleLines,
  soonestChunk,
  waitingLines,
} from './chunks.ts';
import type { Database } from './database.ts';
import { daySums } from './day-sums.ts';
import { addDeferred, claimHook, deferredCall, gatheringJob, settleHook } from './deferred.ts';
import { addFile, addPiece, dropFile, fileList, fileOf, filePiece, openFile, sweepFiles } from './files.ts';
import {
  addJob,
  addLines,
  cancelJob,
  dropJob,
  endJob,
  expireLines,
  jobList,
  jobOf,
  jobResults,
  jobsToTend,
  nextMoment,
  releaseJob,
  startJob,
  sweepJobs,
} from './jobs.ts';
import { addKey, changeKey, readKeys, rotateKey, touchKeys } from './keys.ts';
import { sweepPaces, takePaces } from './paces.ts';
import { records } from './records.ts';
import { keepTranscript, transcriptOf } from './transcripts.ts';
import { usage } from './usage.ts';

/** Work done inside the database's thread. What goes in and comes out must survive `structuredClone`. */
type Task = (db: Database, input: never) => Promise<unknown>;

/** Everything that may be asked of the database, by name. */
export const TASKS = {
  usage,
  records,
  holdBudgets,
  releaseBudgets,
  renewHolds,
  sweepHolds,
  takePaces,
  sweepPaces,
  budgetStates,
  recountBudgets,
  daySums,
  fireAlert,
  resolveAlert,
  repeatAlert,
  openAlerts,
  claimLetters,
  settleLetter,
  waitingLetters,
  sweepAlerts,
  readKeys,
  addKey,
  changeKey,
  rotateKey,
  touchKeys,
  keepTranscript,
  transcriptOf,
  addJob,
  addLines,
  startJob,
  dropJob,
  jobOf,
  jobList,
  cancelJob,
  jobsToTend,
  nextMoment,
  expireLines,
  endJob,
  releaseJob,
  jobResults,
  sweepJobs,
  gatheringJob,
  addDeferred,
  deferredCall,
  claimHook,
  settleHook,
  addChunk,
  claimChunk,
  chunkOfVendor,
  renewChunks,
  saveChunk,
  soonestChunk,
  chunkLines,
  waitingLines,
  linesNamed,
  settleLines,
  openFile,
  addPiece,
  addFile,
  fileOf,
  fileList,
  filePiece,
  dropFile,
  sweepFiles,
  keepCacheReports,
  cacheReports,
} as const satisfies Record<string, Task>;

export type TaskName = keyof typeof TASKS;
export type InputOf<N extends TaskName> = Parameters<(typeof TASKS)[N]>[1];
export type OutputOf<N extends TaskName> = Awaited<ReturnType<(typeof TASKS)[N]>>;

/** Runs the task of that name. */
export const runTask = (db: Database, name: TaskName, input: unknown): Promise<unknown> => (TASKS[name] as Task)(db, input as never);
