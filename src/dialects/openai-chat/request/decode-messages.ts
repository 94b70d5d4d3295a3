import { isObject, type Json } from '../../../model/json.ts';
import type { Part, ToolCall } from '../../../model/part.ts';
import type { Turn } from '../../../model/request.ts';
import { refuse, type Taker, take } from '../../take.ts';
import { extraOf, restOf } from '../fields.ts';
import { decodeContent } from './decode-parts.ts';

const ROLES = ['developer', 'system', 'user', 'assistant', 'tool', 'function'] as const;

/** One turn for each message, in order. */
export function decodeMessages(messages: readonly Json[]): Turn[] {
  const called: Called = { customIds: new Set(), functionIds: new Map(), functions: 0 };
  return messages.map((wire, i) => {
    const fields = take(wire, `messages[${i}]`);
    const role = fields.oneOf('role', ROLES);
    switch (role) {
      case 'assistant':
        return decodeAssistant(fields, wire, called);
      case 'tool':
        return decodeToolResult(fields, called);
      case 'function':
        return decodeFunctionResult(fields, called);
      case 'developer':
      case 'system':
      case 'user': {
        const parts = decodeContent(fields);
        return { role, parts, ...restOf(fields) };
      }
      default:
        return role satisfies never;
    }
  });
}

/** What earlier assistant messages called, which later results refer to. */
interface Called {
  readonly customIds: Set<string>;
  /** Name of a function called the old way, to the id made up for its latest call. */
  readonly functionIds: Map<string, string>;
  functions: number;
}

function decodeAssistant(fields: Taker, wire: Json, called: Called): Turn {
  const reasoning = decodeReasoning(fields, wire);
  const content = decodeContent(fields);
  const refusal = fields.maybeString('refusal');
  const calls = (fields.maybeList('tool_calls') ?? []).map((call, i) => decodeCall(call, `${fields.at('tool_calls')}[${i}]`));
  for (const { id, custom } of calls) if (custom) called.customIds.add(id);
  return {
    role: 'assistant',
    parts: [
      ...reasoning,
      ...content,
      ...(refusal === undefined ? [] : [{ type: 'refusal' as const, text: refusal }]),
      ...calls,
      ...decodeFunctionCall(fields, called),
    ],
    ...restOf(fields),
  };
}

/** Where compatible servers put thoughts, and want them back: DeepSeek and vLLM, then OpenRouter and Groq. */
export const REASONING_FIELDS = ['reasoning_content', 'reasoning'] as const;

/** The thoughts of a message; the marker in the extra says which field they go back to. A second such field stays verbatim. */
export function decodeReasoning(fields: Taker, wire: Json): Part[] {
  const field = REASONING_FIELDS.find((name) => isObject(wire) && typeof wire[name] === 'string' && wire[name] !== '');
  return field ? [{ type: 'reasoning', text: fields.string(field), ...extraOf({ [field]: null }) }] : [];
}

function decodeCall(wire: Json, path: string): Part & ToolCall {
  const fields = take(wire, path);
  const id = fields.string('id');
  const type = fields.maybeOneOf('type', ['function', 'custom']) ?? 'function';
  const called = take(fields.object(type), fields.at(type));
  const name = called.string('name');
  const written = called.string(type === 'custom' ? 'input' : 'arguments');
  return {
    type: 'toolCall',
    id,
    name,
    arguments: written,
    ...(type === 'custom' && { custom: true }),
    ...restOf(fields, { [type]: called }),
  };
}

/** The predecessor of tool calls has no ids: they are counted, so that the same conversation always gets the same ones. */
function decodeFunctionCall(fields: Taker, called: Called): Part[] {
  const wire = fields.maybeObject('function_call');
  if (!wire) return [];
  const call = take(wire, fields.at('function_call'));
  const name = call.string('name');
  const id = functionCallId(called.functions++);
  called.functionIds.set(name, id);
  return [{ type: 'toolCall', id, name, arguments: call.string('arguments'), ...restOf(call) }];
}

/** The id of the nth call (from 0) made with the predecessor of tools, which has none. */
export const functionCallId = (n: number): string => `call_fn_${n}`;

function decodeToolResult(fields: Taker, called: Called): Turn {
  const callId = fields.string('tool_call_id');
  if (!fields.has('content')) refuse(fields.at('content'), 'a string or a list of text parts', undefined);
  const content = decodeContent(fields);
  const custom = called.customIds.has(callId);
  return { role: 'user', parts: [{ type: 'toolResult', callId, content, ...(custom && { custom: true }) }], ...restOf(fields) };
}

function decodeFunctionResult(fields: Taker, called: Called): Turn {
  const name = fields.string('name');
  const callId = called.functionIds.get(name) ?? `call_fn_${name}`;
  return { role: 'user', parts: [{ type: 'toolResult', callId, content: decodeContent(fields) }], ...restOf(fields) };
}
