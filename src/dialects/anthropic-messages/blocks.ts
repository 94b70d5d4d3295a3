import type { ModelFacts } from '../../model/facts.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Part } from '../../model/part.ts';
import { wrapInput } from '../custom-tools.ts';
import { readArguments } from '../exact.ts';
import { ANTHROPIC_ID, fitId, restoreId } from '../ids.ts';
import type { Losses } from '../losses.ts';
import type { Block, Marks } from './cache-mark.ts';
import { returnCitations } from './citations.ts';
import { encodeMedia } from './media.ts';
import { listed, NAME, present } from './name.ts';

/** What the writing of one request shares. */
export interface Writing {
  readonly facts: ModelFacts;
  readonly losses: Losses;
  readonly marks: Marks;
  /** Tool names as Messages takes them, by the names the caller gave. */
  readonly names: ReadonlyMap<string, string>;
}

/** A part as a content block of a request; undefined, reported, where Messages has none or refuses it. */
export function encodePart(part: Part, path: string, writing: Writing, where: 'prefix' | 'messages' = 'messages'): Block | undefined {
  const { losses, marks } = writing;
  const block = bodyOf(part, path, writing);
  if (!block) return undefined;
  if (part.type === 'opaque') return block;
  const { search_result: search, ...own } = losses.extra(path, part.extra, PART_IMPACTS);
  const whole: Block = { ...(isObject(search) ? { type: 'search_result', ...search } : block), ...own };
  if (part.type !== 'reasoning') return marks.put(whole, part.cache, path, where);
  if (part.cache) losses.dropped(`${path}.cache`, part.cache, 'cost', 'a thinking block takes no cache mark');
  return whole;
}

const PART_IMPACTS = { prompt_cache_breakpoint: 'cost', phase: 'none', summary: 'none', content: 'none', refusal: 'none' } as const;

function bodyOf(part: Part, path: string, writing: Writing): Block | undefined {
  const { losses } = writing;
  switch (part.type) {
    case 'text':
      return textBlock(part, path, losses);
    case 'refusal':
      losses.changed(path, part.text, 'none', 'a refusal is plain text to Messages');
      return textBlock({ type: 'text', text: part.text }, path, losses);
    case 'reasoning':
      return thinkingBlock(part, path, losses);
    case 'media':
      return encodeMedia(part, path, losses);
    case 'toolCall': {
      const input = part.custom
        ? (JSON.parse(wrapInput(part.arguments)) as JsonObject)
        : inputOf(part.arguments, `${path}.arguments`, losses);
      return { type: 'tool_use', id: encodeId(part.id, `${path}.id`, losses), name: writing.names.get(part.name) ?? part.name, input };
    }
    case 'toolResult': {
      const content = part.content.flatMap((inner, i) => listed(encodePart(inner, `${path}.content[${i}]`, writing)));
      const id = encodeId(part.callId, `${path}.callId`, losses);
      return present({
        type: 'tool_result',
        tool_use_id: id,
        content: content.length > 0 ? content : undefined,
        is_error: part.isError,
      }) as Block;
    }
    case 'opaque':
      if (part.dialect === NAME && isObject(part.wire)) return part.wire as Block;
      losses.dropped(path, part.wire, 'content', `only ${part.dialect} can say this`);
      return undefined;
    default:
      return part satisfies never;
  }
}

/** Text without a visible character is a 400 ("text content blocks must be non-empty"). */
function textBlock(part: Extract<Part, { type: 'text' }>, path: string, losses: Losses): Block | undefined {
  if (part.text.trim() === '') {
    losses.dropped(path, part, 'none', 'Messages refuses text without a visible character');
    return undefined;
  }
  const citations = returnCitations(part.citations ?? [], path, losses);
  return { type: 'text', text: part.text, ...(citations.length > 0 && { citations }) };
}

/** A thought goes back only as its maker sealed it: an empty or foreign seal is a 400, and we forge none. */
function thinkingBlock(part: Extract<Part, { type: 'reasoning' }>, path: string, losses: Losses): Block | undefined {
  const { text, seal } = part;
  if (!seal || seal.by !== NAME || seal.data === '') {
    losses.dropped(path, part, 'behavior', seal ? `a thought sealed by ${seal.by} means nothing to Anthropic` : 'a thought without a seal');
    return undefined;
  }
  return seal.redacted ? { type: 'redacted_thinking', data: seal.data } : { type: 'thinking', thinking: text, signature: seal.data };
}

/** Arguments as the object Messages wants. What is no object is kept where the model can see what it wrote. */
export function inputOf(text: string, path: string, losses: Losses): JsonObject {
  if (text.trim() === '') return {};
  let parsed: Json | undefined;
  try {
    parsed = readArguments(text);
  } catch {
    parsed = undefined;
  }
  if (isObject(parsed)) return parsed;
  losses.changed(path, text, 'behavior', 'the arguments are no JSON object; sent as the field _invalid_arguments');
  return { _invalid_arguments: text };
}

/** An id as Messages takes it; ids that came from there go back as they were. */
export function encodeId(id: string, path: string, losses: Losses): string {
  const fitted = fitId(restoreId(id), ANTHROPIC_ID);
  if (fitted.startsWith('hgx_')) losses.changed(path, id, 'none', 'the id is too long for Messages; a hash of it is sent');
  return fitted;
}
