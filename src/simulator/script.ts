import type { Citation } from '../model/part.ts';
import type { Finish } from '../model/reply.ts';
import type { Tokens } from '../model/usage.ts';

/**
 * What the simulator does, as plain JSON. Of the rules that match a request, the first that has a
 * `reply` gives the reply, the first that has a `fault` the fault, and so on; what no rule gives is
 * made up from the request.
 */
export type Script = readonly ScriptRule[];

export interface ScriptRule {
  /** Absent: every request. */
  readonly when?: When;
  readonly reply?: ScriptedReply;
  readonly timing?: Timing;
  /** An empty object means: none, whatever later rules say. */
  readonly fault?: Fault;
  readonly rateLimit?: RateLimit;
  /** How a request's body is taken in. Decided before it comes: a rule that asks for something in it does not hold yet. */
  readonly upload?: ScriptedUpload;
  /** How a batch goes, from the rule for the request that creates it. */
  readonly batch?: BatchPlan;
  /** What becomes of the result of a batch's line, from the rule for the line. */
  readonly line?: ScriptedLine;
}

/** All conditions must hold. */
export interface When {
  /** The model's name; `*` stands for any characters. */
  readonly model?: string;
  /** A piece of the request's path, e.g. `messages`. */
  readonly path?: string;
  /** A piece of the request's body, as sent. */
  readonly contains?: string;
  /** A request header and a piece of its value, by lower-case name. */
  readonly header?: Readonly<Record<string, string>>;
  /** The `custom_id` of a batch's line, `*` for any characters; holds for no other request. */
  readonly customId?: string;
  /** Only so many of the requests for which all other conditions hold, as a part of 1; which ones follows from the seed. */
  readonly chance?: number;
  /** Something the request uses. */
  readonly feature?: Feature;
  /** Only the n-th request (from 1) for which all other conditions hold; or several of them. */
  readonly nth?: number | readonly number[];
  /** Only the first so many requests for which all other conditions hold. */
  readonly times?: number;
}

export const FEATURES = ['stream', 'tools', 'toolResults', 'media', 'structured', 'reasoning'] as const;
export type Feature = (typeof FEATURES)[number];

export interface ScriptedReply {
  readonly text?: string;
  /** A thought before the answer; sealed as the vendor seals it. */
  readonly reasoning?: string;
  readonly toolCalls?: readonly ScriptedCall[];
  /** The model refuses, in these words. */
  readonly refusal?: string;
  /** Sources of `text`. */
  readonly citations?: readonly Citation[];
  /** Default: what the rest implies. */
  readonly finish?: Finish['reason'];
  /** Tokens by meter, instead of the counted ones; meters not named are counted. */
  readonly usage?: Tokens & { readonly reasoning?: number };
  /** The text is the request's body as it was received. */
  readonly echo?: true;
  /** The model said to have served it; default: the one asked for. */
  readonly servedModel?: string;
}

export interface ScriptedCall {
  readonly name: string;
  /** An object, or the argument text as it is (broken JSON included); default: made from the tool's schema. */
  readonly arguments?: Readonly<Record<string, unknown>> | string;
  readonly id?: string;
}

export interface Timing {
  /** From the request to the first byte of the body, in milliseconds; a stream's headers go out at once. Default 0. */
  readonly firstMs?: number;
  /** Between two writes, in milliseconds. Default 0. */
  readonly chunkMs?: number;
  /** Bytes per write, across events and inside characters; default: one event per write. */
  readonly chunkBytes?: number;
  /** How many deltas each part is streamed in; default: one per word. */
  readonly chunks?: number;
}

/**
 * Something going wrong. Positions are in bytes of the body (0: before the headers, for `stall` and
 * `reset`) or in whole events of a stream.
 */
export interface Fault {
  /** Refuses with this status, in the vendor's error shape. */
  readonly status?: number;
  readonly type?: string;
  readonly code?: string;
  readonly message?: string;
  readonly param?: string;
  /** How the refusal says when to come back. */
  readonly retryAfter?: RetryAfter;
  /** `x-should-retry`. */
  readonly shouldRetry?: boolean;
  /** More headers of the refusal. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The refusal is a proxy's HTML page (`true`) or this text, not the vendor's JSON. */
  readonly htmlBody?: true | string;
  /** Nothing at all for so long, headers included. */
  readonly slowFirstByteMs?: number;
  /** The body ends early, and the connection as if it were complete. */
  readonly cutAtByte?: number;
  readonly cutAfterEvents?: number;
  /** Nothing more comes and nothing ends. */
  readonly stallAtByte?: number;
  readonly stallAfterEvents?: number;
  /** Nothing comes for `pauseMs` after so many events, then the rest. */
  readonly pauseAfterEvents?: number;
  readonly pauseMs?: number;
  /** The connection is reset. */
  readonly resetAtByte?: number;
  readonly resetAfterEvents?: number;
  /** Bytes that are neither JSON nor UTF-8 stand in the place of the right ones. */
  readonly garbageAtByte?: number;
  /** The next event is one of broken JSON. */
  readonly garbageAfterEvents?: number;
  /** An error event inside a 200 stream, after which it ends. */
  readonly inStream?: 'overloaded' | 'error';
  /** Events before the `inStream` error. Default 3. */
  readonly afterEvents?: number;
  /** The stream's last event (`[DONE]`, `message_stop`, `response.completed`) never comes. */
  readonly noLastEvent?: true;
}

export type RetryAfter =
  /** `retry-after: 2`. */
  | { readonly seconds: number }
  /** `retry-after-ms: 1500`. */
  | { readonly ms: number }
  /** `retry-after: Wed, 21 Oct 2026 07:28:00 GMT`, so many seconds from now. */
  | { readonly dateInSeconds: number };

/** Limits per API key, refilled evenly; what the vendor's headers say follows from them. */
export interface RateLimit {
  readonly requestsPerMinute?: number;
  /** Input and output together. */
  readonly tokensPerMinute?: number;
}

/** The way of a request's body. */
export interface ScriptedUpload {
  /** Bytes taken each second; over a socket, the far side is made to wait. Default: as they come. */
  readonly bytesPerS?: number;
  /** The connection is reset after so many bytes, if there are more. */
  readonly resetAtByte?: number;
}

/**
 * How a batch goes. Its lines are requests like any other: a rule that matches one has its reply, its fault and its
 * time. A line that stalls is never answered and expires with its batch.
 */
export interface BatchPlan {
  /** In `validating`, in milliseconds; Anthropic does not say that it does. Default 0. */
  readonly validatingMs?: number;
  /** Lines worked on at the same time, in the order asked. Default: all. */
  readonly atOnce?: number;
  /** From the last answer, or the end of the day a batch is given, to the results, in milliseconds. Default 0. */
  readonly finalizingMs?: number;
  /** From `cancel` to the end, in milliseconds: what was begun before may be done by then, nothing else begins. Default 0. */
  readonly cancellingMs?: number;
  /** Results in the order asked. Default: in the order done, and of those done at once in any. */
  readonly inOrder?: true;
  /** OpenAI's limit on the tokens of all batches of a key that wait; one too many fails after validating. Default: none. */
  readonly enqueuedTokensMax?: number;
  /** OpenAI fails it after validating, for this. */
  readonly failed?: { readonly code: string; readonly message: string };
}

/** The way of a line's result into its batch's. */
export interface ScriptedLine {
  /** How often its result is given. Default 1; 0 loses it. */
  readonly copies: number;
}
