import type { Caller } from './caller.ts';
import type { Failure } from './failure.ts';
import type { JsonObject } from './json.ts';
import type { Money } from './money.ts';
import type { CallerDialect } from './part.ts';

/** Many calls handed in at once and answered later: at half the price where a provider has a batch API, when there is room elsewhere. */
export interface Job {
  /** `batch_` and 32 hexadecimal digits. */
  readonly id: string;
  readonly caller: Caller;
  /** The format its lines are written in and answered in. */
  readonly dialect: CallerDialect;
  readonly operation: JobOperation;
  /** `cancelling`: nothing new is sent, what is under way may still be answered. `ended`: every line has its outcome. */
  readonly state: 'running' | 'cancelling' | 'ended';
  readonly counts: LineCounts;
  readonly createdMs: number;
  /** Lines without an answer are `expired` from then on. */
  readonly expiresMs: number;
  readonly cancelledMs?: number;
  readonly endedMs?: number;
  /** What its lines have cost so far, those without a price left out; and what the same would have cost one by one. */
  readonly cost: Money;
  readonly syncCost: Money;
  /** What whoever made it wants to find again; kept as it is. */
  readonly settings: JsonObject;
}

/** How long a job that has ended is kept with its results, in milliseconds: as long as Anthropic keeps them. */
export const JOB_KEPT_MS = 29 * 86_400_000;

/** Answers, or vectors: counts of tokens are not asked in jobs. */
export type JobOperation = 'generate' | 'embed';

/** `waiting`: not sent; `sent`: at a provider, or being asked. The others are outcomes. */
export const LINE_STATES = ['waiting', 'sent', 'succeeded', 'errored', 'cancelled', 'expired'] as const;
export type LineState = (typeof LINE_STATES)[number];
export type LineOutcome = Exclude<LineState, 'waiting' | 'sent'>;
export type LineCounts = { readonly [S in LineState]: number };

/** One call of a job as it is handed in. */
export interface NewLine {
  /** The caller's own name for it, unique within the job. */
  readonly customId: string;
  /** The request's body, JSON in the job's format. */
  readonly body: string;
  /** On whose account it is, where that is not the job's. */
  readonly caller?: Caller;
}

/** What became of a line. */
export interface LineResult {
  /** Its place in the job, from 0. */
  readonly line: number;
  readonly customId: string;
  readonly outcome: LineOutcome;
  /** The answer's HTTP status: 200 for `succeeded`, an error's own for `errored`; absent where nothing was answered. */
  readonly status?: number;
  /** The answer or error as JSON in the job's format; absent where nothing was answered. */
  readonly body?: string;
  /** Names its row in the ledger. */
  readonly callId?: string;
  /** Absent where nothing was booked; null where it has no price. */
  readonly cost?: Money | null;
  /** What of it its target could not be told and a caller may notice, counted; absent where that is nothing. */
  readonly losses?: number;
  /** The request's body, where it was asked for. */
  readonly asked?: string;
}

/** What is asked of a new job. */
export interface JobTerms {
  readonly caller: Caller;
  readonly dialect: CallerDialect;
  readonly operation: JobOperation;
  /** How long until lines without an answer expire, in milliseconds; 24 hours unless told. */
  readonly windowMs?: number;
  /** `sync`: its lines are asked one by one, at low priority, although a provider has a batch API. */
  readonly via?: 'batch' | 'sync';
  /** In the words of `x-headgate-on-loss`. */
  readonly onLoss?: string;
  readonly settings?: JsonObject;
}

/** Why a line cannot be asked. */
export interface LineProblem {
  /** Its place in the job, from 0. */
  readonly line: number;
  readonly customId?: string;
  readonly failure: Failure;
}

/** Which jobs are listed. */
export interface JobQuery {
  readonly owner?: string;
  /** Only jobs in formats of this vendor. */
  readonly vendor?: 'openai' | 'anthropic';
  readonly limit: number;
  readonly before?: string;
  readonly after?: string;
}

/** Jobs of a gateway. An owner, the id of a gateway key, sees its own; undefined sees all. */
export interface Jobs {
  /**
   * Takes a job over: once it resolves, the job outlives this process. Lines that cannot be asked are among its
   * results as `errored`; when there is no other, or a budget has too little left for all of it, the job is refused.
   */
  create(
    terms: JobTerms,
    lines: Iterable<NewLine> | AsyncIterable<NewLine>,
  ): Promise<Job | (Failure & { readonly problems?: readonly LineProblem[] })>;
  /** What would be wrong with lines, and what they are about to cost, without making a job. */
  estimate(terms: JobTerms, lines: Iterable<NewLine> | AsyncIterable<NewLine>): Promise<JobEstimate | Failure>;
  get(id: string, owner?: string): Promise<Job | undefined>;
  /** Newest first; `before` and `after` name jobs, older ones and newer ones than which are wanted. */
  list(query: JobQuery): Promise<{
    readonly jobs: readonly Job[];
    readonly more: boolean;
  }>;
  /** Begins to cancel what is not answered; the job as it is then. One that has ended stays as it is. */
  cancel(id: string, owner?: string): Promise<Job | undefined>;
  /** Forgets a job that has ended, results and all; false when there is none, or it has not. */
  delete(id: string, owner?: string): Promise<boolean>;
  /** What became of its lines so far, in the order they were handed in; `asked`: with what was asked. */
  results(id: string, options?: { readonly asked?: boolean }): AsyncIterable<LineResult>;
}

/** What a job would come to. */
export interface JobEstimate {
  readonly lines: number;
  readonly problems: readonly LineProblem[];
  readonly inputTokens: number;
  /** About the most, as batches and one by one; null where some of it has no price. */
  readonly batchCost: Money | null;
  readonly syncCost: Money | null;
  /** Lines by the target they would go to first, `provider/model`, and whether as a batch. */
  readonly targets: readonly { readonly target: string; readonly lines: number; readonly batch: boolean }[];
}

/** A file kept for a caller: what OpenAI's batches are made of. */
export interface StoredFile {
  /** `file-` and 32 hexadecimal digits. */
  readonly id: string;
  readonly owner: string;
  readonly purpose: string;
  readonly filename: string;
  readonly bytes: number;
  readonly createdMs: number;
  /** Forgotten from then on. */
  readonly expiresMs: number;
}

/** What is said of a file that is handed in. */
export type FileDescription = Pick<StoredFile, 'purpose' | 'filename'> & {
  /** How long it is kept, in milliseconds; 30 days unless told. */
  readonly keepMs?: number;
};

/** Files of a gateway's callers. */
export interface Files {
  /** Keeps what comes, of any length; what it is called may be known only once all of it is there. */
  add(owner: string, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, described: () => FileDescription): Promise<StoredFile>;
  get(id: string, owner?: string): Promise<StoredFile | undefined>;
  list(query: { readonly owner?: string; readonly purpose?: string; readonly limit: number; readonly after?: string }): Promise<{
    readonly files: readonly StoredFile[];
    readonly more: boolean;
  }>;
  content(id: string): AsyncIterable<Uint8Array>;
  delete(id: string, owner?: string): Promise<boolean>;
}
