import assert from 'node:assert/strict';
import test from 'node:test';
import type { Json, JsonObject } from '../../src/model/json.ts';
import { OPENAI_CHAT_RULES } from '../../src/simulator/rules/openai-chat.ts';
import { OPENAI_RESPONSES_RULES } from '../../src/simulator/rules/openai-responses.ts';
import type { VendorRule } from '../../src/simulator/rules/rule.ts';
import { CHAT, RESPONSES, simulator } from './ask.ts';

const LONG = 'x'.repeat(65);
const SCHEMA = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false };
const OPEN_SCHEMA = { type: 'object', properties: { a: { type: 'string' } } };
const says = (role: string, content: Json, more: JsonObject = {}) => ({ role, content, ...more });

interface Expected {
  readonly message: string | RegExp;
  readonly param?: string;
  readonly code?: string;
  readonly status?: number;
}
type Case = readonly [rule: string, change: JsonObject, expected: Expected];

const CHAT_LAWFUL: JsonObject = { model: 'gpt-4o', messages: [says('user', 'Hello')] };
const REASONER = { model: 'gpt-5' };
const chatTool = (more: JsonObject = {}) => ({ type: 'function', function: { name: 'get_weather', parameters: {}, ...more } });
const called = (id: string, more: JsonObject = {}) =>
  says('assistant', null, { tool_calls: [{ id, type: 'function', function: { name: 'get_weather', arguments: '{}', ...more } }] });
const told = (id: string) => says('tool', 'sunny', { tool_call_id: id });
const talk = (...messages: Json[]) => ({ messages: [says('user', 'Hello'), ...messages] });

