import type { Failure } from './failure.ts';
import type { DialectName } from './part.ts';
import type { Finish } from './reply.ts';
import type { Tokens, Usage } from './usage.ts';

/** A model at a provider, in the dialect it will be asked in: the smallest thing a call can be sent to. */
export interface Target {
  readonly provider: string;
  readonly model: string;
  readonly dialect: DialectName;
}

/** Why it was made: the call's first; another at a target that failed; one elsewhere; or one beside another that is late. */
/** `starved`: the one before came to its limit while reasoning, and this one has a larger. */
export type AttemptReason = 'first' | 'retry' | 'fallback' | 'hedge' | 'starved';

/** One try at one target, as it went. Exactly one of `finish` and `failure` is set once it is over. */
export interface Attempt {
  readonly target: Target;
  /** Absent: told from its place and its target. */
  readonly reason?: AttemptReason;
  readonly startedAtMs: number;
  /** From the start to the first byte of content, in milliseconds. */
  readonly firstContentMs?: number;
  readonly durationMs: number;
  readonly finish?: Finish;
  readonly failure?: Failure;
  readonly usage?: Usage;
  /** Our own estimate of what `usage` does not tell, where the answer began, or nobody waited for it, and its provider did not report all. */
  readonly counted?: Tokens;
  /** The model that served it, from the answer. */
  readonly servedModel?: string;
  /** Losses of this attempt's translation that a caller may notice. */
  readonly losses: number;
  /** Whether the caller has seen any of it. A delivered attempt is never tried again. */
  readonly delivered: boolean;
}
