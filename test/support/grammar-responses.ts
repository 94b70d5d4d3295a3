import { isDeepStrictEqual } from 'node:util';
import type { Frame } from '../../src/dialects/sse.ts';
import { entryOf, findings, isText, type Loose, nameOf, objectIn } from './grammar-frames.ts';

interface Item {
  readonly id: unknown;
  readonly type: string;
  readonly parts: Map<number, Growing>;
  readonly summaries: Map<number, Growing>;
  readonly own: Growing;
  done?: Loose;
}
interface Growing {
  open: boolean;
  text: string;
  annotations: number;
}
const growing = (): Growing => ({ open: true, text: '', annotations: 0 });

const TERMINAL: Readonly<Record<string, string>> = {
  'response.completed': 'completed',
  'response.incomplete': 'incomplete',
  'response.failed': 'failed',
};
/** Which items the text events that stand on the item itself may grow, and the field that repeats the text. */
const ON_ITEM: Readonly<Record<string, { readonly item: string; readonly field: string }>> = {
  'response.function_call_arguments': { item: 'function_call', field: 'arguments' },
  'response.custom_tool_call_input': { item: 'custom_tool_call', field: 'input' },
};
const IN_PART: Readonly<Record<string, { readonly part: string; readonly field: string }>> = {
  'response.output_text': { part: 'output_text', field: 'text' },
  'response.refusal': { part: 'refusal', field: 'refusal' },
};

/**
 * Responses: `created`, `in_progress`, items numbered from 0 that are added, grow and are done, one
 * terminal event whose response repeats them; or an `error` at any time. The official SDK's stream
 * helper is as strict.
 */
