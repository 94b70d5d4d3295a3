import { isList, isObject, type JsonObject, objectOf } from '../../model/json.ts';
import { badRequest, emptyList, missing, notOneOf, tooLong } from './openai-refusal.ts';
import { imageProblem, nameProblem } from './openai-shared.ts';
import { firstOf, given, objectsOf, type Refusal, textOf, type VendorRule } from './rule.ts';

/** What Chat asks of messages: roles, content, and calls answered one by one. */
export const chatMessageRules: readonly VendorRule[] = [
  {
    name: 'at least one message',
    from: '§1.1',
    broken: ({ wire }) => (isList(wire['messages']) && wire['messages'].length === 0 ? emptyList('messages') : undefined),
  },
  {
    name: 'known roles',
    from: '§1.2',
    broken: ({ wire }) =>
      firstOf(objectsOf(wire['messages']), ({ role }, index) => {
        if (role === undefined) return missing(`messages[${index}].role`);
        return ROLES.includes(String(role)) ? undefined : notOneOf(role, ROLES, `messages[${index}].role`);
      }),
  },
  {
    name: 'messages have content',
    from: '§1.2',
    broken: ({ wire }) =>
      firstOf(objectsOf(wire['messages']), (message, index) => {
        const { role, content } = message;
        if (given(content)) {
          return typeof content === 'string' || isList(content)
            ? undefined
            : badRequest(
                `Invalid type for 'messages[${index}].content': expected one of a string or array of objects, but got an object instead.`,
                `messages[${index}].content`,
                'invalid_type',
              );
        }
        const isSaid = role === 'assistant' && ['tool_calls', 'function_call', 'refusal', 'audio'].some((field) => given(message[field]));
        return isSaid ? undefined : badRequest(`Invalid value for 'content': expected a string, got null.`, `messages.[${index}].content`);
      }),
  },
  {
    name: 'parts stand with their role',
    from: '§1.3, recorded',
    broken: ({ wire }) =>
      firstOf(objectsOf(wire['messages']), ({ role, content }, index) =>
        firstOf(objectsOf(content), (part, nth) => partProblem(part, String(role), index, nth)),
      ),
  },
  {
    name: 'calls of the assistant are whole',
    from: '§1.4, §5.11',
    broken: ({ wire }) =>
      firstOf(objectsOf(wire['messages']), (message, index) => {
        const calls = message['tool_calls'];
        if (!isList(calls)) return undefined;
        if (calls.length === 0) return emptyList(`messages[${index}].tool_calls`);
        return firstOf(objectsOf(calls), (call, nth) => callProblem(call, `messages[${index}].tool_calls[${nth}]`));
      }),
  },
  {
    name: 'results name their call',
    from: '§1.2, §5.11',
    broken: ({ wire }) =>
      firstOf(objectsOf(wire['messages']), ({ role, tool_call_id: id }, index) => {
        if (role !== 'tool') return undefined;
        const at = `messages[${index}].tool_call_id`;
        if (typeof id !== 'string') return missing(at);
        return id.length > 64 ? tooLong(at, id.length, 64) : undefined;
      }),
  },
  {
    name: 'every call has its result right after it',
    from: '§1.2, §5.14',
    broken: ({ wire }) => {
      const messages = objectsOf(wire['messages']);
      return firstOf(messages, (message, index) => {
        const open = new Set(objectsOf(message['tool_calls']).map(({ id }) => String(id)));
        if (message['role'] !== 'assistant' || open.size === 0) return undefined;
        for (let next = index + 1; messages[next]?.['role'] === 'tool'; next += 1) open.delete(String(messages[next]?.['tool_call_id']));
        if (open.size === 0) return undefined;
        return badRequest(
          `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
          'messages',
        );
      });
    },
  },
  {
    name: 'every result has its call right before it',
    from: '§1.2',
    broken: ({ wire }) => {
      let asked = new Set<string>();
      return firstOf(objectsOf(wire['messages']), (message, index) => {
        if (message['role'] !== 'tool') {
          asked = new Set(message['role'] === 'assistant' ? objectsOf(message['tool_calls']).map(({ id }) => String(id)) : []);
          return undefined;
        }
        return asked.has(String(message['tool_call_id']))
          ? undefined
          : badRequest(
              "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
              `messages.[${index}].role`,
            );
      });
    },
  },
];

const ROLES = ['system', 'assistant', 'user', 'function', 'tool', 'developer'];
const PARTS: Readonly<Record<string, readonly string[]>> = {
  user: ['text', 'image_url', 'input_audio', 'refusal', 'audio', 'file'],
  assistant: ['text', 'refusal'],
};

function partProblem(part: JsonObject, role: string, index: number, nth: number): Refusal | undefined {
  const type = textOf(part['type']) ?? '';
  const at = `messages[${index}].content[${nth}]`;
  const taken = PARTS[role] ?? ['text'];
  if (type === 'image_url' && !taken.includes(type)) {
    return badRequest(
      `Invalid 'messages[${index}]'. Image URLs are only allowed for messages with role 'user', but this message with role '${role}' contains an image URL.`,
      `messages[${index}]`,
      'invalid_value',
    );
  }
  if (!taken.includes(type)) return notOneOf(type, taken, `${at}.type`);
  if (type === 'text' && typeof part['text'] !== 'string') return missing(`${at}.text`);
  if (type === 'image_url' && typeof part['image_url'] === 'string') {
    return badRequest(
      `Invalid type for '${at}.image_url': expected an object, but got a string instead.`,
      `${at}.image_url`,
      'invalid_type',
    );
  }
  return type === 'image_url' ? imageProblem(textOf(objectOf(part['image_url'])['url']), `${at}.image_url.url`) : undefined;
}

function callProblem(call: JsonObject, at: string): Refusal | undefined {
  const id = textOf(call['id']);
  if (id === undefined) return missing(`${at}.id`);
  if (id.length > 64) return tooLong(`${at}.id`, id.length, 64);
  const type = textOf(call['type']);
  if (type === undefined) return missing(`${at}.type`);
  if (type !== 'function' && type !== 'custom') return notOneOf(type, ['function', 'custom'], `${at}.type`);
  const made = call[type];
  if (!isObject(made)) return missing(`${at}.${type}`);
  const written = type === 'function' ? 'arguments' : 'input';
  if (typeof made[written] !== 'string') return missing(`${at}.${type}.${written}`);
  return nameProblem(textOf(made['name']) ?? '', `${at}.${type}.name`);
}