const CHAT_CASES: readonly Case[] = [
  ['model and messages are there', { model: null }, { message: 'you must provide a model parameter' }],
  [
    'model and messages are there',
    { messages: null },
    { message: "Missing required parameter: 'messages'.", param: 'messages', code: 'missing_required_parameter' },
  ],
  [
    'the model is served on Chat',
    { model: 'gpt-5-pro' },
    { status: 404, message: 'This model is only supported in v1/responses and not in v1/chat/completions.', param: 'model' },
  ],
  ['no unknown fields', { thinking: {} }, { message: "Unknown parameter: 'thinking'.", param: 'thinking', code: 'unknown_parameter' }],
  [
    'types of fields',
    { max_tokens: '5' },
    { message: "Invalid type for 'max_tokens': expected an integer, but got a string instead.", param: 'max_tokens', code: 'invalid_type' },
  ],
  [
    'numbers in range',
    { temperature: 3 },
    {
      message: "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
      param: 'temperature',
      code: 'decimal_above_max_value',
    },
  ],
  [
    'numbers in range',
    { n: 0 },
    {
      message: "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.",
      param: 'n',
      code: 'integer_below_min_value',
    },
  ],
  [
    'stream options only with a stream',
    { stream_options: { include_usage: true } },
    { message: "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param: 'stream_options' },
  ],
  [
    'cache breakpoints where taken',
    { messages: [says('user', [{ type: 'text', text: 'x', prompt_cache_breakpoint: { mode: 'explicit' } }])] },
    {
      message: "Unknown parameter: 'messages[0].content[0].prompt_cache_breakpoint'.",
      param: 'messages[0].content[0].prompt_cache_breakpoint',
      code: 'unknown_parameter',
    },
  ],
  [
    'cache retention where taken',
    { model: 'gpt-6-sol', prompt_cache_retention: '24h' },
    { message: /'prompt_cache_retention' is not supported/, param: 'prompt_cache_retention', code: 'unsupported_parameter' },
  ],
  [
    'a list of tools is not empty',
    { tools: [] },
    {
      message: "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      param: 'tools',
      code: 'empty_array',
    },
  ],
  [
    'one cap on the answer, by its right name',
    { ...REASONER, max_tokens: 50 },
    {
      message: "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      param: 'max_tokens',
      code: 'unsupported_parameter',
    },
  ],
  [
    'one cap on the answer, by its right name',
    { max_completion_tokens: 50_000 },
    {
      message: /^max_completion_tokens is too large: 50000. This model supports at most 16384/,
      param: 'max_completion_tokens',
      code: 'invalid_value',
    },
  ],
  [
    'sampling by model',
    { ...REASONER, temperature: 0.2 },
    {
      message: "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
      param: 'temperature',
      code: 'unsupported_value',
    },
  ],
  [
    'sampling by model',
    { model: 'gpt-5.6', top_p: 0.5 },
    { message: /'top_p' does not support 0.5/, param: 'top_p', code: 'unsupported_value' },
  ],
  [
    'sampling by model',
    { ...REASONER, logprobs: true },
    { message: /'logprobs' is not supported/, param: 'logprobs', code: 'unsupported_parameter' },
  ],
  [
    'penalties and biases by model',
    { ...REASONER, presence_penalty: 1 },
    { message: /'presence_penalty' is not supported/, param: 'presence_penalty', code: 'unsupported_parameter' },
  ],
  [
    'stop sequences by model',
    { model: 'gpt-5-mini', stop: 'x' },
    { message: "Unsupported parameter: 'stop' is not supported with this model.", param: 'stop', code: 'unsupported_parameter' },
  ],
  [
    'stop sequences by model',
    { stop: ['1', '2', '3', '4', '5'] },
    { message: /^Invalid 'stop': array too long/, param: 'stop', code: 'array_above_max_length' },
  ],
  [
    'known effort',
    { model: 'gpt-5.1', reasoning_effort: 'minimal' },
    {
      message:
        "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. Supported values are: 'none', 'low', 'medium', and 'high'.",
      param: 'reasoning_effort',
      code: 'unsupported_value',
    },
  ],
  [
    'known effort',
    { reasoning_effort: 'low' },
    { message: /'reasoning_effort' is not supported with this model/, param: 'reasoning_effort', code: 'unsupported_parameter' },
  ],
  [
    'function tools on Chat only without reasoning',
    { model: 'gpt-6-sol', tools: [chatTool()] },
    {
      message:
        "Function tools with reasoning_effort are not supported for gpt-6-sol in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.",
      param: 'reasoning_effort',
    },
  ],
  [
    'tools are well defined',
    { tools: [{ type: 'function', name: 'x' }] },
    { message: "Missing required parameter: 'tools[0].function'.", param: 'tools[0].function', code: 'missing_required_parameter' },
  ],
  [
    'tools are well defined',
    { tools: [chatTool({ name: 'a.b' })] },
    {
      message: /string does not match pattern. Expected a string that matches the pattern '\^\[a-zA-Z0-9_-\]\+\$'/,
      param: 'tools[0].function.name',
      code: 'invalid_value',
    },
  ],
  [
    'tools are well defined',
    { tools: [chatTool({ name: LONG })] },
    {
      message: /string too long. Expected a string with maximum length 64, but got a string with length 65/,
      param: 'tools[0].function.name',
      code: 'string_above_max_length',
    },
  ],
  [
    'tools are well defined',
    { tools: [chatTool({ parameters: OPEN_SCHEMA, strict: true })] },
    {
      message:
        "Invalid schema for function 'get_weather': In context=(), 'additionalProperties' is required to be supplied and to be false.",
      param: 'tools[0].function.parameters',
      code: 'invalid_function_parameters',
    },
  ],
  [
    'tools are well defined',
    { tools: [chatTool({ parameters: { type: 'string' } })] },
    {
      message: /schema must be a JSON Schema of 'type: "object"'/,
      param: 'tools[0].function.parameters',
      code: 'invalid_function_parameters',
    },
  ],
  [
    'tool choice needs tools',
    { tool_choice: 'auto' },
    { message: "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.", param: 'tool_choice' },
  ],
  [
    'tool choice needs tools',
    { parallel_tool_calls: true },
    { message: /'parallel_tool_calls' is only allowed when 'tools' are specified/, param: 'parallel_tool_calls' },
  ],
  [
    'the tool chosen exists',
    { tools: [chatTool()], tool_choice: { type: 'function', function: { name: 'x' } } },
    { message: /'x' not found in 'tools'/, param: 'tool_choice', code: 'invalid_value' },
  ],
  [
    'output format',
    { response_format: { type: 'json_object' } },
    { message: "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.", param: 'messages' },
  ],
  [
    'output format',
    { response_format: { type: 'json_schema', json_schema: { name: 'a b', schema: SCHEMA } } },
    { message: /does not match pattern/, param: 'response_format.json_schema.name', code: 'invalid_value' },
  ],
  [
    'output format',
    { response_format: { type: 'json_schema', json_schema: { name: 'a', strict: true, schema: { ...SCHEMA, required: [] } } } },
    {
      message:
        "Invalid schema for response_format 'a': In context=(), 'required' is required to be supplied and to be an array including every key in properties. Missing 'a'.",
      param: 'response_format',
      code: 'invalid_json_schema',
    },
  ],
  [
    'output format',
    { model: 'gpt-4', response_format: { type: 'json_schema', json_schema: { name: 'a', schema: SCHEMA } } },
    { message: /'response_format' of type 'json_schema' is not supported with this model/ },
  ],
  ['at least one message', { messages: [] }, { message: /^Invalid 'messages': empty array/, param: 'messages', code: 'empty_array' }],
  [
    'known roles',
    { messages: [says('human', 'x')] },
    {
      message: "Invalid value: 'human'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
      param: 'messages[0].role',
      code: 'invalid_value',
    },
  ],
  [
    'messages have content',
    { messages: [says('user', null)] },
    { message: "Invalid value for 'content': expected a string, got null.", param: 'messages.[0].content' },
  ],
  [
    'parts stand with their role',
    { messages: [says('user', [{ type: 'input_text', text: 'x' }])] },
    {
      message: /^Invalid value: 'input_text'. Supported values are: 'text', 'image_url'/,
      param: 'messages[0].content[0].type',
      code: 'invalid_value',
    },
  ],
  [
    'parts stand with their role',
    talk(
      called('call_1'),
      says('tool', [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }], { tool_call_id: 'call_1' }),
    ),
    {
      message:
        "Invalid 'messages[2]'. Image URLs are only allowed for messages with role 'user', but this message with role 'tool' contains an image URL.",
      param: 'messages[2]',
      code: 'invalid_value',
    },
  ],
  [
    'parts stand with their role',
    { messages: [says('user', [{ type: 'image_url', image_url: { url: 'data:image/bmp;base64,AAAA' } }])] },
    { message: /unsupported image/, code: 'invalid_image_format' },
  ],
  [
    'calls of the assistant are whole',
    talk(called(LONG), told(LONG)),
    {
      message: /string too long. Expected a string with maximum length 64/,
      param: 'messages[1].tool_calls[0].id',
      code: 'string_above_max_length',
    },
  ],
  [
    'calls of the assistant are whole',
    talk(says('assistant', null, { tool_calls: [] })),
    { message: /empty array/, param: 'messages[1].tool_calls', code: 'empty_array' },
  ],
  [
    'results name their call',
    talk(called('call_1'), says('tool', 'x')),
    {
      message: "Missing required parameter: 'messages[2].tool_call_id'.",
      param: 'messages[2].tool_call_id',
      code: 'missing_required_parameter',
    },
  ],
  [
    'every call has its result right after it',
    talk(called('call_1'), says('user', 'and?')),
    {
      message:
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: call_1",
      param: 'messages',
    },
  ],
  [
    'every result has its call right before it',
    talk(told('call_1')),
    {
      message: "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
      param: 'messages.[1].role',
    },
  ],
];

