import { type Failure, HeadgateError } from '../../model/failure.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Machine } from '../../model/machine.ts';
import type { Part } from '../../model/part.ts';
import type { ModelEvent } from '../../model/reply.ts';
import { readWire } from '../exact.ts';
import type { Frame } from '../sse.ts';
import { take } from '../take.ts';
import { decodeCitation } from './citations.ts';
import { decodePart, sealOf } from './decode-parts.ts';
import { failureOfError, isError } from './failure.ts';
import { decodeFinish, decodeStopDetails } from './finish.ts';
import { extraOf, NAME } from './name.ts';
import { brokenBy, restOf } from './reply.ts';
import { decodeUsage, mergeUsage, unsaidUsage } from './usage.ts';

/** A block being written. `opaque` ones are kept until they are whole: their form is not ours to cut. */
type Open =
  | { readonly kind: 'part'; readonly index: number; readonly part: Part; input: string; grown: boolean }
  | { readonly kind: 'opaque'; wire: JsonObject; json: string };

/** Messages frames to events. Ends in exactly one `finish` or `fail`, whatever the frames. */
export function decodeStream(): Machine<Frame, ModelEvent> {
  const blocks = new Map<number, Open>();
  let count = 0;
  let started = false;
  /** Events only Messages has that came before the start. */
  const early: ModelEvent[] = [];
  let over = false;
  let usage: JsonObject | undefined;
  let ending: JsonObject = {};
  let endingExtra: JsonObject = {};

  function* fail(failure: Failure): Generator<ModelEvent> {
    over = true;
    yield { type: 'fail', failure };
  }

  function* read(wire: JsonObject): Generator<ModelEvent> {
    const type = wire['type'];
    if (typeof type !== 'string') {
      yield* fail(
        isObject(wire['error']) ? failureOfError(wire) : { kind: 'broken', message: 'the provider sent a stream event without a type' },
      );
      return;
    }
    if (!started && type !== 'message_start' && KNOWN.has(type)) {
      yield* fail({ kind: 'broken', message: `the provider sent ${type} before message_start` });
      return;
    }
    switch (type) {
      case 'ping':
        return;
      case 'error':
        yield* fail(isError(wire) ? failureOfError(wire) : { kind: 'broken', message: 'the provider sent an error without saying which' });
        return;
      case 'message_start':
        if (!started) yield* start(wire['message']);
        else yield* restart();
        return;
      case 'content_block_start':
        yield* open(indexOf(wire), wire['content_block']);
        return;
      case 'content_block_delta':
        yield* grow(wire);
        return;
      case 'content_block_stop':
        yield* close(indexOf(wire));
        return;
      case 'message_delta': {
        const { type: _, delta, usage: counted, ...beside } = wire;
        if (isObject(delta)) ending = { ...ending, ...delta };
        endingExtra = { ...endingExtra, ...beside };
        if (isObject(counted)) usage = mergeUsage(usage ?? {}, counted);
        return;
      }
      case 'message_stop':
        yield* finish();
        return;
      default:
        if (started) yield { type: 'opaque', dialect: NAME, wire };
        else early.push({ type: 'opaque', dialect: NAME, wire });
    }
  }

  function* start(wire: Json | undefined): Generator<ModelEvent> {
    started = true;
    const message = take(wire, 'message');
    for (const field of ['type', 'role', 'content', 'stop_reason', 'stop_sequence', 'stop_details']) message.leave(field);
    const id = message.string('id');
    const model = message.string('model');
    usage = message.maybeObject('usage');
    yield {
      type: 'start',
      id,
      model,
      ...(usage && { usage: decodeUsage(usage) }),
      ...extraOf(restOf(message.rest(NAME).extra)),
    };
    yield* early;
  }

  /** Servers in between send it twice, or begin anew where they lost the thread. Half a call must not pass for a whole one. */
  function* restart(): Generator<ModelEvent> {
    if ([...blocks.values()].some((block) => block.kind === 'part' && block.part.type === 'toolCall')) {
      yield* fail({ kind: 'broken', message: 'the provider began a second message inside a tool call of the first' });
      return;
    }
    for (const at of [...blocks.keys()]) yield* close(at);
  }

  function* open(at: number, wire: Json | undefined): Generator<ModelEvent> {
    const part = decodePart(wire as Json, 'content_block');
    if (blocks.has(at)) yield* close(at);
    if (part.type === 'opaque') {
      blocks.set(at, { kind: 'opaque', wire: wire as JsonObject, json: '' });
      return;
    }
    const index = count;
    count += 1;
    const { empty, text, amends } = emptied(part);
    // The whole input may stand in the opening; it counts only if nothing follows.
    const isCall = part.type === 'toolCall';
    blocks.set(at, { kind: 'part', index, part, input: isCall ? text : '', grown: !isCall });
    yield { type: 'open', index, part: empty };
    if (text !== '' && !isCall) yield { type: 'delta', index, text };
    for (const amendment of amends) yield { type: 'amend', index, with: amendment };
  }

  function* grow(wire: JsonObject): Generator<ModelEvent> {
    const block = blocks.get(indexOf(wire));
    const delta = wire['delta'];
    if (!block || !isObject(delta)) {
      yield* fail({ kind: 'broken', message: `the provider wrote into block ${JSON.stringify(wire['index'])}, which is not open` });
      return;
    }
    if (block.kind === 'opaque') {
      growOpaque(block, delta);
      return;
    }
    const { index, part } = block;
    const field = GROWTH[`${part.type} ${delta['type']}`];
    if (field !== undefined) {
      const text = delta[field];
      if (typeof text !== 'string') yield* fail({ kind: 'broken', message: `the provider sent ${delta['type']} without ${field}` });
      if (typeof text !== 'string' || text === '') return;
      block.grown = true;
      yield { type: 'delta', index, text };
    } else if (part.type === 'reasoning' && delta['type'] === 'signature_delta') {
      const signature = delta['signature'];
      if (typeof signature === 'string' && signature !== '') yield { type: 'amend', index, with: { seal: sealOf(signature) } };
    } else if (part.type === 'text' && delta['type'] === 'citations_delta') {
      yield { type: 'amend', index, with: { citation: decodeCitation(delta['citation'] as Json, 'citation') } };
    } else {
      yield { type: 'opaque', dialect: NAME, wire };
    }
  }

  function* close(at: number): Generator<ModelEvent> {
    const block = blocks.get(at);
    if (!block) return;
    blocks.delete(at);
    const index = block.kind === 'part' ? block.index : count;
    if (block.kind === 'opaque') {
      count += 1;
      yield { type: 'open', index, part: { type: 'opaque', dialect: NAME, wire: wholeOpaque(block) } };
    } else if (!block.grown) yield { type: 'delta', index, text: block.input };
    yield { type: 'close', index };
  }

  function* finish(): Generator<ModelEvent> {
    for (const at of [...blocks.keys()]) yield* close(at);
    over = true;
    const { stop_reason: reason, stop_sequence: sequence, stop_details: stopDetails, ...more } = ending;
    const { part, kept } = decodeStopDetails(stopDetails);
    if (part?.type === 'refusal') {
      yield { type: 'open', index: count, part: { ...part, text: '' } };
      yield { type: 'delta', index: count, text: part.text };
      yield { type: 'close', index: count };
    }
    const decoded = usage && decodeUsage(usage);
    const unsaid = decoded && usage ? unsaidUsage(usage, decoded) : {};
    const rest = Object.fromEntries(Object.entries({ ...more, ...endingExtra }).filter(([, value]) => value !== null));
    yield {
      type: 'finish',
      finish: decodeFinish(reason, sequence),
      ...(decoded && { usage: decoded }),
      ...extraOf({ ...rest, ...kept, ...(Object.keys(unsaid).length > 0 && { usage: unsaid }) }),
    };
  }

  function* guarded(frame: Frame): Generator<ModelEvent> {
    const wire = parsed(frame.data);
    if (!wire) {
      yield* fail({ kind: 'broken', message: 'the provider sent a stream event that is not a JSON object' });
      return;
    }
    try {
      yield* read(wire);
    } catch (error) {
      if (!(error instanceof HeadgateError)) throw error;
      yield* fail(brokenBy(error.failure));
    }
  }

  return {
    // `[DONE]` is another format's end; servers that speak several send it here too.
    push: (frame) => (over || frame.data === '[DONE]' ? [] : [...guarded(frame)]),
    end() {
      if (over) return [];
      // `message_stop` says nothing of its own, and some servers forget it.
      if (typeof ending['stop_reason'] === 'string') return [...finish()];
      return [...fail({ kind: 'interrupted', message: 'the stream ended before message_stop' })];
    },
  };
}

