import type { ModelFacts } from '../model/facts.ts';
import type { Failure } from '../model/failure.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { Encoded, Loss } from '../model/loss.ts';
import type { Machine } from '../model/machine.ts';
import type { DialectName } from '../model/part.ts';
import type { Finish, ModelEvent, ModelReply } from '../model/reply.ts';
import type { ModelRequest } from '../model/request.ts';
import type { Usage } from '../model/usage.ts';
import type { Frame } from './sse.ts';

/**
 * A wire format, both ways, as pure functions. One half is what a server of the format needs (our
 * front door, the simulator), the other what a client needs (calling a provider).
 */
export interface Dialect {
  readonly name: DialectName;
  /** Where requests are posted, below a provider's base URL. */
  readonly path: string;
  /** Where a request's tokens are counted, below a provider's base URL; absent: the format cannot. */
  readonly countPath?: string;
  /** The request field whose elements are the canonical `turns`, for messages to callers: `messages` or `input`. */
  readonly turnsField: string;

  // The server half.
  /** Throws `invalid` (with `param`) when the wire is not of the format. */
  decodeRequest(wire: Json): ModelRequest;
  encodeReply(reply: ModelReply, asked: Asked): Encoded<JsonObject>;
  /** Emits native frames for any lawful event sequence, the native error frame for `fail` included. */
  encodeStream(asked: Asked): StreamEncoder;
  /**
   * The event that ends a stream and says nothing else. An answer whose finish was told is whole without it, and
   * some servers forget it. Absent: the last event holds the answer.
   */
  readonly lastFrame?: Frame;
  encodeFailure(failure: Failure): FailedAnswer;
  /** The error as one frame of a running stream, for a relay that must end a cut one. `sequence`: frames sent so far. */
  frameFailure(failure: Failure, sequence: number): Frame;

  // The client half.
  encodeRequest(request: ModelRequest, facts: ModelFacts): EncodedRequest;
  /** Throws a `HeadgateError` when the body itself says the call failed, and `broken` when it is not of the format. */
  decodeReply(wire: Json): ModelReply;
  decodeStream(): Machine<Frame, ModelEvent>;
  /** `nowMs` (Unix): what dates are counted from in an answer without a `date`; without either, dates say nothing. */
  decodeFailure(answer: FailedAnswer, nowMs?: number): Failure;

  // Beside an untouched answer.
  /** Reads what a relay needs to know from an answer it passes on untouched. */
  observe(streaming: boolean): Observer;

  // Counting.
  /** The request as the counting endpoint takes it: the generating request less the fields it refuses. */
  countRequest?(wire: JsonObject): JsonObject;
  /** `{ input_tokens: 12 }` and its like, both ways. */
  encodeCount?(inputTokens: number): JsonObject;
  decodeCount?(wire: Json): number;
}

/** What an encoder of answers must know besides the answer. */
export interface Asked {
  /** Unix seconds now, for formats that date an answer whose provider did not. */
  readonly nowS: number;
  /** The caller's request as decoded from the caller's own dialect: for echoes, and for what it asked to see. */
  readonly request: ModelRequest;
  /** What the way there lost; goes into the answer beside its own losses, under the key `headgate`. */
  readonly losses: readonly Loss[];
}

/** A request for a provider: the body, headers the dialect needs (lower case), what was lost, and tool names that had to change. */
export interface EncodedRequest extends Encoded<JsonObject> {
  readonly headers: Readonly<Record<string, string>>;
  /** Name sent to the provider → name the caller knows; only those that differ. */
  readonly toolNames?: ReadonlyMap<string, string>;
  /** Names (as the caller knows them) of custom tools sent as functions with one string field `input`. */
  readonly wrappedTools?: ReadonlySet<string>;
}

/** Events to frames; `losses` grows while it runs (the reply's own, not those of `Asked`), and may be added to until the end. */
export interface StreamEncoder extends Machine<ModelEvent, Frame> {
  readonly losses: Loss[];
}

/** An answer outside 2xx, read whole. Header names are lower case. */
export interface FailedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What one event of a stream, or a whole body, means to a relay. */
export type Sighting =
  /** Nothing the caller's program would act on: the call may still be tried elsewhere. */
  | 'preamble'
  | 'content'
  /** The event that properly ends a stream; a whole body that is an answer. */
  | 'end'
  | 'fail';

/**
 * Reads bytes on their way past. `see` gets one whole SSE event (its lines, without the blank line
 * that ends it) or, when not streaming, the whole body. Must agree with the full decoder (law 8),
 * and must be cheap: it may look at bytes before it decides to parse.
 */
export interface Observer {
  see(bytes: Buffer): Sighting;
  readonly finish: Finish | undefined;
  readonly usage: Usage | undefined;
  readonly servedModel: string | undefined;
  readonly failure: Failure | undefined;
}
