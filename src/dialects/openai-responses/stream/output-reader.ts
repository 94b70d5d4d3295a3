import { isDeepStrictEqual } from 'node:util';
import { isObject, type Json, type JsonObject } from '../../../model/json.ts';
import type { Part } from '../../../model/part.ts';
import type { ModelEvent } from '../../../model/reply.ts';
import { decodeAnnotation } from '../annotations.ts';
import { without } from '../fields.ts';
import type { Said } from '../finish.ts';
import { decodeMessagePart, decodeOutputItem } from '../output-items.ts';

/** Reads the events of a response's items. */
export interface OutputReader {
  /** Whether the event belongs to an item. */
  reads(event: JsonObject): boolean;
  read(event: JsonObject, type: string): Generator<ModelEvent>;
  /** Settles what no event has: items only the terminal response shows, items never said to be done. */
  end(output: readonly Json[]): Generator<ModelEvent>;
  said(): Said;
}

/** A part that is open: what was said of it so far. */
interface OpenPart {
  readonly index: number;
  readonly part: Part;
  text: string;
  citations: number;
}

interface Item {
  readonly wire: JsonObject;
  /** By content index; items that are one part have it at 0. */
  readonly parts: Map<number, OpenPart>;
  /** Which of the two kinds of thoughts is being read: they are never mixed. */
  thoughts?: 'summary' | 'content';
  done: boolean;
}

/**
 * Parts are numbered as they open. Some servers grow two items at once (OpenRouter ends the
 * reasoning after the message), so nothing waits for an earlier item.
 */
