import type { Target } from '../model/attempt.ts';
import type { ModelFacts } from '../model/facts.ts';
import type { Failure } from '../model/failure.ts';
import type { Loss } from '../model/loss.ts';
import type { Machine } from '../model/machine.ts';
import type { DialectName } from '../model/part.ts';
import type { Finish } from '../model/reply.ts';
import type { ModelRequest } from '../model/request.ts';
import type { Usage } from '../model/usage.ts';

/** What is asked for: an answer, the size of a question, or vectors. */
export type Operation = 'generate' | 'count' | 'embed';

/** What a caller asked, with as much read as routing needs and the rest still in bytes. */
export interface Inbound {
  readonly operation: Operation;
  readonly dialect: DialectName;
  readonly body: Buffer;
  /** Caller headers that belong to its dialect (`anthropic-version`, `anthropic-beta`, `openai-organization`, …), lower case: they go along when relayed, and are part of the meaning when translated. */
  readonly headers: Readonly<Record<string, string>>;
  readonly head: Head;
  /** The whole request in canonical form; decoded on first use, then kept. Throws `invalid`. */
  decode(): ModelRequest;
}

/** Top-level facts of a request body, read without building the document. */
export interface Head {
  readonly model: string;
  readonly stream: boolean;
  readonly maxOutputTokens?: number;
  readonly hasTools: boolean;
  /** `reasoning_effort` or the like, where it is a top-level string. */
  readonly effort?: string;
}

/** How one request goes to one target and how the answer comes back. Pure: bytes in, bytes and facts out. */
export type Lane = (inbound: Inbound, target: Target, facts: ModelFacts, nowS: number) => Outbound;

/** A request ready to send; `losses` are known before anything is sent. */
export interface Outbound {
  readonly path: string;
  /** Dialect headers, lower case; the transport adds keys and lengths. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly losses: readonly Loss[];
  /** How the caller's dialect frames the answer: `application/json` or `text/event-stream`. */
  readonly contentType: string;
  /** A fresh machine for a 2xx answer. */
  answer(): AnswerMachine;
  /** The failure a non-2xx answer means. */
  failure(answer: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }): Failure;
}

/** Upstream bytes in, what to deliver out — already in the caller's dialect. */
export interface AnswerMachine extends Machine<Buffer, Delivery> {
  /** Bytes that end a delivered stream with an explicit error in the caller's dialect. */
  cut(failure: Failure): Buffer;
  /** Whether the bytes delivered so far end where an event ends, so that a comment may be slipped in. */
  readonly atBoundary: boolean;
  readonly servedModel: string | undefined;
}

export type Delivery =
  /** `content`: the first such ends the right to try elsewhere. */
  | { readonly type: 'bytes'; readonly bytes: Buffer; readonly content: boolean }
  | { readonly type: 'end'; readonly finish: Finish; readonly usage?: Usage; readonly losses: readonly Loss[] }
  | { readonly type: 'fail'; readonly failure: Failure };
