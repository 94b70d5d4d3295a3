import { isObject, type JsonObject } from '../../model/json.ts';
import { chain, type Machine } from '../../model/machine.ts';
import type { Citation, Part, Seal } from '../../model/part.ts';
import type { ModelEvent } from '../../model/reply.ts';
import { oneAtATime } from '../../model/sequence.ts';
import { wrapInput } from '../custom-tools.ts';
import type { Asked, StreamEncoder } from '../dialect.ts';
import { Losses, report } from '../losses.ts';
import { sealFor } from '../seal.ts';
import type { Frame } from '../sse.ts';
import { ANSWER_IMPACTS, openingBlock } from './answer-blocks.ts';
import { encodeCitation } from './citations.ts';
import { frameFailure } from './failure.ts';
import { encodeFinish, encodeStopDetails } from './finish.ts';
import { type JsonGuard, jsonGuard } from './json-guard.ts';
import { NAME, present } from './name.ts';
import { messageId } from './reply.ts';
import { encodeDeltaUsage, encodeUsage, lateUsage } from './usage.ts';

/** Events to Messages frames: blocks numbered from 0 without gaps, each written to its end before the next. */
export function encodeStream(asked: Asked): StreamEncoder {
  const losses = new Losses(NAME);
  return { ...chain(oneAtATime(), writer(asked, losses)), losses: losses.list };
}

/** The block being written; `shown` once its start has been sent. */
interface Writing {
  readonly part: Part;
  readonly path: string;
  readonly block: JsonObject | undefined;
  shown: boolean;
  seal?: Seal;
  /** What may be sent of a tool call's arguments. */
  readonly guard: JsonGuard;
  /** All the text of a tool call or a refusal. */
  text: string;
  citations: number;
}

