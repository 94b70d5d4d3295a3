import type { Failure } from '../../../model/failure.ts';
import { isList, isObject, type Json, type JsonObject } from '../../../model/json.ts';
import type { Machine } from '../../../model/machine.ts';
import type { Part } from '../../../model/part.ts';
import type { ModelEvent } from '../../../model/reply.ts';
import { openAIFailureOfError } from '../../openai-failure.ts';
import type { Frame } from '../../sse.ts';
import { accumulate } from '../accumulate.ts';
import { decodeAnnotation } from '../annotations.ts';
import { CHAT, extraOf, less } from '../fields.ts';
import { finishOf } from '../finish.ts';
import { decodeAnswerPart, replyExtra } from '../reply/decode.ts';
import { REASONING_FIELDS } from '../request/decode-messages.ts';
import { decodeUsage } from '../usage.ts';
import { createCalls } from './calls.ts';
import { deltaOf, firstChoice, indexOf, isEmpty, otherChoices, textIn, usageIn } from './chunk.ts';

/**
 * Chat Completions chunks to events. A chunk never says a part is over: text, thoughts and refusals
 * end when another part begins; tool calls, which may grow side by side, at the end. The answer is
 * over at `[DONE]` or the end of the stream, for usage comes after the word that ends it.
 */
export function decodeStream(): Machine<Frame, ModelEvent> {
  const calls = createCalls();
  const head = { id: '', model: '', created: 0 };
  /** The one speech (text, refusal, thoughts) being written. */
  let speech: { readonly kind: string; readonly index: number } | undefined;
  let refused = false;
  let opened = 0;
  let started = false;
  let over = false;
  let word: string | undefined;
  let usage: JsonObject | undefined;
  let tier: string | undefined;
  let top: JsonObject = {};
  let rest: JsonObject = {};
  let message: JsonObject = {};
  let annotations: readonly Json[] = [];
  const others = new Map<number, JsonObject>();

  const parts = {
    next: () => opened++,
    get replyId() {
      return head.id;
    },
  };

  function* start(): Generator<ModelEvent> {
    if (started) return;
    started = true;
    yield { type: 'start', id: head.id, model: head.model, ...(head.created > 0 && { createdS: head.created }) };
  }

  function* quiet(): Generator<ModelEvent> {
    if (speech) yield { type: 'close', index: speech.index };
    speech = undefined;
  }

  function* speak(kind: string, part: Part, text: string): Generator<ModelEvent> {
    if (speech?.kind !== kind) {
      yield* quiet();
      speech = { kind, index: parts.next() };
      yield { type: 'open', index: speech.index, part };
      if (kind === 'text') yield* cite();
    }
    if (text) yield { type: 'delta', index: speech.index, text };
  }

  /** Annotations wait for a text to belong to. */
  function* cite(): Generator<ModelEvent> {
    if (speech?.kind !== 'text') return;
    for (const annotation of annotations) yield { type: 'amend', index: speech.index, with: { citation: decodeAnnotation(annotation) } };
    annotations = [];
  }

  function* readContent(content: Json | undefined): Generator<ModelEvent> {
    if (typeof content === 'string' && content !== '') yield* speak('text', { type: 'text', text: '' }, content);
    // Mistral's thoughts and the texts between them come as lists of parts.
    for (const wire of isList(content) ? content : []) {
      const part = decodeAnswerPart(wire);
      if (part.type === 'text') yield* speak('text', { ...part, text: '' }, part.text);
      else if (part.type === 'reasoning') yield* speak('thinking', { ...part, text: '' }, part.text);
      else {
        yield* quiet();
        const index = parts.next();
        yield { type: 'open', index, part };
        yield { type: 'close', index };
      }
    }
  }

  function* readDelta(delta: JsonObject): Generator<ModelEvent> {
    const { content, refusal, tool_calls: fragments, function_call: called, annotations: cited } = delta;
    const thoughts = REASONING_FIELDS.find((field) => textIn(delta[field]) !== '');
    // Some servers say each thought twice, once in either field.
    const said = REASONING_FIELDS.filter((field) => isEmpty(delta[field]) || (thoughts && delta[field] === delta[thoughts]));
    if (thoughts) yield* speak(thoughts, { type: 'reasoning', text: '', ...extraOf({ [thoughts]: null }) }, textIn(delta[thoughts]));
    yield* readContent(content);
    if (textIn(refusal)) {
      refused = true;
      yield* speak('refusal', { type: 'refusal', text: '' }, textIn(refusal));
    }
    if (isList(cited)) annotations = [...annotations, ...cited];
    yield* cite();
    if ((isList(fragments) && fragments.length > 0) || isObject(called)) yield* quiet();
    yield* calls.read(fragments, parts);
    yield* calls.readFunction(called, parts);
    message = accumulate(message, less(delta, [...DELTA_FIELDS, ...said]));
  }

  function* read(chunk: JsonObject): Generator<ModelEvent> {
    const { id, created, model, service_tier: served } = chunk;
    head.id ||= textIn(id);
    head.model ||= textIn(model);
    if (typeof created === 'number') head.created ||= created;
    if (typeof served === 'string') tier = served;
    usage = usageIn(chunk) ?? usage;
    top = accumulate(top, less(chunk, CHUNK_FIELDS));
    for (const choice of otherChoices(chunk)) others.set(indexOf(choice), grown(others.get(indexOf(choice)), choice));
    const choice = firstChoice(chunk);
    if (!choice) return;
    yield* start();
    const { finish_reason: reason, logprobs } = choice;
    rest = accumulate(rest, { ...less(choice, CHOICE_FIELDS), ...(isObject(logprobs) && { logprobs }) });
    yield* readDelta(deltaOf(choice));
    if (typeof reason === 'string' && reason !== '') word = reason;
  }

  /** `said`: the provider itself called it the end. Some then leave out the word for it, after a call or with the bill. */
  function* finish(said: boolean): Generator<ModelEvent> {
    if (over) return;
    over = true;
    if (word === undefined && !(said && started && (calls.any || usage))) {
      yield { type: 'fail', failure: { kind: 'interrupted', message: 'the provider ended the stream without a finish_reason' } };
      return;
    }
    if (calls.nameless) {
      yield { type: 'fail', failure: { kind: 'broken', message: 'the provider called a tool without naming it' } };
      return;
    }
    yield* quiet();
    yield* calls.end();
    yield {
      type: 'finish',
      finish: finishOf(word, { calls: calls.any, refusal: refused }),
      ...(usage && { usage: decodeUsage(usage, tier) }),
      ...replyExtra({
        top: { ...top, ...(!usage && tier !== undefined && { service_tier: tier }) },
        choice: rest,
        message: { ...message, ...(annotations.length > 0 && { annotations }) },
        others: [...others].sort(([a], [b]) => a - b).map(([, choice]) => choice),
      }),
    };
  }

  function* fail(failure: Failure): Generator<ModelEvent> {
    over = true;
    yield { type: 'fail', failure };
  }

  return {
    push(frame) {
      if (over) return [];
      if (frame.data.trim() === '[DONE]') return [...finish(true)];
      const seen = sighted(frame);
      return 'chunk' in seen ? [...read(seen.chunk)] : [...fail(seen.failure)];
    },
    end: () => [...finish(false)],
  };
}

