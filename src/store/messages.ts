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
  | { readonly type: 'task'; readonly id: number; readonly name: TaskName; readonly input: unknown }
  | { readonly type: 'close' };

/** What became of a batch of rows, or of writing them at all. */
export type RowsNews =
  | { readonly type: 'written'; readonly id: number; readonly lost: number; readonly message: string }
  | { readonly type: 'failing'; readonly message: string }
  | { readonly type: 'recovered' };

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
