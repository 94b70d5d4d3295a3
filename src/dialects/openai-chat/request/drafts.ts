import type { Json, JsonObject } from '../../../model/json.ts';
import { given, spread } from '../fields.ts';

/** A message being put together: parts apart, until it is known how they are best written. */
export interface Draft {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool';
  readonly content: JsonObject[];
  readonly calls: JsonObject[];
  /** Everything else of the message. */
  fields: JsonObject;
}

export const draft = (role: Draft['role'], fields: JsonObject = {}): Draft => ({ role, content: [], calls: [], fields });

/** Whether nothing has been written into it. */
export const isBlank = ({ content, calls, fields }: Draft): boolean =>
  content.length === 0 && calls.length === 0 && Object.keys(fields).length === 0;

/**
 * The message as sent: one plain text part as a string, a closing refusal in its own field. `joined`: servers
 * that may know only strings get the texts of all but user messages joined.
 */
export function written({ role, content, calls, fields }: Draft, joined: boolean): JsonObject {
  const last = content.at(-1);
  const apart = role === 'assistant' && last && isPlain(last, 'refusal') && content.filter(isRefusal).length === 1;
  const spoken = apart ? content.slice(0, -1) : content;
  const message = given({
    role,
    content: spoken.length === 0 ? (role === 'assistant' ? null : '') : contentOf(spoken, joined && role !== 'user'),
    refusal: apart ? last['refusal'] : undefined,
    tool_calls: calls.length > 0 ? calls : undefined,
  });
  return spread(message as JsonObject, fields);
}

function contentOf(content: readonly JsonObject[], joined: boolean): Json {
  if (content.length === 1 && isPlain(content[0]!, 'text')) return content[0]!['text']!;
  return joined && content.every((part) => isPlain(part, 'text')) ? content.map((part) => part['text']).join('\n\n') : content;
}

const isRefusal = (part: JsonObject) => part['type'] === 'refusal';

/** Whether a part says nothing but its words. */
const isPlain = (part: JsonObject, type: 'text' | 'refusal') => part['type'] === type && Object.keys(part).length === 2;