const CHUNK_FIELDS = ['error', 'id', 'object', 'created', 'model', 'choices', 'usage', 'service_tier', 'obfuscation'];
const CHOICE_FIELDS = ['index', 'delta', 'message', 'finish_reason', 'logprobs'];
const DELTA_FIELDS = ['role', 'content', 'refusal', 'tool_calls', 'function_call', 'annotations'];

/** A frame's chunk, or the failure it tells or is. */
export function sighted({ event, data }: Frame): { readonly chunk: JsonObject } | { readonly failure: Failure } {
  let wire: Json;
  try {
    wire = JSON.parse(data) as Json;
  } catch {
    return { failure: { kind: 'broken', message: 'the provider sent an event that is not JSON' } };
  }
  if (!isObject(wire)) return { failure: { kind: 'broken', message: 'the provider sent an event that is no object' } };
  const { error } = wire;
  if (isObject(error)) return { failure: openAIFailureOfError(error, CHAT) };
  // A `null` says that there is no error; a text is one all the same.
  if (error) return { failure: openAIFailureOfError({ message: error }, CHAT) };
  if (event === 'error') return { failure: openAIFailureOfError(wire, CHAT) };
  return { chunk: wire };
}

/** A choice beyond the first, put together from its fragments as it would stand in an answer not streamed. */
function grown(before: JsonObject | undefined, { delta, ...fields }: JsonObject): JsonObject {
  return accumulate(before ?? {}, { ...fields, message: isObject(delta) ? delta : {} });
}