export function outputReader(): OutputReader {
  const items = new Map<number, Item>();
  let opened = 0;
  let called = false;
  let refused = false;

  function* open(item: Item, content: number, part: Part): Generator<ModelEvent, OpenPart> {
    const before = item.parts.get(content);
    if (before?.part.type === part.type) return before;
    // What began as one thing and ended as another is two.
    if (before) yield { type: 'close', index: before.index };
    called ||= part.type === 'toolCall';
    refused ||= part.type === 'refusal';
    const fresh: OpenPart = { index: opened++, part: emptied(part), text: '', citations: 0 };
    item.parts.set(content, fresh);
    yield { type: 'open', index: fresh.index, part: fresh.part };
    return fresh;
  }

  function* grow(part: OpenPart, text: string): Generator<ModelEvent> {
    if (text === '') return;
    part.text += text;
    yield { type: 'delta', index: part.index, text };
  }

  /** Says the rest of a part that is now known whole, and closes it. */
  function* settle(part: OpenPart, whole: Part): Generator<ModelEvent> {
    const { index } = part;
    const text = textOf(whole);
    if (text.startsWith(part.text)) yield* grow(part, text.slice(part.text.length));
    if (whole.type === 'text') {
      for (const citation of (whole.citations ?? []).slice(part.citations)) yield { type: 'amend', index, with: { citation } };
    }
    if (whole.type === 'reasoning' && whole.seal) yield { type: 'amend', index, with: { seal: whole.seal } };
    if (whole.extra && !isDeepStrictEqual(whole.extra, part.part.extra)) yield { type: 'amend', index, with: { extra: whole.extra } };
    yield { type: 'close', index };
  }

  function* done(item: Item, wire: JsonObject, path: string): Generator<ModelEvent> {
    if (item.done) return;
    item.done = true;
    for (const [content, whole] of decodeOutputItem(wire, path).entries()) {
      yield* settle(yield* open(item, content, whole), whole);
      item.parts.delete(content);
    }
    yield* closeAll(item);
  }

  function* closeAll(item: Item): Generator<ModelEvent> {
    for (const { index } of item.parts.values()) yield { type: 'close', index };
    item.parts.clear();
  }

  function* added(at: number, begun: JsonObject): Generator<ModelEvent> {
    // `in_progress` says only that it has begun.
    const wire = without(begun, 'status');
    const item: Item = { wire, parts: new Map(), done: false };
    const before = items.get(at);
    if (before) yield* closeAll(before);
    items.set(at, item);
    const type = wire['type'];
    if (type === 'function_call' || type === 'custom_tool_call') yield* open(item, 0, decodeOutputItem(wire, `output[${at}]`)[0]!);
    // Whatever seal is here already may be incomplete: only that of `output_item.done` counts.
    if (type === 'reasoning') yield* open(item, 0, decodeOutputItem({ type, id: wire['id'] ?? null, summary: [] }, `output[${at}]`)[0]!);
  }

  /** The message part a delta belongs to. Servers that skip `…added` events mean a message, and a part of the delta's kind. */
  function* spoken(event: JsonObject, part: JsonObject): Generator<ModelEvent, OpenPart | undefined> {
    const at = numberOf(event['output_index']);
    const content = numberOf(event['content_index']);
    const item: Item = items.get(at) ?? { wire: { type: 'message', id: event['item_id'] ?? null }, parts: new Map(), done: false };
    items.set(at, item);
    if (item.done || item.wire['type'] !== 'message') return undefined;
    return yield* open(item, content, decodeMessagePart(part, item.wire, `output[${at}].content[${content}]`));
  }

  function* think(at: number, kind: 'summary' | 'content', text: string): Generator<ModelEvent> {
    const item = items.get(at);
    const part = item?.parts.get(0);
    if (!item || !part) return;
    item.thoughts ??= kind;
    if (item.thoughts === kind) yield* grow(part, text);
  }

  function* read(event: JsonObject, type: string): Generator<ModelEvent> {
    const at = numberOf(event['output_index']);
    const delta = typeof event['delta'] === 'string' ? event['delta'] : '';
    switch (type) {
      case 'response.output_item.added':
        if (isObject(event['item'])) yield* added(at, event['item']);
        return;
      case 'response.output_item.done': {
        const wire = event['item'];
        if (!isObject(wire)) return;
        const item: Item = items.get(at) ?? { wire, parts: new Map(), done: false };
        items.set(at, item);
        yield* done(item, wire, `output[${at}]`);
        return;
      }
      case 'response.content_part.added': {
        const part = event['part'];
        if (isObject(part) && (part['type'] === 'output_text' || part['type'] === 'refusal')) yield* spoken(event, part);
        return;
      }
      case 'response.output_text.delta': {
        const part = yield* spoken(event, NO_TEXT);
        if (part) yield* grow(part, delta);
        return;
      }
      case 'response.refusal.delta': {
        const part = yield* spoken(event, { type: 'refusal', refusal: '' });
        if (part) yield* grow(part, delta);
        return;
      }
      case 'response.output_text.annotation.added': {
        const part = yield* spoken(event, NO_TEXT);
        if (!part || event['annotation'] === undefined) return;
        part.citations += 1;
        yield { type: 'amend', index: part.index, with: { citation: decodeAnnotation(event['annotation'], `output[${at}]`) } };
        return;
      }
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta': {
        const part = items.get(at)?.parts.get(0);
        if (part) yield* grow(part, delta);
        return;
      }
      case 'response.reasoning_summary_part.added':
        if (numberOf(event['summary_index']) > 0) yield* think(at, 'summary', '\n\n');
        return;
      case 'response.reasoning_summary_text.delta':
        return yield* think(at, 'summary', delta);
      case 'response.reasoning_text.delta':
        return yield* think(at, 'content', delta);
      default:
        // Ends of parts, and the progress of hosted tools: `output_item.done` says all of it again.
        return;
    }
  }

  const withId = (id: Json | undefined): Item | undefined =>
    typeof id === 'string' ? items.values().find(({ wire }) => wire['id'] === id) : undefined;

  function* end(output: readonly Json[]): Generator<ModelEvent> {
    for (const [at, wire] of output.entries()) {
      if (!isObject(wire)) continue;
      // By id first: servers that leave items out of one count or the other number the rest differently.
      const item: Item = withId(wire['id']) ?? items.get(at) ?? { wire, parts: new Map(), done: false };
      if (!items.values().some((known) => known === item)) items.set(at, item);
      // A server that numbers its items differently here has said them all the same.
      if (item.wire['type'] === wire['type']) yield* done(item, wire, `output[${at}]`);
    }
    for (const item of items.values()) yield* closeAll(item);
  }

  return { reads: (event) => typeof event['output_index'] === 'number', read, end, said: () => ({ called, refused }) };
}

const NO_TEXT = { type: 'output_text', text: '' };
const numberOf = (value: Json | undefined): number => (typeof value === 'number' ? value : 0);

const textOf = (part: Part): string => (part.type === 'toolCall' ? part.arguments : 'text' in part ? part.text : '');

/** The part as it opens: before anything was said. */
function emptied(part: Part): Part {
  switch (part.type) {
    case 'text': {
      const { citations: _, ...rest } = part;
      return { ...rest, text: '' };
    }
    case 'reasoning': {
      const { seal: _, ...rest } = part;
      return { ...rest, text: '' };
    }
    case 'refusal':
      return { ...part, text: '' };
    case 'toolCall':
      return { ...part, arguments: '' };
    default:
      return part;
  }
}
