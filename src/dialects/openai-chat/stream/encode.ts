import type { Failure } from '../../../model/failure.ts';
import { mergeExtra } from '../../../model/fold.ts';
import { isList, isObject, type JsonObject } from '../../../model/json.ts';
import type { Extra, Part, ToolCall } from '../../../model/part.ts';
import type { ModelEvent } from '../../../model/reply.ts';
import type { Asked, StreamEncoder } from '../../dialect.ts';
import { Losses, report } from '../../losses.ts';
import { openAIError } from '../../openai-failure.ts';
import type { Frame } from '../../sse.ts';
import { CHAT, given, less, own, spread } from '../fields.ts';
import { calledAsFunction, callId, encodeFinish, tellBoundary, tellReasoning } from '../reply/encode.ts';
import { headOf, leftoversOf, type ReplyHead } from '../reply/head.ts';
import { speaksOfFunctions } from '../request/decode.ts';
import { REASONING_FIELDS } from '../request/decode-messages.ts';
import { encodeTier, encodeUsage } from '../usage.ts';

/**
 * Events as Chat Completions chunks. Usage has a chunk of its own, only for callers who asked: its
 * empty `choices` crashes naive clients. `[DONE]` follows a finish and never an error.
 */
export function encodeStream(asked: Asked): StreamEncoder {
  const losses = new Losses(CHAT);
  let functions = speaksOfFunctions(asked.request);
  const wantsUsage = asksForUsage(asked);
  const open = new Map<number, Open>();
  let head: ReplyHead | undefined;
  /** What was known of the answer at its start; said at its end with the rest. */
  let early: Extra | undefined;
  let calls = 0;
  let texts = 0;
  let over = false;

  const frame = (fields: JsonObject): Frame => ({
    data: JSON.stringify({
      id: '',
      object: 'chat.completion.chunk',
      created: 0,
      model: '',
      ...head,
      ...(wantsUsage && { usage: null }),
      ...fields,
    }),
  });
  const chunk = (delta: JsonObject): Frame => frame({ choices: [{ index: 0, delta, logprobs: null, finish_reason: null }] });

  function* begin(index: number, part: Part): Generator<Frame> {
    const path = `parts[${index}]`;
    switch (part.type) {
      case 'text':
        tellBoundary(part, path, texts++, calls, losses);
        losses.extra(path, part.extra);
        open.set(index, { kind: 'text', field: 'content' });
        for (const [n, citation] of (part.citations ?? []).entries())
          losses.dropped(`${path}.citations[${n}]`, citation, 'behavior', NO_CITATIONS);
        if (part.text) yield chunk({ content: part.text });
        break;
      case 'refusal':
        losses.extra(path, part.extra);
        open.set(index, { kind: 'text', field: 'refusal' });
        if (part.text) yield chunk({ refusal: part.text });
        break;
      case 'reasoning': {
        const rest = losses.extra(path, part.extra);
        const field = REASONING_FIELDS.find((name) => rest[name] === null) ?? (rest['thinking'] === null ? 'reasoning_content' : undefined);
        open.set(index, field ? { kind: 'text', field } : { kind: 'hidden', part });
        if (field && part.text) yield chunk({ [field]: part.text });
        break;
      }
      case 'toolCall':
        yield* beginCall(index, part, path);
        break;
      case 'opaque':
        losses.dropped(path, part.wire, 'content', `only ${part.dialect} understands this part`);
        break;
      case 'media':
      case 'toolResult':
        losses.dropped(path, part, 'content', `openai-chat has no ${part.type} in streamed answers`);
        break;
      default:
        part satisfies never;
    }
  }

  function* beginCall(index: number, part: Part & ToolCall, path: string): Generator<Frame> {
    functions ||= calledAsFunction(part);
    const rest = less(losses.extra(path, part.extra), ['function_call']);
    const { name, arguments: written } = part;
    if (functions && calls > 0) {
      losses.dropped(path, part, 'content', 'the caller declared functions, of which an answer calls one');
      return;
    }
    const call: Open = { kind: 'call', at: calls++, custom: part.custom ?? false, written: written !== '' };
    open.set(index, call);
    if (functions) yield chunk({ function_call: { name, arguments: written } });
    else {
      const id = callId(part.id, path, losses);
      const called: JsonObject = call.custom
        ? { type: 'custom', custom: { name, input: written } }
        : { type: 'function', function: { name, arguments: written } };
      yield chunk({ tool_calls: [spread({ index: call.at, id, ...called }, rest)] });
    }
  }

  function* grow(index: number, text: string): Generator<Frame> {
    const part = open.get(index);
    if (!part || text === '') return;
    if (part.kind === 'text') yield chunk({ [part.field]: text });
    else if (part.kind === 'hidden') part.part = { ...part.part, text: part.part.text + text };
    else yield growCall(part, text);
  }

  function growCall(call: OpenCall, text: string): Frame {
    call.written = true;
    if (functions) return chunk({ function_call: { arguments: text } });
    return chunk({ tool_calls: [{ index: call.at, ...(call.custom ? { custom: { input: text } } : { function: { arguments: text } }) }] });
  }

  function* close(index: number): Generator<Frame> {
    const part = open.get(index);
    open.delete(index);
    if (part?.kind === 'hidden') tellReasoning(part.part, `parts[${index}]`, losses);
    // Callers parse the arguments as they come: nothing at all is no JSON.
    if (part?.kind === 'call' && !part.written && !part.custom) yield growCall(part, '{}');
  }

  function amend({ index, with: { seal, citation, extra } }: Extract<ModelEvent, { type: 'amend' }>): void {
    const path = `parts[${index}]`;
    const part = open.get(index);
    if (citation) losses.dropped(`${path}.citations`, citation, 'behavior', NO_CITATIONS);
    if (seal && part?.kind === 'hidden') part.part = { ...part.part, seal };
    else if (seal) losses.dropped(`${path}.seal`, seal, 'none', 'openai-chat has no seals');
    losses.extra(path, extra);
  }

  function* finish(event: Extract<ModelEvent, { type: 'finish' }>): Generator<Frame> {
    for (const index of [...open.keys()]) yield* close(index);
    const { top, choice, message, others } = leftoversOf(mergeExtra(early, event.extra), losses);
    for (const [i, other] of others.entries()) if (isObject(other)) yield frame({ choices: [streamed(other, i + 1, losses)] });
    const finish_reason = encodeFinish(event.finish, functions, losses);
    const last: JsonObject = { index: 0, delta: message, logprobs: null, finish_reason };
    yield frame({
      ...spread({ choices: [spread(last, choice)], ...given({ service_tier: encodeTier(event.usage) }) }, top),
      ...report([...asked.losses, ...losses.list]),
    });
    if (wantsUsage && event.usage) yield frame({ choices: [], usage: encodeUsage(event.usage) });
    yield { data: '[DONE]' };
  }

  function* step(event: ModelEvent): Generator<Frame> {
    switch (event.type) {
      case 'start':
        head = headOf(event, asked);
        early = event.extra;
        yield chunk({ role: 'assistant', content: '', refusal: null });
        break;
      case 'open':
        yield* begin(event.index, event.part);
        break;
      case 'delta':
        yield* grow(event.index, event.text);
        break;
      case 'amend':
        amend(event);
        break;
      case 'close':
        yield* close(event.index);
        break;
      case 'finish':
        over = true;
        yield* finish(event);
        break;
      case 'fail':
        over = true;
        yield frameFailure(event.failure);
        break;
      case 'opaque':
        losses.dropped('', event.wire, 'none', `only ${event.dialect} has this event`);
        break;
      default:
        event satisfies never;
    }
  }

  return {
    losses: losses.list,
    push: (event) => (over ? [] : [...step(event)]),
    end: () => (over ? [] : [...step({ type: 'fail', failure: { kind: 'interrupted', message: 'the answer broke off before its end' } })]),
  };
}

