import { mergeExtra } from '../../../model/fold.ts';
import { isObject, type JsonObject } from '../../../model/json.ts';
import type { Citation, Part, Seal } from '../../../model/part.ts';
import type { ModelEvent } from '../../../model/reply.ts';
import type { Losses } from '../../losses.ts';
import { sealFor } from '../../seal.ts';
import { encodeAnnotations } from '../annotations.ts';
import { present, without } from '../fields.ts';
import { liftMessage } from '../message-fields.ts';
import { naturalSummary } from '../request/decode-items.ts';
import type { ItemIds } from './item-ids.ts';

type PartEvent = Extract<ModelEvent, { index: number }>;
type Numbered = (type: string, fields: JsonObject) => JsonObject;

/** Writes the items of one response, parts one after the other. */
export interface OutputWriter {
  write(event: PartEvent): Generator<JsonObject>;
  /** Ends the message that is still open, if one is. */
  end(incomplete: boolean): Generator<JsonObject>;
  /** The finished items, and the message still open as it stands. */
  items(): JsonObject[];
}

/** What is known of the part being written. */
interface Growing {
  readonly path: string;
  part: Part;
  text: string;
  readonly citations: Citation[];
  seal: Seal | undefined;
}

/** How one kind of part is written: its first events, its growth and its end. */
interface PartWriter {
  readonly delta?: (text: string) => Generator<JsonObject>;
  readonly close: (grown: Growing) => Generator<JsonObject>;
}

interface Message {
  readonly index: number;
  readonly key: string;
  /** Without content; what a part learns of its message while it is written is added. */
  item: JsonObject;
  readonly content: JsonObject[];
}

