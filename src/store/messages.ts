import type { Keep } from '../accounting/keep.ts';
import type { Location, Patience } from './connect.ts';
import type { Value } from './database.ts';
import type { TaskName } from './tasks.ts';

/** What the database's worker is started with. */
export interface WorkerStart {
  readonly location: Location;
  readonly patience: Patience;
  readonly keep: Keep;
}

/** To the worker. Batches and questions are numbered apart. */
export type Order =
  /** Rows in one flat list of values, `COLUMNS` of them each; `nowMs` says how old what is kept has become. */
  | { readonly type: 'rows'; readonly id: number; readonly nowMs: number; readonly values: readonly Value[] }
  | FeedOrder
  | { readonly type: 'task'; readonly id: number; readonly name: TaskName; readonly input: unknown }
  | { readonly type: 'close' };

/** To take records of the journal to the database: those of one segment, between two places in it. */
export interface FeedOrder {
  readonly type: 'feed';
  readonly segment: string;
  readonly from: number;
  readonly to: number;
  /** Nothing will follow: once the database has it all, the segment is removed. */
  readonly over: boolean;
  readonly nowMs: number;
}

/** How far the journal was taken over. */
export interface FeedNews {
  readonly type: 'fed';
  readonly segment: string;
  /** The database has everything before this place but for what is counted here. */
  readonly at: number;
  readonly records: number;
  /** Records that were no longer what had been written, and are in quarantine. */
  readonly damaged: number;
  /** Records the database will never take, and why not. */
  readonly refused: number;
  readonly message: string;
  readonly removed: boolean;
}

/** What became of a batch of rows, or of writing them at all. */
export type RowsNews =
  | { readonly type: 'written'; readonly id: number; readonly lost: number; readonly message: string }
  | FeedNews
  | { readonly type: 'failing'; readonly cause: Cause; readonly message: string }
  | { readonly type: 'recovered'; readonly cause: Cause };

/** What keeps records from being taken over. */
export type Cause = 'database' | 'journal';

/** What became of a question. `passing` as in `DatabaseError`. */
export type TaskNews =
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly message: string; readonly passing: boolean };

/** From the worker. */
export type News =
  | { readonly type: 'ready' }
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'closed' }
  | RowsNews
  | TaskNews;
