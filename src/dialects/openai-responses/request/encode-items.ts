import type { Json, JsonObject } from '../../../model/json.ts';
import type { Part } from '../../../model/part.ts';
import type { Turn } from '../../../model/request.ts';
import { withoutContext } from '../../document-context.ts';
import { fitId, OPENAI_ID, restoreId } from '../../ids.ts';
import { dropMark } from '../cache-mark.ts';
import { present } from '../fields.ts';
import { liftMessage } from '../message-fields.ts';
import { naturalSummary } from './decode-items.ts';
import { type Context, encodeContent, isContent, shortest } from './encode-content.ts';

/** A turn as items, in the order of its parts: what can stand in one message does, the rest are items of their own. */
export function encodeTurn(turn: Turn, path: string, context: Context, partsPath = `${path}.parts`): JsonObject[] {
  const { facts, losses, native } = context;
  const fields = losses.extra(path, turn.extra, { name: 'behavior' });
  // Without parts it is an item that says nothing to the model, such as a configuration_update.
  if (turn.parts.length === 0) return typeof fields['type'] === 'string' && fields['type'] !== 'message' ? [fields] : [];
  // Reasoning models know the system prompt as the developer's.
  const role = turn.role === 'system' && !native && facts.vendor === 'openai' && facts.reasons ? 'developer' : turn.role;
  const spoken = role === 'assistant' ? 'output_text' : 'input_text';
  const items: JsonObject[] = [];
  let message: { id: Json | undefined; fields: JsonObject; content: JsonObject[] } | undefined;
  const flush = () => {
    if (message) items.push(...asMessages(role, message.content, message.fields, native));
    message = undefined;
  };
  for (const [i, part] of turn.parts.entries()) {
    const at = `${partsPath}[${i}]`;
    if (!isContent(part) || isItem(part, turn)) {
      flush();
      items.push(...encodeItem(part, at, context));
      continue;
    }
    const own = losses.extra(at, withoutContext(part.extra).extra, CONTENT_IMPACTS);
    const { lifted, rest } = role === 'assistant' ? liftMessage(own) : { lifted: {}, rest: own };
    if (message && lifted['id'] !== message.id) flush();
    message ??= { id: lifted['id'], fields: { ...fields, ...lifted }, content: [] };
    message.content.push(...encodeContent(part, rest, at, spoken, context));
  }
  flush();
  return items;
}

/**
 * An assistant's text that never was an item is a string: the list form is declared for items of the
 * API's own, whose ids it would need.
 */
function asMessages(role: string, content: readonly JsonObject[], fields: JsonObject, native: boolean): JsonObject[] {
  const message = (said: Json): JsonObject => ({ ...fields, type: 'message', role, content: said });
  if (content.length === 0) return [];
  if (role !== 'assistant') return [message(shortest(content))];
  const plain = content.every((each) => Object.keys(each).length === 2 && each['type'] === 'output_text');
  const strings = plain && fields['id'] === undefined && (!native || content.length === 1);
  return strings ? content.map((each) => message(each['text']!)) : [message(content)];
}

const isItem = (part: Part, turn: Turn): boolean =>
  part.type === 'opaque' &&
  part.dialect === 'openai-responses' &&
  turn.extra?.['openai-responses']?.['type'] !== 'message' &&
  part.extra?.['openai-responses']?.['type'] !== 'message';

function encodeItem(part: Part, path: string, context: Context): JsonObject[] {
  const { losses } = context;
  switch (part.type) {
    case 'toolCall': {
      dropMark(part.cache, path, losses, 'tool calls');
      const own = losses.extra(path, part.extra, CALL_IMPACTS);
      const called = { call_id: callIdOf(part.id), name: context.nameOf(part.name) };
      return part.custom
        ? [{ ...own, type: 'custom_tool_call', ...called, input: part.arguments }]
        : [{ ...own, type: 'function_call', ...called, arguments: part.arguments }];
    }
    case 'toolResult':
      return [encodeResult(part, path, context)];
    case 'reasoning':
      return encodeReasoning(part, path, context);
    case 'opaque':
      return [part.wire as JsonObject];
    default:
      return [];
  }
}

/** What came from a vendor goes back to it unchanged; only ids too long or with odd characters are escaped. */
const callIdOf = (id: string): string => fitId(restoreId(id), OPENAI_ID);

function encodeResult(part: Extract<Part, { type: 'toolResult' }>, path: string, context: Context): JsonObject {
  const { losses, customCalls } = context;
  const own = losses.extra(path, part.extra);
  const marked = part.cache ? cacheLast(part.content, part, path, context) : part.content;
  const content = marked.flatMap((each, i) => {
    const at = `${path}.content[${i}]`;
    return encodeContent(each, losses.extra(at, withoutContext(each.extra).extra, CONTENT_IMPACTS), at, 'input_text', context);
  });
  if (part.isError)
    losses.changed(`${path}.isError`, true, 'behavior', 'openai-responses does not flag failed tools: the output says "Error: " first');
  const told = part.isError ? [{ type: 'input_text', text: 'Error: ' }, ...content] : content;
  return {
    ...own,
    type: part.custom || customCalls.has(part.callId) ? 'custom_tool_call_output' : 'function_call_output',
    ...present({ call_id: part.callId === '' ? undefined : callIdOf(part.callId) }),
    output: told.length === 0 ? '' : shortest(joinError(told, part.isError)),
  };
}

/** `Error: ` and a text that follows are one text. */
function joinError(content: readonly JsonObject[], isError: boolean | undefined): readonly JsonObject[] {
  const [first, second, ...rest] = content;
  if (!isError || second?.['type'] !== 'input_text') return content;
  return [{ ...second, text: `${first!['text']}${second['text']}` }, ...rest];
}

/** The mark on a whole result moves to its last part, where the format has a place for it. */
function cacheLast(content: readonly Part[], { cache }: Part, path: string, { losses }: Context): readonly Part[] {
  const last = content.findLastIndex(isContent);
  if (last < 0 || !cache) {
    dropMark(cache, path, losses, 'empty outputs');
    return content;
  }
  return content.map((part, i) => (i === last ? { ...part, cache: part.cache ?? cache } : part));
}

function encodeReasoning(part: Extract<Part, { type: 'reasoning' }>, path: string, { facts, losses }: Context): JsonObject[] {
  const { text, seal, cache, extra } = part;
  dropMark(cache, path, losses, 'reasoning');
  const native = extra?.['openai-responses'] !== undefined;
  const fits = seal ? seal.by === 'openai-responses' && seal.data !== '' : native;
  if (!fits || !facts.reasons) {
    const why = !facts.reasons
      ? 'the model does not reason'
      : seal
        ? `only ${seal.by} can open this thought`
        : 'a thought without a seal is not taken back';
    losses.dropped(path, part, 'behavior', why);
    return [];
  }
  const own = losses.extra(path, extra);
  return [{ type: 'reasoning', summary: naturalSummary(text), ...(seal && { encrypted_content: seal.data }), ...own }];
}

const CONTENT_IMPACTS = { transformations: 'cost' } as const;
const CALL_IMPACTS = { caller: 'none', toolset_name: 'behavior' } as const;
