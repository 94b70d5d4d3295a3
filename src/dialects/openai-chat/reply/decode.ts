import { createHash } from 'node:crypto';
import { HeadgateError } from '../../../model/failure.ts';
import { isList, isObject, type Json, type JsonObject } from '../../../model/json.ts';
import type { Part } from '../../../model/part.ts';
import type { ModelReply } from '../../../model/reply.ts';
import { openAIFailureOfError } from '../../openai-failure.ts';
import { type Taker, take } from '../../take.ts';
import { decodeAnnotation } from '../annotations.ts';
import { CHAT, extraOf, own, restOf } from '../fields.ts';
import { finishOf } from '../finish.ts';
import { decodeReasoning, functionCallId } from '../request/decode-messages.ts';
import { decodeThinking } from '../request/decode-parts.ts';
import { decodeUsage } from '../usage.ts';

/** A Chat Completion. A body that tells of an error, or is of no such form, throws the failure it is. */
export function decodeReply(wire: Json): ModelReply {
  if (isObject(wire) && wire['error']) {
    throw new HeadgateError(openAIFailureOfError(isObject(wire['error']) ? wire['error'] : { message: wire['error'] }, CHAT));
  }
  if (!isObject(wire) || !isList(wire['choices']) || !isObject(wire['choices'][0])) {
    throw new HeadgateError({ kind: 'broken', message: 'the provider answered with something that is no chat completion' });
  }
  try {
    return decoded(wire, wire['choices'], wire['choices'][0]);
  } catch (error) {
    // The reader speaks of the caller's request; here the provider is at fault.
    if (!(error instanceof HeadgateError)) throw error;
    throw new HeadgateError({ kind: 'broken', message: `the provider's answer is malformed: ${error.failure.message}` }, { cause: error });
  }
}

function decoded(wire: JsonObject, choices: readonly Json[], first: JsonObject): ModelReply {
  const fields = take(wire, '');
  fields.leave('choices');
  fields.leave('object');
  fields.leave('error');
  const id = fields.maybeString('id') ?? '';
  const choice = take(first, 'choices[0]');
  choice.leave('index');
  if (!choice.has('logprobs')) choice.leave('logprobs');
  // Some servers answer an unstreamed request with a `delta` all the same, beside the message or instead of it.
  const message = take(choice.has('message') ? choice.object('message') : choice.object('delta'), 'choices[0].message');
  const { parts, annotations } = decodeMessage(message, first['message'] ?? first['delta']!, id);
  const usage = fields.maybeObject('usage');
  const tier = fields.maybeString('service_tier');
  const finish = finishOf(choice.maybeString('finish_reason'), {
    calls: parts.some(({ type }) => type === 'toolCall'),
    refusal: parts.some(({ type }) => type === 'refusal'),
  });
  const created = fields.maybeNumber('created');
  return {
    id,
    model: fields.maybeString('model') ?? '',
    ...(created !== undefined && { createdS: created }),
    parts,
    finish,
    ...(usage && { usage: decodeUsage(usage, tier) }),
    ...replyExtra({
      top: { ...own(restOf(fields).extra), ...(!usage && tier !== undefined && { service_tier: tier }) },
      choice: own(restOf(choice).extra),
      message: { ...own(restOf(message).extra), ...(annotations.length > 0 && { annotations }) },
      others: choices.slice(1),
    }),
  };
}

/** What of an answer has no place in the canonical form, by where it stood. */
export function replyExtra({ top, choice, message, others }: Leftovers) {
  return extraOf({
    ...top,
    ...(Object.keys(choice).length > 0 && { choice }),
    ...(Object.keys(message).length > 0 && { message }),
    ...(others.length > 0 && { choices: others }),
  });
}

export interface Leftovers {
  readonly top: JsonObject;
  /** Of the first choice, `message` apart. */
  readonly choice: JsonObject;
  /** Of the first choice's message. */
  readonly message: JsonObject;
  /** The choices after the first, whole. */
  readonly others: readonly Json[];
}

function decodeMessage(fields: Taker, wire: Json, replyId: string): { readonly parts: Part[]; readonly annotations: readonly Json[] } {
  fields.leave('role');
  const reasoning = decodeReasoning(fields, wire);
  const annotations = fields.maybeList('annotations') ?? [];
  const content = withCitations(decodeAnswer(fields.maybe('content')), annotations);
  const refusal = fields.maybeString('refusal');
  const calls = (fields.maybeList('tool_calls') ?? []).map((call, i) => decodeCall(call, i, replyId));
  const older = fields.maybeObject('function_call');
  return {
    parts: [
      ...reasoning,
      ...content.parts,
      ...(refusal ? [{ type: 'refusal' as const, text: refusal }] : []),
      ...calls,
      ...(older ? [decodeFunctionCall(older)] : []),
    ],
    annotations: content.left,
  };
}

/** Text, or Mistral's list of thoughts and texts. Empty text is no part: a stream would not show one either. */
function decodeAnswer(content: Json | undefined): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return isList(content) ? content.map(decodeAnswerPart) : [];
}

/** One part of an answer whose content is a list. */
export function decodeAnswerPart(wire: Json): Part {
  if (isObject(wire) && wire['type'] === 'text' && typeof wire['text'] === 'string') {
    const { type: _, text, ...rest } = wire;
    return { type: 'text', text: text as string, ...extraOf(rest) };
  }
  const thought = isObject(wire) && wire['type'] === 'thinking' ? decodeThinking(wire) : undefined;
  return thought ?? { type: 'opaque', dialect: CHAT, wire };
}

/** Annotations belong to the message; its text carries them, where there is one. */
function withCitations(parts: Part[], annotations: readonly Json[]): { readonly parts: Part[]; readonly left: readonly Json[] } {
  const at = parts.findIndex(({ type }) => type === 'text');
  const text = parts[at];
  if (annotations.length === 0 || text?.type !== 'text') return { parts, left: annotations };
  return { parts: parts.with(at, { ...text, citations: annotations.map(decodeAnnotation) }), left: [] };
}

function decodeCall(wire: Json, index: number, replyId: string): Part {
  const fields = take(wire, `choices[0].message.tool_calls[${index}]`);
  fields.leave('index');
  const custom = fields.maybeString('type') === 'custom' || fields.has('custom');
  const key = custom ? 'custom' : 'function';
  const called = take(fields.object(key), fields.at(key));
  const written = called.maybe(custom ? 'input' : 'arguments') ?? '';
  return {
    type: 'toolCall',
    id: fields.maybeString('id') || callIdFor(replyId, index),
    name: called.string('name'),
    // Some servers write the arguments as the object itself.
    arguments: typeof written === 'string' ? written : JSON.stringify(written),
    ...(custom && { custom: true }),
    ...restOf(fields, { [key]: called }),
  };
}

/** An id for a call that came without: the same for the same answer, streamed or not. */
export const callIdFor = (replyId: string, index: number): string =>
  `call_${createHash('sha256').update(`${replyId}\n${index}`).digest('hex').slice(0, 24)}`;

function decodeFunctionCall(wire: JsonObject): Part {
  const call = take(wire, 'choices[0].message.function_call');
  const name = call.string('name');
  const written = call.maybeString('arguments') ?? '';
  // The marker says that it was called the old way.
  return {
    type: 'toolCall',
    id: functionCallId(0),
    name,
    arguments: written,
    ...extraOf({ ...own(restOf(call).extra), function_call: null }),
  };
}