/** Events that say nothing without the start of the message. */
const KNOWN = new Set(['content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop']);

/** The field of a delta that adds to a part of a type. */
const GROWTH: Readonly<Record<string, string>> = {
  'text text_delta': 'text',
  'reasoning thinking_delta': 'thinking',
  'toolCall input_json_delta': 'partial_json',
};

/** A number that no block has stands for an index that is none. */
const indexOf = ({ index }: JsonObject): number => (typeof index === 'number' ? index : -1);

function parsed(data: string): JsonObject | undefined {
  try {
    const wire = readWire(data);
    return isObject(wire) ? wire : undefined;
  } catch {
    return undefined;
  }
}

type Amend = Extract<ModelEvent, { type: 'amend' }>['with'];

/** A part as it opens, and what its opening block said already. */
function emptied(part: Part): { readonly empty: Part; readonly text: string; readonly amends: readonly Amend[] } {
  switch (part.type) {
    case 'text': {
      const { citations = [], ...rest } = part;
      return { empty: { ...rest, text: '' }, text: part.text, amends: citations.map((citation) => ({ citation })) };
    }
    case 'reasoning': {
      if (part.seal?.redacted) return { empty: part, text: '', amends: [] };
      const { seal, ...rest } = part;
      return { empty: { ...rest, text: '' }, text: part.text, amends: seal ? [{ seal }] : [] };
    }
    case 'toolCall':
      return { empty: { ...part, arguments: '' }, text: part.arguments, amends: [] };
    default:
      return { empty: part, text: '', amends: [] };
  }
}

/** A delta of a block only Messages has: text adds to the field it names, anything else replaces it. */
function growOpaque(block: Extract<Open, { kind: 'opaque' }>, delta: JsonObject): void {
  const { type, ...fields } = delta;
  if (type === 'input_json_delta') {
    block.json += String(fields['partial_json'] ?? '');
    return;
  }
  for (const [field, value] of Object.entries(fields)) {
    const before = block.wire[field];
    block.wire = { ...block.wire, [field]: typeof before === 'string' && typeof value === 'string' ? before + value : value };
  }
}

function wholeOpaque({ wire, json }: Extract<Open, { kind: 'opaque' }>): JsonObject {
  if (json === '') return wire;
  const input = parsed(json);
  return { ...wire, input: input ?? json };
}