export function responsesGrammar(frames: readonly Frame[]): string[] {
  const found = findings();
  const { problems, wrong } = found;
  const items: (Item | undefined)[] = [];
  let id: unknown;
  let ended: string | undefined;

  for (const [at, frame] of frames.entries()) {
    if (frame.data === '[DONE]') {
      wrong(at, '[DONE] in a Responses stream');
      continue;
    }
    const wire = objectIn(frame, at, found);
    if (!wire) continue;
    const type = nameOf(frame, wire, at, found);
    if ((wire['sequence_number'] as unknown) !== at)
      wrong(at, `sequence_number ${JSON.stringify(wire['sequence_number'])}, expected ${at}`);
    if (ended) wrong(at, `${type} after ${ended}`);
    if (at === 0 && type !== 'response.created' && type !== 'error') wrong(at, `the first event is ${type}`);
    if (at > 0 && type === 'response.created') wrong(at, 'a second response.created');
    if (wire['response']) {
      id ??= wire['response']['id'];
      if (wire['response']['id'] !== id) wrong(at, 'response.id changes');
    }
    if (type === 'error') {
      if (!isText(wire['message']) || !isText(wire['error']?.['message'])) wrong(at, 'an error must say its message flat and nested');
      ended = type;
    } else if (entryOf(TERMINAL, type)) {
      checkEnd(type, wire['response'], at);
      ended = type;
    } else if (wire['output_index'] !== undefined) checkItem(type, wire, at);
  }

  function checkItem(type: string, wire: Loose, at: number): void {
    const index = wire['output_index'] as unknown as number;
    const body = wire['item'];
    if (type === 'response.output_item.added') {
      if (index !== items.length) wrong(at, `output_index ${index}, expected ${items.length}`);
      if (items.some((item) => item !== undefined && item.id !== undefined && item.id === body?.['id']))
        wrong(at, `item id ${body?.['id']} twice`);
      items[index] = {
        id: body?.['id'],
        type: body?.['type'] as unknown as string,
        parts: new Map(),
        summaries: new Map(),
        own: growing(),
      };
      return;
    }
    const item = items[index];
    if (!item) return wrong(at, `${type} for item ${index}, which was not added`);
    if (item.done) return wrong(at, `${type} after item ${index} was done`);
    if (type === 'response.output_item.done') {
      if (body?.['id'] !== item.id || (body?.['type'] as unknown) !== item.type) wrong(at, `item ${index} is done as another`);
      for (const part of [...item.parts.values(), ...item.summaries.values()])
        if (part.open) wrong(at, `item ${index} is done with an open part`);
      const { field } = Object.values(ON_ITEM).find(({ item: kind }) => kind === item.type) ?? {};
      if (field && item.own.text !== '' && (body?.[field] as unknown) !== item.own.text)
        wrong(at, `${field} of item ${index} differ from the deltas`);
      item.done = body ?? {};
      return;
    }
    if (wire['item_id'] !== item.id) wrong(at, `item_id ${wire['item_id']} is not item ${index}`);
    checkGrowth(type, wire, item, at);
  }

  function checkGrowth(type: string, wire: Loose, item: Item, at: number): void {
    const [, stem, verb] = /^(.*)\.([a-z]+)$/.exec(type) ?? [];
    if (type.startsWith('response.content_part.')) return section(item.parts, wire['content_index'], verb!, 'message', item, at);
    if (type.startsWith('response.reasoning_summary_part.'))
      return section(item.summaries, wire['summary_index'], verb!, 'reasoning', item, at);
    if (type.startsWith('response.reasoning_summary_text.')) {
      return text(item.summaries.get(wire['summary_index'] as unknown as number), verb!, wire, 'text', type, at);
    }
    const onItem = entryOf(ON_ITEM, stem);
    if (onItem) {
      if (item.type !== onItem.item) wrong(at, `${type} in a ${item.type} item`);
      return text(item.own, verb!, wire, onItem.field, type, at);
    }
    const part = item.parts.get(wire['content_index'] as unknown as number);
    const inPart = entryOf(IN_PART, stem);
    if (inPart) return text(part, verb!, wire, inPart.field, type, at);
    if (type === 'response.output_text.annotation.added') {
      if (!part?.open) wrong(at, `${type} outside an open part`);
      else if ((wire['annotation_index'] as unknown) !== part.annotations++) wrong(at, `annotation_index ${wire['annotation_index']}`);
    }
  }

  function section(sections: Map<number, Growing>, at_: unknown, verb: string, kind: string, item: Item, at: number): void {
    const index = at_ as number;
    if (item.type !== kind) wrong(at, `a part of a ${kind} in a ${item.type} item`);
    if (verb === 'added') {
      if (index !== sections.size) wrong(at, `part index ${index}, expected ${sections.size}`);
      sections.set(index, growing());
    } else {
      const part = sections.get(index);
      if (!part?.open) wrong(at, `part ${index} is done but not open`);
      else part.open = false;
    }
  }

  function text(part: Growing | undefined, verb: string, wire: Loose, field: string, type: string, at: number): void {
    if (!part?.open) return wrong(at, `${type} outside an open part`);
    if (verb === 'delta') {
      if (!isText(wire['delta'])) wrong(at, `${type} without text`);
      else part.text += wire['delta'];
    } else if (verb === 'done' && (wire[field] as unknown) !== part.text) wrong(at, `${type} differs from its deltas`);
  }

  function checkEnd(type: string, response: Loose | undefined, at: number): void {
    if ((response?.['status'] as unknown) !== TERMINAL[type]) wrong(at, `status ${response?.['status']} in ${type}`);
    if (type === 'response.incomplete' && !response?.['incomplete_details']) wrong(at, 'incomplete without incomplete_details');
    if (type === 'response.failed') {
      if (!response?.['error']) wrong(at, 'failed without error');
      return;
    }
    const output = (response?.['output'] as unknown as Loose[] | undefined) ?? [];
    if (output.length !== items.length) wrong(at, `output has ${output.length} items, the stream had ${items.length}`);
    for (const [index, item] of items.entries()) {
      if (!item?.done) wrong(at, `item ${index} was never done`);
      else if (output[index] && !isDeepStrictEqual(output[index], item.done)) wrong(at, `output[${index}] differs from its item`);
    }
  }

  if (!ended) problems.push('no terminal event');
  return problems;
}
