import type { RateLimits } from './limits.ts';
import type { DialectName } from './part.ts';

/** An address that speaks one or more dialects, with keys: plain data. */
export interface Provider {
  readonly name: string;
  /** Dialects it speaks, preferred first. */
  readonly dialects: readonly DialectName[];
  /** Without a trailing slash; dialect paths are appended: OpenAI's ends in `/v1`, Anthropic's does not. */
  readonly baseUrl: string;
  /** Empty: the provider takes none. */
  readonly keys: readonly string[];
  /** Shares of the calls that each key takes, relative to each other; absent: equal ones. */
  readonly keyWeights?: readonly number[];
  /** Sent with every request, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** HTTP proxy address the requests go through. */
  readonly proxy?: string;
  readonly connectMs: number;
  /** From the request's last byte to the answer's first. */
  readonly firstByteMs: number;
  /** From the start of an attempt that streams to its first word or call; absent: as long as it takes. */
  readonly firstContentMs?: number;
  /** Longest silence inside an answer. */
  readonly stallMs: number;
  /** How much longer the time-outs are with each further attempt of a call; 1: as long as the first. */
  readonly timeoutGrowth?: number;
  /** Most connections held open at once. */
  readonly connectionsMax: number;
  /** How fast it may be asked; absent: as fast as it takes. */
  readonly limits?: RateLimits;
  /** How much it is given to do at once; absent: as much as is asked of it. */
  readonly concurrency?: { readonly underWayMax: number; readonly waitingMax: number; readonly waitMsMax: number };
  /** Whether streams may be asked for usage (`stream_options.include_usage`); some compatible servers refuse the field. */
  readonly includeUsage: boolean;
  /** Whether jobs are handed to its vendor's batch API; absent: where it has one. */
  readonly batch?: boolean;
  /** Whose model rules apply when the catalogue does not know a model. */
  readonly vendor: 'openai' | 'anthropic' | 'other';
}
