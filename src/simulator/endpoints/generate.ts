import type { Asked, Dialect } from '../../dialects/dialect.ts';
import { sseText } from '../../dialects/sse.ts';
import type { ModelFacts } from '../../model/facts.ts';
import { HeadgateError } from '../../model/failure.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Part } from '../../model/part.ts';
import type { ModelReply } from '../../model/reply.ts';
import type { ModelRequest } from '../../model/request.ts';
import type { Usage } from '../../model/usage.ts';
import { jsonSaid, type Said } from '../answer.ts';
import type { CacheSplit, CacheStore } from '../cache.ts';
import { servedFacts } from '../models.ts';
import { compose } from '../reply/compose.ts';
import { type Prompt, promptOf } from '../reply/prompt.ts';
import { spelled } from '../reply/spelled.ts';
import { type Checked, firstBroken, isRefusal, type Refusal, type VendorRule } from '../rules/rule.ts';
import { cacheOf } from '../state.ts';
import { type Block, promptBlocks } from '../tokens.ts';
import type { Context, Endpoint } from './context.ts';
import { unreported, unreportedFrame } from './unreported.ts';
import { usageOf } from './usage.ts';

/** What sets one wire format's generating endpoint apart from the others'. */
export interface Format {
  readonly dialect: Dialect;
  readonly rules: readonly VendorRule[];
  unknownModel(model: string): Refusal;
  tooLong(tokens: number, most: number): Refusal;
  /** The body with what the server remembers put in; absent: the format remembers nothing. */
  remembered?(context: Context): JsonObject | Refusal;
  /** The prompt's tokens by what the cache makes of them. */
  cached(store: CacheStore, asked: Seen, blocks: readonly Block[]): CacheSplit;
  thought(text: string, asked: Seen): Part | undefined;
  newCallId(context: Context): string;
  newReplyId(context: Context): string;
  /** What the vendor says of usage besides the tokens. */
  readonly usage: Partial<Usage>;
  /** The same for a line of a batch, where it differs. */
  readonly lineUsage?: Partial<Usage>;
  /** Last touches to the answer before it is encoded. */
  dressed?(reply: ModelReply, asked: Seen): ModelReply;
  /** The answer's body from the answer, where one encoding is not enough. */
  encoded?(reply: ModelReply, asked: Asked, seen: Seen): JsonObject;
  /** The answer's events, where one encoding is not enough. */
  streamed?(events: readonly string[], reply: ModelReply, asked: Asked, seen: Seen): readonly string[];
  /** The answer has been given. */
  keep?(wire: JsonObject, seen: Seen): void;
  readonly streamHeaders: Readonly<Record<string, string>>;
  inStreamError(kind: 'overloaded' | 'error', sequence: number): string;
}

/** A request understood. */
export interface Seen {
  readonly context: Context;
  readonly wire: JsonObject;
  readonly model: string;
  readonly facts: ModelFacts;
  readonly request: ModelRequest;
  readonly prompt: Prompt;
}

/** The endpoint that generates answers in a format. */
export const generating =
  (format: Format): Endpoint =>
  (context) => {
    const seen = understood(format, context, false);
    if ('message' in seen) return seen;
    const { facts, request, prompt } = seen;
    const blocks = promptBlocks(request);
    const promptTokens = blocks.reduce((sum, { tokens }) => sum + tokens, 0);
    if (promptTokens > (facts.contextTokens ?? Number.POSITIVE_INFINITY)) return format.tooLong(promptTokens, facts.contextTokens!);

    const scripted = context.directions.reply;
    const composed = compose({
      request,
      facts,
      prompt,
      scripted,
      body: Buffer.from(context.request.body).toString(),
      thought: (text) => format.thought(text, seen),
      newCallId: () => format.newCallId(context),
    });
    const limited = context.spend(promptTokens + composed.outputTokens);
    if (limited) return limited;
    const split = format.cached(cacheOf(context.state, context.key), seen, blocks);
    const plain: ModelReply = {
      id: format.newReplyId(context),
      model: scripted?.servedModel ?? seen.model,
      createdS: Math.floor(context.nowMs / 1000),
      parts: composed.parts,
      finish: composed.finish,
      usage: {
        ...usageOf(split, composed, scripted?.usage),
        ...format.usage,
        ...(context.request.customId !== undefined && format.lineUsage),
      },
    };
    return said(format, seen, format.dressed?.(plain, seen) ?? plain);
  };

/** The endpoint that only counts a prompt's tokens in a format. */
export const counting =
  (format: Format): Endpoint =>
  (context) => {
    const seen = understood(format, context, true);
    if ('message' in seen) return seen;
    const limited = context.spend(0);
    if (limited) return limited;
    const tokens = promptBlocks(seen.request).reduce((sum, block) => sum + block.tokens, 0);
    return jsonSaid(200, format.dialect.encodeCount?.(tokens) ?? { input_tokens: tokens });
  };

/** The request by the vendor's rules and through the codec; or what the vendor has against it. */
function understood(format: Format, context: Context, isCount: boolean): Seen | Refusal {
  const model = String(context.wire['model'] ?? '');
  const facts = servedFacts(model, context.vendor, context.models);
  if (context.wire['model'] && !facts) return format.unknownModel(model);
  const wire = format.remembered?.(context) ?? context.wire;
  if (isRefusal(wire)) return wire;
  const { headers, customId } = context.request;
  const checked: Checked = { wire, model, facts: facts ?? NO_MODEL, headers, counting: isCount, batched: customId !== undefined };
  const refusal = firstBroken(format.rules, checked);
  if (refusal) return refusal;
  try {
    const request = format.dialect.decodeRequest(isCount ? countable(wire) : wire);
    return { context, wire, model, facts: checked.facts, request, prompt: promptOf(request) };
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    const { message, param } = error.failure;
    return { status: 400, type: 'invalid_request_error', message, ...(param !== undefined && { param }) };
  }
}

function said(format: Format, seen: Seen, reply: ModelReply): Said {
  const { context, request } = seen;
  const asked: Asked = { nowS: Math.floor(context.nowMs / 1000), request, losses: [] };
  const whole = unreported(format.encoded?.(reply, asked, seen) ?? format.dialect.encodeReply(reply, asked).wire);
  format.keep?.(whole, seen);
  if (!request.stream) return jsonSaid(200, whole);
  const encoder = format.dialect.encodeStream(asked);
  const frames = [...spelled(reply, context.directions.timing?.chunks)].flatMap((event) => encoder.push(event));
  const events = [...frames, ...encoder.end()].map((frame) => sseText(unreportedFrame(frame)));
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', ...format.streamHeaders },
    pieces: format.streamed?.(events, reply, asked, seen) ?? events,
    streamed: true,
    inStreamError: format.inStreamError,
  };
}

/** A counting request has no answer to cap; the codec of the generating one wants to see a cap. */
const countable = (wire: JsonObject): JsonObject => ('messages' in wire ? { max_tokens: 1, ...wire } : wire);

/** For a request that names no model; the rules refuse it. */
const NO_MODEL: ModelFacts = servedFacts('sim-none', 'openai', [])!;