/** The error as a frame; what a provider of this format said, as it said it. The SDK throws on `error` alone. */
export function frameFailure(failure: Failure): Frame {
  const said = failure.kind !== 'denied' && failure.wire?.dialect === CHAT ? failure.wire.body : undefined;
  return {
    data: JSON.stringify(
      isObject(said) && isObject(said['error']) && typeof said['error']['message'] === 'string' ? said : { error: openAIError(failure) },
    ),
  };
}

type Open =
  | { readonly kind: 'text'; readonly field: string }
  /** Thoughts, gathered for the report only. */
  | { readonly kind: 'hidden'; part: Extract<Part, { type: 'reasoning' }> }
  | OpenCall;

interface OpenCall {
  readonly kind: 'call';
  /** Its place among the calls, whatever else the answer holds. */
  readonly at: number;
  readonly custom: boolean;
  written: boolean;
}

const NO_CITATIONS = 'openai-chat streams carry no citations';

function asksForUsage({ request }: Asked): boolean {
  const options = own(request.extra)['stream_options'];
  return isObject(options) && options['include_usage'] === true;
}

/** A choice beyond the first as one chunk's choice: its whole message as the delta, its calls numbered as fragments are. */
function streamed({ message, finish_reason, ...choice }: JsonObject, index: number, losses: Losses): JsonObject {
  const said = isObject(message) ? message : {};
  const calls = isList(said['tool_calls']) ? said['tool_calls'].filter(isObject).filter(isCall) : [];
  if (isList(said['tool_calls']) && calls.length < said['tool_calls'].length) {
    losses.dropped(
      `extra.${CHAT}.choices[${index - 1}].message.tool_calls`,
      said['tool_calls'],
      'content',
      'a call without an id or a name cannot be streamed',
    );
  }
  const delta = {
    ...less(said, ['tool_calls']),
    role: 'assistant',
    ...(calls.length > 0 && { tool_calls: calls.map((call, at) => ({ ...call, index: at })) }),
  };
  return { ...choice, index, delta, finish_reason: finish_reason ?? 'stop' };
}

function isCall(call: JsonObject): boolean {
  const called = call['type'] === 'custom' ? call['custom'] : call['type'] === 'function' ? call['function'] : undefined;
  const written = isObject(called) ? called[call['type'] === 'custom' ? 'input' : 'arguments'] : undefined;
  return (
    Boolean(call['id']) && typeof call['id'] === 'string' && isObject(called) && Boolean(called['name']) && typeof written === 'string'
  );
}