function writer(asked: Asked, losses: Losses): Machine<ModelEvent, Frame> {
  let index = 0;
  let writing: Writing | undefined;
  /** Whether the start could tell usage; else the end tells more than the counters. */
  let counted = false;
  /** What an answer that was whole when it came told at its start, and Messages tells at the end. */
  let late: JsonObject = {};
  /** Refusals decide how the answer is said to end. */
  const refused: Part[] = [];

  /** Text opens its block with its first character: a client that returns an empty block gets a 400. */
  function* show(block: Writing): Generator<Frame> {
    if (block.shown || !block.block) return;
    block.shown = true;
    yield frame('content_block_start', { index, content_block: block.block });
  }

  function* open(part: Part, at: number): Generator<Frame> {
    const path = `parts[${at}]`;
    const block = openingBlock(part, path, losses);
    writing = { part, path, block, shown: false, guard: jsonGuard(), text: '', citations: 0 };
    if (part.type === 'reasoning' && part.seal && !part.seal.redacted) writing.seal = part.seal;
    if (part.type === 'opaque' && block) yield* showOpaque(block);
    else if (part.type === 'toolCall' || part.type === 'reasoning') yield* show(writing);
    const begun = part.type === 'toolCall' ? part.arguments : 'text' in part ? part.text : '';
    if (begun !== '') yield* grow(writing, begun);
    if (part.type === 'text') for (const citation of part.citations ?? []) yield* cite(writing, citation);
  }

  /** A block of our own kind is whole from the start; its input streams, as Anthropic's does. */
  function* showOpaque(block: JsonObject): Generator<Frame> {
    const { input } = block;
    const streams = String(block['type']).endsWith('tool_use') && isObject(input) && Object.keys(input).length > 0;
    writing!.shown = true;
    yield frame('content_block_start', { index, content_block: streams ? { ...block, input: {} } : block });
    if (streams) yield delta({ type: 'input_json_delta', partial_json: JSON.stringify(input) });
  }

  const delta = (body: JsonObject): Frame => frame('content_block_delta', { index, delta: body });

  function* grow(block: Writing, text: string): Generator<Frame> {
    const { part, guard } = block;
    if (part.type === 'toolCall' || part.type === 'refusal') block.text += text;
    switch (part.type) {
      case 'text':
      case 'refusal':
        if (!block.block) return;
        yield* show(block);
        yield delta({ type: 'text_delta', text });
        return;
      case 'reasoning':
        yield delta({ type: 'thinking_delta', thinking: text });
        return;
      case 'toolCall': {
        const good = part.custom ? '' : guard.push(text);
        if (good !== '') yield delta({ type: 'input_json_delta', partial_json: good });
        return;
      }
      default:
        return;
    }
  }

  function* cite(block: Writing, citation: Citation): Generator<Frame> {
    const wire = encodeCitation(citation, `${block.path}.citations[${block.citations}]`, losses);
    block.citations += 1;
    if (!wire) return;
    yield* show(block);
    yield delta({ type: 'citations_delta', citation: wire });
  }

  function* close(block: Writing): Generator<Frame> {
    const { part, seal } = block;
    if (part.type === 'refusal') refused.push({ ...part, text: block.text });
    if (part.type === 'toolCall') yield* closeCall(block);
    const proof = part.type === 'reasoning' ? sealFor(NAME, present({ seal, extra: part.extra })) : undefined;
    if (proof !== undefined && (seal || block.shown)) yield delta({ type: 'signature_delta', signature: proof });
    if (!block.shown) return;
    yield frame('content_block_stop', { index });
    index += 1;
  }

  function* closeCall({ part, path, guard, text }: Writing): Generator<Frame> {
    if (part.type === 'toolCall' && part.custom) {
      yield delta({ type: 'input_json_delta', partial_json: wrapInput(text) });
      return;
    }
    if (guard.withheld === '') return;
    if (guard.begun) {
      const note = 'not JSON from here on; Anthropic clients throw at it, so it is left out';
      losses.dropped(`${path}.arguments`, guard.withheld, 'behavior', note);
      return;
    }
    losses.changed(`${path}.arguments`, text, 'behavior', 'the arguments are no JSON object; sent as the field _invalid_arguments');
    yield delta({ type: 'input_json_delta', partial_json: JSON.stringify({ _invalid_arguments: text }) });
  }

  function* write(event: ModelEvent): Generator<Frame> {
    switch (event.type) {
      case 'start': {
        counted = event.usage !== undefined;
        const { usage, stop_details, context_management, ...own } = losses.extra('', event.extra, ANSWER_IMPACTS);
        late = present({ usage, stop_details, context_management });
        if (event.createdS !== undefined) losses.dropped('createdS', event.createdS, 'none', 'Messages does not date its answers');
        yield frame('message_start', { message: { ...opening(event), ...own, ...report(asked.losses) } });
        return;
      }
      case 'open':
        yield* open(event.part, event.index);
        return;
      case 'delta':
        if (writing && event.text !== '') yield* grow(writing, event.text);
        return;
      case 'amend': {
        const { citation, seal, extra } = event.with;
        if (!writing) return;
        if (seal) writing.seal = seal;
        if (citation) yield* cite(writing, citation);
        for (const [field, value] of Object.entries(losses.extra(writing.path, extra)))
          losses.dropped(`${writing.path}.extra.${field}`, value, 'behavior', 'the block had been opened without it');
        return;
      }
      case 'close':
        if (writing) yield* close(writing);
        writing = undefined;
        return;
      case 'finish':
        yield frame('message_delta', ending(event));
        yield frame('message_stop', {});
        return;
      case 'fail':
        yield frameFailure(event.failure);
        return;
      case 'opaque':
        if (event.dialect === NAME && isObject(event.wire)) yield* pass(event.wire);
        else losses.dropped('events', event.wire, 'none', `an event only ${event.dialect} has`);
        return;
      default:
        event satisfies never;
    }
  }

  /** An event only Messages has, as it came; a delta of tomorrow's for the block it was in. */
  function* pass(wire: JsonObject): Generator<Frame> {
    const { type, ...body } = wire;
    if (type !== 'content_block_delta') yield frame(String(type), body);
    else if (!writing?.block) losses.dropped('events', wire, 'none', 'a delta without its block');
    else {
      yield* show(writing);
      yield frame(type, { ...body, index });
    }
  }

  function ending({ finish, usage, extra }: Extract<ModelEvent, { type: 'finish' }>): JsonObject {
    const { usage: unsaid, context_management: edits, ...own } = { ...late, ...losses.extra('', extra, ANSWER_IMPACTS) };
    return {
      delta: { ...encodeFinish(finish, encodeStopDetails(refused), losses), container: null, ...own },
      usage: { ...encodeDeltaUsage(usage), ...(!counted && lateUsage(usage)), ...(isObject(unsaid) && unsaid) },
      ...(edits !== undefined && { context_management: edits }),
      ...report(losses.list),
    };
  }

  return { push: (event) => [...write(event)], end: () => [] };
}

const frame = (type: string, body: JsonObject): Frame => ({ event: type, data: JSON.stringify({ type, ...body }) });

const opening = ({ id, model, usage }: Extract<ModelEvent, { type: 'start' }>): JsonObject => ({
  id: messageId(id),
  type: 'message',
  role: 'assistant',
  model,
  content: [],
  stop_reason: null,
  stop_sequence: null,
  stop_details: null,
  container: null,
  diagnostics: null,
  usage: encodeUsage(usage),
});
