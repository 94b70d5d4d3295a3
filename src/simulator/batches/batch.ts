import type { JsonObject } from '../../model/json.ts';
import type { BatchPlan } from '../script.ts';
import type { Vendor } from '../vendor.ts';

/** A batch is given a day; what is not answered by then expires. */
export const WINDOW_MS = 86_400_000;

/** A batch of either vendor. What it is at a moment follows from the moments below: it is worked on when someone looks. */
export interface Batch {
  readonly id: string;
  readonly vendor: Vendor;
  /** The API key it came with: to others it is not there. */
  readonly key: string;
  readonly createdMs: number;
  /** When its lines have been read through. */
  readonly validatedMs: number;
  readonly plan: BatchPlan;
  /** Where its lines go, and with which headers. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** OpenAI's: as it was asked for; empty for Anthropic's. */
  readonly wire: JsonObject;
  /** Reads the lines once validating is over, or says why there will be none; gone when it has. */
  validate?: () => Valid | Invalid;
  /** Tokens that wait in it, by its bytes. */
  readonly tokens: number;
  /** What its lines ask: empty until validated, and again when nothing more is asked. */
  requests: readonly LineRequest[];
  /** What became of each. Empty until validated. */
  lines: readonly Line[];
  problems: readonly Problem[];
  /** How many lines have been begun. */
  begun: number;
  /** When those being worked on will be done, soonest first; kept where the plan limits how many. */
  readonly busy: number[];
  /** When the last of those begun will be done. */
  busyUntilMs: number;
  /** When validating ended well: its first line was begun. */
  startedMs?: number;
  failedMs?: number;
  cancelMs?: number;
  /** When no line was to be answered any more. */
  settledMs?: number;
  /** When its results are there. */
  endedMs?: number;
  /** OpenAI's: the model of all its lines. */
  model?: string;
  /** OpenAI's: tokens of all that was answered well. */
  usage?: JsonObject;
  /** OpenAI's: files of results, by id. */
  outputFile?: string;
  errorFile?: string;
  /** Anthropic's: its results, one JSON text each. */
  results?: readonly string[];
}

/** What a line asks. */
export interface LineRequest {
  readonly customId: string;
  /** Made when it is asked, so that a batch is in memory once. */
  readonly body: () => Uint8Array;
}

/** A line of a batch, and what became of it. */
export interface Line {
  readonly customId: string;
  /** When it is answered: never, where it stalls; absent until it is begun. */
  doneMs?: number;
  outcome?: Outcome;
  /** How often its result is given. */
  copies: number;
}

/** What became of a line; an answer may be a refusal, by its status. */
export type Outcome =
  | { readonly type: 'answered'; readonly status: number; readonly requestId: string; readonly body: string }
  | { readonly type: 'cancelled' }
  | { readonly type: 'expired' };

/** What OpenAI has against an input file. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  /** From 1; null where it is of no one line. */
  readonly line: number | null;
  readonly param: string | null;
}

/** Lines that may be asked. */
export interface Valid {
  readonly requests: readonly LineRequest[];
  /** OpenAI's: the one model all of them ask. */
  readonly model?: string;
}

/** An input file that fails its batch. */
export interface Invalid {
  readonly problems: readonly Problem[];
}

type Start = Pick<
  Batch,
  'id' | 'vendor' | 'key' | 'createdMs' | 'validatedMs' | 'plan' | 'path' | 'headers' | 'wire' | 'validate' | 'tokens'
>;

/** A batch that was just created: nothing of it has been done. */
export const newBatch = (start: Start): Batch => ({
  ...start,
  requests: [],
  lines: [],
  problems: [],
  begun: 0,
  busy: [],
  busyUntilMs: 0,
});

/** Whether a line was answered by the moment, and how well. */
export function verdictAt({ doneMs, outcome }: Line, nowMs: number): 'waits' | 'succeeded' | 'failed' | 'cancelled' | 'expired' {
  if (outcome === undefined) return 'waits';
  if (outcome.type !== 'answered') return outcome.type;
  if (doneMs === undefined || doneMs > nowMs) return 'waits';
  return outcome.status < 300 ? 'succeeded' : 'failed';
}
