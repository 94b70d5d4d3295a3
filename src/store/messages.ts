import type { UsageRecord } from '../accounting/record.ts';
import type { Value } from './database.ts';
import type { RecordQuery, UsageQuery, UsageSum } from './ledger.ts';
import type { SqliteOptions } from './sqlite.ts';

/** What the ledger's worker is started with. */
export type WorkerStart = SqliteOptions;

/** From the ledger to its worker. */
export type Order =
  /** Rows in one flat list of values, `COLUMNS` of them each. */
  | { readonly type: 'rows'; readonly id: number; readonly nowMs: number; readonly values: readonly Value[] }
  | { readonly type: 'usage'; readonly id: number; readonly query: UsageQuery }
  | { readonly type: 'records'; readonly id: number; readonly query: RecordQuery }
  | { readonly type: 'close'; readonly id: number };

/** From the worker to the ledger. */
export type News =
  | { readonly type: 'ready' }
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'written'; readonly id: number; readonly lost: number; readonly message: string }
  | { readonly type: 'failing'; readonly message: string }
  | { readonly type: 'recovered' }
  | { readonly type: 'answer'; readonly id: number; readonly value: readonly UsageSum[] | readonly UsageRecord[] }
  | { readonly type: 'error'; readonly id: number; readonly message: string };
