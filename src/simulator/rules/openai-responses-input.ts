import type { JsonObject } from '../../model/json.ts';
import { badRequest, missing, notOneOf, tooLong } from './openai-refusal.ts';
import { imageProblem, nameProblem } from './openai-shared.ts';
import { firstOf, given, objectsOf, type Refusal, textOf, type VendorRule } from './rule.ts';

/** What Responses asks of input items: kinds, ids, and calls answered. */
export const inputRules: readonly VendorRule[] = [
  {
    name: 'known items',
    from: '§2.2',
    broken: ({ wire }) =>
      firstOf(objectsOf(wire['input']), (item, index) => {
        const type = typeOf(item);
        if (!ITEMS.test(type)) return notOneOf(type, SAID_ITEMS, `input[${index}]`);
        if (type !== 'message') return undefined;
        const role = String(item['role']);
        if (!ROLES.includes(role)) return notOneOf(item['role'], ROLES, `input[${index}].role`);
        return given(item['content']) ? undefined : missing(`input[${index}].content`);
      }),
  },
  {
    name: 'parts stand with their role',
    from: '§2.3',
    broken: ({ wire }) =>
      firstOf(objectsOf(wire['input']), (item, index) => {
        const isAssistant = item['role'] === 'assistant';
        const taken = isAssistant ? ['output_text', 'refusal'] : INPUT_PARTS;
        return firstOf(objectsOf(typeOf(item) === 'message' ? item['content'] : item['output']), (part, nth) => {
          const at = `input[${index}].${item['content'] ? 'content' : 'output'}[${nth}]`;
          const type = textOf(part['type']) ?? '';
          if (/_output$/.test(typeOf(item)) && OPEN_OUTPUT.test(typeOf(item))) return undefined;
          if (!taken.includes(type)) return notOneOf(type, taken, at);
          return type === 'input_image' && !given(part['file_id']) ? imageProblem(textOf(part['image_url']), `${at}.image_url`) : undefined;
        });
      }),
  },
  {
    name: 'ids begin as their kind does',
    from: '§2.2, §5.11',
    broken: ({ wire }) =>
      firstOf(objectsOf(wire['input']), (item, index) => {
        const id = textOf(item['id']);
        const prefix = PREFIXES[typeOf(item)];
        if (id === undefined || prefix === undefined) return undefined;
        const at = `input[${index}].id`;
        if (id.length > 64) return tooLong(at, id.length, 64);
        return id.startsWith(prefix)
          ? undefined
          : badRequest(`Invalid '${at}': '${id}'. Expected an ID that begins with '${prefix}'.`, at, 'invalid_value');
      }),
  },
  {
    name: 'calls and results are whole',
    from: '§2.2, §5.11',
    broken: ({ wire }) => firstOf(objectsOf(wire['input']), (item, index) => callProblem(item, `input[${index}]`)),
  },
  {
    name: 'every result has its call',
    from: '§2.2, §5.11',
    broken: ({ wire }) => {
      const calls = new Set<string>();
      return firstOf(objectsOf(wire['input']), (item) => {
        const type = typeOf(item);
        const id = String(item['call_id']);
        if (!type.endsWith('_output')) calls.add(id);
        const [, kind] = /^(function|custom_tool)_call_output$/.exec(type) ?? [];
        if (!kind || calls.has(id) || given(wire['conversation'])) return undefined;
        return badRequest(
          `No tool call found for ${kind === 'function' ? 'function call' : 'custom tool call'} output with call_id ${id}.`,
          'input',
        );
      });
    },
  },
  {
    name: 'every call has its result',
    from: '§2.2, §5.11',
    broken: ({ wire }) => {
      const items = objectsOf(wire['input']);
      const answered = new Set(items.filter((item) => /_call_output$/.test(typeOf(item))).map((item) => String(item['call_id'])));
      return firstOf(items, (item) => {
        const type = typeOf(item);
        if (!CALLS.has(type) || item['async'] === true || answered.has(String(item['call_id']))) return undefined;
        const what = type === 'function_call' ? 'function call' : 'custom tool call';
        return badRequest(`No tool output found for ${what} ${item['call_id']}.`, 'input');
      });
    },
  },
];

const typeOf = (item: JsonObject): string => textOf(item['type']) ?? (item['role'] === undefined ? '' : 'message');

const CALLS = new Set(['function_call', 'custom_tool_call']);
const ROLES = ['assistant', 'system', 'developer', 'user'];
const INPUT_PARTS = ['input_text', 'input_image', 'output_text', 'refusal', 'input_file', 'computer_screenshot', 'summary_text'];
const SAID_ITEMS = [
  'message',
  'function_call',
  'function_call_output',
  'reasoning',
  'item_reference',
  'custom_tool_call',
  'custom_tool_call_output',
];
const ITEMS =
  /^(message|reasoning|item_reference|compaction|compaction_trigger|configuration_update|additional_tools|tool_search_(call|output)|program(_output)?|(function|custom_tool|web_search|file_search|code_interpreter|computer|image_generation|mcp|local_shell|shell|apply_patch)_call(_output)?|mcp_list_tools|mcp_approval_(request|response))$/;
/** Outputs of hosted tools, whose parts are not looked into. */
const OPEN_OUTPUT = /^(computer|local_shell|shell|apply_patch|program|tool_search)/;
const PREFIXES: Readonly<Record<string, string>> = {
  message: 'msg',
  function_call: 'fc',
  function_call_output: 'fc',
  custom_tool_call: 'ctc',
  custom_tool_call_output: 'ctc',
  reasoning: 'rs',
};

function callProblem(item: JsonObject, at: string): Refusal | undefined {
  const type = typeOf(item);
  if (!/^(function|custom_tool)_call(_output)?$/.test(type)) return undefined;
  const id = textOf(item['call_id']);
  if (id === undefined) return missing(`${at}.call_id`);
  if (id.length > 64) return tooLong(`${at}.call_id`, id.length, 64);
  if (type.endsWith('_output')) return given(item['output']) ? undefined : missing(`${at}.output`);
  const written = type === 'function_call' ? 'arguments' : 'input';
  if (typeof item[written] !== 'string') return missing(`${at}.${written}`);
  return nameProblem(textOf(item['name']) ?? '', `${at}.name`);
}
