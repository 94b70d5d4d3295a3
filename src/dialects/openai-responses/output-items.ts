import { isList, isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Extra, Part } from '../../model/part.ts';
import { take } from '../take.ts';
import { present, without } from './fields.ts';
import { messageFields } from './message-fields.ts';
import { decodePart, withExtra } from './request/decode-content.ts';
import { decodeCall, decodeReasoning } from './request/decode-items.ts';

/** An item of a response's output as parts: one for each part of a message, one for any other item. */
export function decodeOutputItem(wire: Json, path: string): Part[] {
  if (!isObject(wire)) return [{ type: 'opaque', dialect: 'openai-responses', wire }];
  switch (wire['type']) {
    case 'message': {
      const content = isList(wire['content']) ? wire['content'] : [];
      return content.map((part, i) => decodeMessagePart(part, wire, `${path}.content[${i}]`));
    }
    case 'function_call': {
      const item = quiet(wire);
      return [decodeCall(take(item, path), item)];
    }
    case 'custom_tool_call': {
      // Its state is not in the format's types, though OpenAI sends one: it is kept, not made up.
      const item = { ...quiet(wire), ...present({ status: wire['status'] ?? undefined }) };
      return [decodeCall(take(item, path), item)];
    }
    case 'reasoning': {
      const item = quiet(wire);
      return [decodeReasoning(take(item, path), item)];
    }
    default:
      return [{ type: 'opaque', dialect: 'openai-responses', wire }];
  }
}

/** One part of an answer's message; what the message says of itself goes with each of its parts. */
export function decodeMessagePart(part: Json, message: JsonObject, path: string): Part {
  const decoded = decodePart(quiet(part), path, 'output_text');
  const marker: JsonObject = decoded.type === 'opaque' ? { type: 'message' } : {};
  return withExtra(decoded, { ...messageFields(message), ...marker });
}

/** Without what says nothing: empty lists, nulls, and that an item is complete. */
function quiet<T extends Json>(wire: T): T {
  if (!isObject(wire)) return wire;
  const empty = ['annotations', 'logprobs', 'content'].filter((field) => isList(wire[field]) && wire[field].length === 0);
  const silent = Object.keys(wire).filter((field) => wire[field] === null);
  return without(wire, ...(wire['status'] === 'completed' ? ['status'] : []), ...empty, ...silent) as T;
}

/** The extra of this dialect, for comparing. */
export const ownExtra = (extra: Extra | undefined): JsonObject => extra?.['openai-responses'] ?? {};
