import { isDeepStrictEqual } from 'node:util';
import { isObject, type Json, type JsonObject } from '../../../model/json.ts';
import type { Part } from '../../../model/part.ts';
import type { Turn } from '../../../model/request.ts';
import { unwrapSeal } from '../../seal.ts';
import { refuse, type Taker, take } from '../../take.ts';
import { extraOf } from '../fields.ts';
import { contentMarker, decodeContent } from './decode-content.ts';

const ROLES = ['user', 'assistant', 'system', 'developer'] as const;

/** `input` as turns: one for each item, a string being one user turn. */
export function decodeInput(wire: Json | undefined): Turn[] {
  if (wire === undefined || wire === null) return [];
  if (typeof wire === 'string') return [{ role: 'user', parts: [{ type: 'text', text: wire }] }];
  if (!Array.isArray(wire)) refuse('input', 'a string or a list of items', wire);
  return (wire as readonly Json[]).map((item, i) => decodeItem(item, `input[${i}]`));
}

function decodeItem(wire: Json, path: string): Turn {
  const fields = take(wire, path);
  const item = wire as JsonObject;
  const type = item['type'] ?? (item['role'] === undefined ? undefined : 'message');
  switch (type) {
    case 'message':
      return decodeMessage(fields, item);
    case 'function_call':
    case 'custom_tool_call':
      return assistant(decodeCall(fields, item));
    case 'function_call_output':
    case 'custom_tool_call_output':
      return { role: 'user', parts: [decodeResult(fields, item)] };
    case 'reasoning':
      return assistant(decodeReasoning(fields, item));
    case 'configuration_update':
      // It says nothing to the model: a turn without parts, whose fields only this dialect can write.
      return { role: 'developer', parts: [], ...extraOf(item) };
    case undefined:
      return refuse(fields.at('type'), 'an item type (or `role`, for a message)', undefined);
    default:
      return assistant({ type: 'opaque', dialect: 'openai-responses', wire });
  }
}

const assistant = (part: Part): Turn => ({ role: 'assistant', parts: [part] });

function decodeMessage(fields: Taker, item: JsonObject): Turn {
  fields.leave('type');
  const role = fields.oneOf('role', ROLES);
  fields.leave('content');
  const parts = decodeContent(item['content'], fields.at('content'), role === 'assistant' ? 'output_text' : 'input_text');
  const { extra } = fields.rest('openai-responses');
  return { role, parts, ...extraOf({ ...contentMarker(parts), ...extra?.['openai-responses'] }) };
}

/** `function_call` and `custom_tool_call`, asked and answered alike. */
export function decodeCall(fields: Taker, item: JsonObject): Part {
  const custom = item['type'] === 'custom_tool_call';
  fields.leave('type');
  return {
    type: 'toolCall',
    id: fields.string('call_id'),
    name: fields.string('name'),
    arguments: fields.maybeString(custom ? 'input' : 'arguments') ?? '',
    ...(custom && { custom: true as const }),
    ...fields.rest('openai-responses'),
  };
}

function decodeResult(fields: Taker, item: JsonObject): Part {
  const custom = item['type'] === 'custom_tool_call_output';
  fields.leave('type');
  // The newest types let it be absent for outputs that pair by name.
  const callId = fields.maybeString('call_id') ?? '';
  fields.leave('output');
  return {
    type: 'toolResult',
    callId,
    content: decodeContent(item['output'], fields.at('output'), 'input_text'),
    ...(custom && { custom: true as const }),
    ...fields.rest('openai-responses'),
  };
}

/**
 * `reasoning`: the text is the summaries, or the raw thoughts of servers that give those instead; the
 * arrays themselves are kept where they say more than that. The extra is there even when empty: it
 * tells a thought of this dialect from one that was never sealed.
 */
export function decodeReasoning(fields: Taker, item: JsonObject): Part {
  const sealed = fields.maybeString('encrypted_content');
  const text = textsOf(item['summary'], 'summary_text') ?? textsOf(item['content'], 'reasoning_text') ?? '';
  if (isNatural(item['summary'], text)) fields.leave('summary');
  fields.leave('type');
  const { extra } = fields.rest('openai-responses');
  return {
    type: 'reasoning',
    text,
    ...(sealed !== undefined && { seal: unwrapSeal(sealed) ?? { by: 'openai-responses' as const, data: sealed } }),
    extra: { 'openai-responses': extra?.['openai-responses'] ?? {} },
  };
}

function textsOf(list: Json | undefined, type: string): string | undefined {
  if (!Array.isArray(list) || list.length === 0) return undefined;
  const texts = (list as readonly Json[]).map((each) =>
    isObject(each) && each['type'] === type && typeof each['text'] === 'string' ? each['text'] : '',
  );
  return texts.join('\n\n');
}

/** The `summary` that says `text` and nothing else. */
export const naturalSummary = (text: string): JsonObject[] => (text === '' ? [] : [{ type: 'summary_text', text }]);

function isNatural(summary: Json | undefined, text: string): boolean {
  if (!Array.isArray(summary)) return false;
  const list = summary as readonly Json[];
  if (text === '') return list.length === 0;
  const [only] = list;
  return list.length === 1 && isDeepStrictEqual(only, naturalSummary(text)[0]);
}
