import type { Failure } from './failure.ts';
import type { JobTerms, LineState } from './job.ts';
import type { Money } from './money.ts';

/** A call that may be answered later, up to its deadline: at half the price where a provider has a batch API. */
export interface DeferredCall {
  /** `deferred_`, 32 hexadecimal digits, `_` and a number. */
  readonly id: string;
  /** `waiting`: not sent; `sent`: at a provider, or being asked. The others are outcomes. */
  readonly state: LineState;
  readonly createdMs: number;
  /** It has its outcome by then: no later than what was asked for, at times a little sooner. */
  readonly deadlineMs: number;
  /** The answer's or the error's HTTP status and body, in the format it was asked in; absent while there is none. */
  readonly answer?: { readonly status: number; readonly body: string };
  /** Names its row in the ledger; absent until it has one. */
  readonly callId?: string;
  /** Absent where nothing was booked; null where it has no price. */
  readonly cost?: Money | null;
  /** The request's body. */
  readonly asked: string;
}

/** What is asked of a deferred call beside its body. */
export interface DeferTerms extends Pick<JobTerms, 'caller' | 'dialect' | 'operation' | 'onLoss'> {
  /** How long the answer may take, in milliseconds. */
  readonly windowMs: number;
  /** The name of a webhook of the configuration, told once there is an outcome. */
  readonly webhook?: string;
}

/** Deadlines are no nearer and no farther than this, in milliseconds: one minute, seven days. */
export const DEFER_MS_MIN = 60_000;
export const DEFER_MS_MAX = 7 * 86_400_000;

/** Deferred calls of a gateway. An owner, the id of a gateway key, sees its own; undefined sees all. */
export interface Deferrals {
  /** Takes a call over: once it resolves, the call outlives this process. */
  add(terms: DeferTerms, body: string): Promise<DeferredCall | Failure>;
  get(id: string, owner?: string): Promise<DeferredCall | undefined>;
}