const RESPONSES_LAWFUL: JsonObject = { model: 'gpt-4o', input: 'Hello' };
const flatTool = (more: JsonObject = {}) => ({ type: 'function', name: 'get_weather', parameters: {}, strict: false, ...more });
const CALL = { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{}' };
const OUTPUT = { type: 'function_call_output', call_id: 'call_1', output: 'sunny' };
const input = (...items: Json[]) => ({ input: items });

const RESPONSES_CASES: readonly Case[] = [
  [
    'model and input are there',
    { model: null },
    { message: "Missing required parameter: 'model'.", param: 'model', code: 'missing_required_parameter' },
  ],
  [
    'model and input are there',
    { input: null },
    { message: "Missing required parameter: 'input'.", param: 'input', code: 'missing_required_parameter' },
  ],
  ['no unknown fields', { stop: ['x'] }, { message: "Unknown parameter: 'stop'.", param: 'stop', code: 'unknown_parameter' }],
  [
    'no unknown fields',
    { max_tokens: 5 },
    {
      message: /^Unsupported parameter: 'max_tokens'. In the Responses API, this parameter has moved to 'max_output_tokens'/,
      code: 'unsupported_parameter',
    },
  ],
  [
    'types of fields',
    { stream: 'yes' },
    { message: "Invalid type for 'stream': expected a boolean, but got a string instead.", param: 'stream', code: 'invalid_type' },
  ],
  [
    'numbers in range',
    { max_output_tokens: 5 },
    {
      message: "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 5 instead.",
      param: 'max_output_tokens',
      code: 'integer_below_min_value',
    },
  ],
  [
    'stream options only with a stream',
    { stream_options: {} },
    { message: /only allowed when 'stream' is enabled/, param: 'stream_options' },
  ],
  [
    'cache breakpoints where taken',
    { prompt_cache_options: { mode: 'explicit' } },
    { message: "Unknown parameter: 'prompt_cache_options'.", param: 'prompt_cache_options', code: 'unknown_parameter' },
  ],
  [
    'cache retention where taken',
    { model: 'gpt-6-sol', prompt_cache_retention: '24h' },
    { message: /'prompt_cache_retention' is not supported/, param: 'prompt_cache_retention', code: 'unsupported_parameter' },
  ],
  [
    'a list of tools is not empty',
    { tools: Array.from({ length: 129 }, (_, index) => flatTool({ name: `t${index}` })) },
    { message: /maximum length 128, but got an array with length 129/, param: 'tools', code: 'array_above_max_length' },
  ],
  [
    'sampling by model',
    { model: 'gpt-5', temperature: 0.5 },
    { message: "Unsupported parameter: 'temperature' is not supported with this model.", param: 'temperature' },
  ],
  [
    'known effort',
    { model: 'gpt-6-astra', reasoning: { effort: 'none' } },
    {
      message:
        "Unsupported value: 'none' is not supported with the 'gpt-6-astra' model. Supported values are: 'low', 'medium', 'high', 'xhigh', and 'max'.",
      param: 'reasoning.effort',
      code: 'unsupported_value',
    },
  ],
  [
    'known effort',
    { reasoning: { effort: 'low' } },
    {
      message: "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
      param: 'reasoning.effort',
      code: 'unsupported_parameter',
    },
  ],
  [
    'known things to include',
    { include: ['everything'] },
    { message: /^Invalid value: 'everything'/, param: 'include[0]', code: 'invalid_value' },
  ],
  [
    'tools are well defined',
    { tools: [{ type: 'function', function: { name: 'x' } }] },
    { message: "Missing required parameter: 'tools[0].name'.", param: 'tools[0].name', code: 'missing_required_parameter' },
  ],
  [
    'tools are well defined',
    { tools: [flatTool({ parameters: OPEN_SCHEMA, strict: true })] },
    {
      message: /'additionalProperties' is required to be supplied and to be false/,
      param: 'tools[0].parameters',
      code: 'invalid_function_parameters',
    },
  ],
  [
    'tool choice needs tools',
    { tool_choice: 'required' },
    { message: "Tool choice 'required' must be specified with 'tools' parameter.", param: 'tool_choice' },
  ],
  [
    'the tool chosen exists',
    { tools: [flatTool()], tool_choice: { type: 'function', name: 'x' } },
    { message: "Tool choice 'function' not found in 'tools' parameter.", param: 'tool_choice' },
  ],
  [
    'output format',
    { text: { format: { type: 'json_object' } } },
    { message: /^Response input messages must contain the word 'json'/, param: 'input' },
  ],
  [
    'output format',
    { text: { format: { type: 'json_schema', schema: SCHEMA } } },
    { message: "Missing required parameter: 'text.format.name'.", param: 'text.format.name', code: 'missing_required_parameter' },
  ],
  [
    'known items',
    input({ type: 'tool_use', id: 'x' }),
    { message: /^Invalid value: 'tool_use'/, param: 'input[0]', code: 'invalid_value' },
  ],
  [
    'known items',
    input(says('tool', 'x')),
    { message: /^Invalid value: 'tool'. Supported values are: 'assistant'/, param: 'input[0].role', code: 'invalid_value' },
  ],
  [
    'parts stand with their role',
    input(says('assistant', [{ type: 'input_text', text: 'x' }])),
    {
      message: "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
      param: 'input[0].content[0]',
      code: 'invalid_value',
    },
  ],
  [
    'ids begin as their kind does',
    input(says('user', 'x'), { ...CALL, id: 'call_1' }, OUTPUT),
    { message: "Invalid 'input[1].id': 'call_1'. Expected an ID that begins with 'fc'.", param: 'input[1].id', code: 'invalid_value' },
  ],
  [
    'calls and results are whole',
    input({ ...CALL, call_id: LONG }, { ...OUTPUT, call_id: LONG }),
    { message: /string too long. Expected a string with maximum length 64/, param: 'input[0].call_id', code: 'string_above_max_length' },
  ],
  [
    'every result has its call',
    input(OUTPUT),
    { message: 'No tool call found for function call output with call_id call_1.', param: 'input' },
  ],
  [
    'every call has its result',
    input(says('user', 'x'), CALL),
    { message: 'No tool output found for function call call_1.', param: 'input' },
  ],
];

const TABLES: readonly (readonly [path: string, lawful: JsonObject, cases: readonly Case[], rules: readonly VendorRule[]])[] = [
  [CHAT, CHAT_LAWFUL, CHAT_CASES, OPENAI_CHAT_RULES],
  [RESPONSES, RESPONSES_LAWFUL, RESPONSES_CASES, OPENAI_RESPONSES_RULES],
];

for (const [path, lawful, cases, rules] of TABLES) {
  for (const [rule, change, { message, param, code, status = 400 }] of cases) {
    test(`${path}, ${rule}: ${String(message).slice(0, 80)}`, () => {
      const answered = simulator().ask(path, { ...lawful, ...change });
      const { message: said, ...error } = (answered.json['error'] ?? {}) as { message?: string };
      assert.deepEqual([answered.status, error], [status, { type: 'invalid_request_error', param: param ?? null, code: code ?? null }]);
      if (typeof message === 'string') assert.equal(said, message);
      else assert.match(said ?? '', message);
    });
  }

  test(`every rule of ${path} has a case, and the request they start from breaks none`, () => {
    // Its case needs an answer to follow: it is below.
    const tried = new Set([...cases.map(([rule]) => rule), 'one kind of memory']);
    assert.deepEqual(
      rules.filter(({ name }) => !tried.has(name)).map(({ name }) => name),
      [],
    );
    assert.equal(simulator().ask(path, lawful).status, 200);
  });
}

test('a response cannot both follow another one and belong to a conversation', () => {
  const simulated = simulator();
  const { id } = simulated.ask(RESPONSES, RESPONSES_LAWFUL).json as { id: string };
  const { status, json } = simulated.ask(RESPONSES, { ...RESPONSES_LAWFUL, previous_response_id: id, conversation: 'conv_1' });
  assert.deepEqual([status, (json['error'] as JsonObject)['code']], [400, 'mutually_exclusive_parameters']);
});