/** Items in order, with indices and ids as the official SDK checks them. */
export function outputWriter(ids: ItemIds, losses: Losses, numbered: Numbered): OutputWriter {
  const done: JsonObject[] = [];
  let message: Message | undefined;
  let growing: Growing | undefined;
  let writing: PartWriter | undefined;

  const whole = ({ item, content }: Message, status: string): JsonObject => ({ status, ...item, content: [...content] });

  function* endMessage(incomplete: boolean): Generator<JsonObject> {
    if (!message) return;
    const item = whole(message, incomplete ? 'incomplete' : 'completed');
    done.push(item);
    yield numbered('response.output_item.done', { output_index: message.index, item });
    message = undefined;
  }

  /** Parts of one message of the provider stay one message; so do neighbours that came without any. */
  function* openMessage(part: Part): Generator<JsonObject> {
    const { lifted } = liftMessage(part.extra?.['openai-responses'] ?? {});
    const key = JSON.stringify(lifted['id'] ?? lifted);
    if (message?.key === key) return;
    yield* endMessage(false);
    const index = done.length;
    const { id: given, ...fields } = lifted;
    const item = { id: ids.item('msg', index, given), type: 'message', role: 'assistant', ...fields };
    message = { index, key, item, content: [] };
    yield numbered('response.output_item.added', { output_index: index, item: whole(message, 'in_progress') });
  }

  function* speech(part: Part & { type: 'text' | 'refusal' }): Generator<JsonObject, PartWriter> {
    yield* openMessage(part);
    const { index, item, content } = message!;
    const at: JsonObject = { item_id: item['id']!, output_index: index, content_index: content.length };
    const spoken = part.type === 'text';
    const event = spoken ? 'response.output_text' : 'response.refusal';
    const logprobs = spoken ? { logprobs: [] } : {};
    yield numbered('response.content_part.added', { ...at, part: spoken ? textPart('', [], {}) : { type: 'refusal', refusal: '' } });
    return {
      *delta(delta) {
        yield numbered(`${event}.delta`, { ...at, delta, ...logprobs });
      },
      *close({ path, part: { extra }, text, citations }) {
        const { lifted, rest } = liftMessage(losses.extra(path, extra, PART_IMPACTS));
        if (message) message.item = { ...message.item, ...without(lifted, 'id') };
        const annotations = encodeAnnotations(citations, text, path, losses, 'content');
        for (const [annotation_index, annotation] of annotations.entries()) {
          yield numbered('response.output_text.annotation.added', { ...at, annotation_index, annotation });
        }
        const said = spoken ? textPart(text, annotations, rest) : { type: 'refusal', refusal: text, ...rest };
        yield numbered(`${event}.done`, { ...at, [spoken ? 'text' : 'refusal']: text, ...logprobs });
        yield numbered('response.content_part.done', { ...at, part: said });
        content.push(said);
      },
    };
  }

  function* call(part: Part & { type: 'toolCall' }): Generator<JsonObject, PartWriter> {
    const { id, ...own } = part.extra?.['openai-responses'] ?? {};
    const index = done.length;
    const { type, field, event, begun, ended } = part.custom ? CUSTOM : FUNCTION;
    const item = { ...own, id: ids.item(part.custom ? 'ctc' : 'fc', index, id), type, call_id: ids.call(part.id, index), name: part.name };
    const at = { item_id: item.id, output_index: index };
    yield numbered('response.output_item.added', { output_index: index, item: { ...item, ...begun, [field]: '' } });
    function* delta(text: string): Generator<JsonObject> {
      yield numbered(`${event}.delta`, { ...at, delta: text });
    }
    return {
      delta,
      *close({ path, part: { extra }, text }) {
        losses.extra(path, extra, PART_IMPACTS);
        // A call without arguments would break every caller's JSON.parse.
        const written = text === '' && !part.custom ? '{}' : text;
        if (written !== text) yield* delta(written);
        yield numbered(`${event}.done`, { ...at, [field]: written });
        const { id: _, ...late } = extra?.['openai-responses'] ?? {};
        yield* endItem(index, { ...item, ...ended, ...late, [field]: written });
      },
    };
  }

  function* reasoning(part: Part & { type: 'reasoning' }): Generator<JsonObject, PartWriter> {
    const index = done.length;
    const item = { id: ids.item('rs', index, part.extra?.['openai-responses']?.['id']), type: 'reasoning' };
    const at = { item_id: item.id, output_index: index, summary_index: 0 };
    let spoken = false;
    yield numbered('response.output_item.added', { output_index: index, item: { ...item, summary: [] } });
    return {
      *delta(delta) {
        if (!spoken) yield numbered('response.reasoning_summary_part.added', { ...at, part: { type: 'summary_text', text: '' } });
        spoken = true;
        yield numbered('response.reasoning_summary_text.delta', { ...at, delta });
      },
      *close({ path, part: { extra }, text, seal }) {
        if (spoken) {
          yield numbered('response.reasoning_summary_text.done', { ...at, text });
          yield numbered('response.reasoning_summary_part.done', { ...at, part: { type: 'summary_text', text } });
        }
        const { id: _, ...own } = losses.extra(path, extra, PART_IMPACTS);
        const sealed = sealFor('openai-responses', { ...(seal && { seal }), ...(extra && { extra }) });
        yield* endItem(index, {
          ...item,
          summary: naturalSummary(text),
          ...(sealed !== undefined && { encrypted_content: sealed }),
          ...own,
        });
      },
    };
  }

  function* opaque(part: Part & { type: 'opaque' }, path: string): Generator<JsonObject, PartWriter | undefined> {
    if (part.dialect !== 'openai-responses') return drop(part, path, `only ${part.dialect} understands this part`);
    const { wire } = part;
    if (!isObject(wire) || typeof wire['type'] !== 'string') return drop(part, path, 'items of an answer are objects with a type');
    if (part.extra?.['openai-responses']?.['type'] !== 'message') {
      yield* endMessage(false);
      const index = done.length;
      const item = { ...wire, id: ids.item('item', index, wire['id']) };
      yield numbered('response.output_item.added', { output_index: index, item });
      yield* endItem(index, item);
      return SILENT;
    }
    yield* openMessage(part);
    const { index, item, content } = message!;
    const at: JsonObject = { item_id: item['id']!, output_index: index, content_index: content.length };
    yield numbered('response.content_part.added', { ...at, part: wire });
    yield numbered('response.content_part.done', { ...at, part: wire });
    content.push(wire);
    return SILENT;
  }

  function* endItem(index: number, item: JsonObject): Generator<JsonObject> {
    done.push(item);
    yield numbered('response.output_item.done', { output_index: index, item });
  }

  function drop(part: Part, path: string, why: string): undefined {
    losses.dropped(path, part, 'content', why);
    return undefined;
  }

  function* open(part: Part, path: string): Generator<JsonObject, PartWriter | undefined> {
    switch (part.type) {
      case 'text':
      case 'refusal':
        return yield* speech(part);
      case 'opaque':
        return yield* opaque(part, path);
      case 'toolCall':
        yield* endMessage(false);
        return yield* call(part);
      case 'reasoning':
        yield* endMessage(false);
        return yield* reasoning(part);
      default:
        return drop(part, path, `an answer of openai-responses holds no ${part.type}`);
    }
  }

  function* write(event: PartEvent): Generator<JsonObject> {
    if (event.type === 'open') {
      const path = `parts[${event.index}]`;
      growing = starting(event.part, path);
      writing = yield* open(event.part, path);
      if (growing.text !== '' && writing?.delta) yield* writing.delta(growing.text);
      return;
    }
    if (!growing || !writing) return;
    if (event.type === 'delta') {
      growing.text += event.text;
      if (event.text !== '' && writing.delta) yield* writing.delta(event.text);
    } else if (event.type === 'amend') {
      const { citation, seal, extra } = event.with;
      if (citation) growing.citations.push(citation);
      if (seal) growing.seal = seal;
      const merged = mergeExtra(growing.part.extra, extra);
      if (merged) growing.part = { ...growing.part, extra: merged };
    } else {
      yield* writing.close(growing);
      writing = undefined;
    }
  }

  return {
    write,
    end: endMessage,
    items: () => (message ? [...done, whole(message, 'in_progress')] : [...done]),
  };
}

/** A part as it opens; a lawful one may open with words already said. */
const starting = (part: Part, path: string): Growing => ({
  path,
  part,
  text: part.type === 'toolCall' ? part.arguments : 'text' in part ? part.text : '',
  citations: part.type === 'text' ? [...(part.citations ?? [])] : [],
  seal: part.type === 'reasoning' ? part.seal : undefined,
});

const textPart = (text: string, annotations: readonly JsonObject[], rest: JsonObject): JsonObject =>
  present({ type: 'output_text', text, annotations, logprobs: [], ...rest });

const FUNCTION = {
  type: 'function_call',
  field: 'arguments',
  event: 'response.function_call_arguments',
  begun: { status: 'in_progress' },
  ended: { status: 'completed' },
} as const;
const CUSTOM = { type: 'custom_tool_call', field: 'input', event: 'response.custom_tool_call_input', begun: {}, ended: {} } as const;
const SILENT: PartWriter = { *close() {} };

/** What other dialects' parts of an answer say of themselves that a reader of this one would not miss. */
const PART_IMPACTS = { caller: 'none', index: 'none' } as const;
