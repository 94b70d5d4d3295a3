import { isObject, type JsonObject } from '../../model/json.ts';
import type { Part } from '../../model/part.ts';
import { wrapInput } from '../custom-tools.ts';
import type { Losses } from '../losses.ts';
import { sealFor } from '../seal.ts';
import { encodeId, inputOf } from './blocks.ts';
import { encodeCitations } from './citations.ts';
import { NAME } from './name.ts';

/** What a caller misses of an answer of another dialect: further choices are words never shown. */
export const ANSWER_IMPACTS = { choices: 'content' } as const;

/** A part of an answer as a whole content block; undefined where there is none to show. */
export function encodeAnswerPart(part: Part, path: string, losses: Losses): JsonObject | undefined {
  const block = openingBlock(part, path, losses);
  if (!block) return undefined;
  switch (part.type) {
    case 'text':
      // A client that sends an empty block back gets a 400.
      return part.text === '' ? undefined : { ...block, text: part.text, citations: encodeCitations(part.citations, path, losses) };
    case 'refusal':
      return part.text === '' ? undefined : { ...block, text: part.text };
    case 'reasoning':
      return block['type'] === 'thinking' ? { ...block, thinking: part.text, signature: sealFor(NAME, part) ?? '' } : block;
    case 'toolCall':
      return {
        ...block,
        input: part.custom ? (JSON.parse(wrapInput(part.arguments)) as JsonObject) : inputOf(part.arguments, `${path}.arguments`, losses),
      };
    default:
      return block;
  }
}

/** What opens the block of a part in a stream: everything known of it but what will grow. */
export function openingBlock(part: Part, path: string, losses: Losses): JsonObject | undefined {
  switch (part.type) {
    case 'refusal': {
      const { details, ...own } = losses.extra(path, part.extra);
      // Told as the end of the answer, in `stop_details`.
      if (details !== undefined) return undefined;
      losses.changed(path, 'refusal', 'none', 'the words of a refusal are text; the reason to stop says what they are');
      return { type: 'text', text: '', citations: null, ...own };
    }
    case 'text':
      return { type: 'text', text: '', citations: null, ...losses.extra(path, part.extra) };
    case 'reasoning':
      if (part.seal?.redacted && part.seal.by === NAME)
        return { type: 'redacted_thinking', data: part.seal.data, ...losses.extra(path, part.extra) };
      return { type: 'thinking', thinking: '', signature: '', ...losses.extra(path, part.extra, { content: 'none', summary: 'none' }) };
    case 'toolCall':
      return {
        type: 'tool_use',
        id: encodeId(part.id, `${path}.id`, losses),
        name: part.name,
        input: {},
        caller: { type: 'direct' },
        ...losses.extra(path, part.extra),
      };
    case 'opaque':
      if (part.dialect === NAME && isObject(part.wire)) return part.wire;
      losses.dropped(path, part.wire, 'content', `only ${part.dialect} can say this`);
      return undefined;
    case 'media':
    case 'toolResult':
      losses.dropped(path, part, 'content', `an answer of Messages holds no ${part.type}`);
      return undefined;
    default:
      return part satisfies never;
  }
}
