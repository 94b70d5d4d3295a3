import assert from 'node:assert/strict';
import test from 'node:test';
import type { Json, JsonObject } from '../../src/model/json.ts';
import { ANTHROPIC_RULES } from '../../src/simulator/rules/anthropic.ts';
import { MESSAGES, simulator } from './ask.ts';

/** A request nobody objects to; each case changes what it is about. */
const LAWFUL: JsonObject = { model: 'claude-opus-5-5', max_tokens: 1000, messages: [{ role: 'user', content: 'Hello' }] };
const OLD = { model: 'claude-sonnet-4-5' };
const OLD_VERSION = { 'anthropic-version': '2023-06-01' };
const TOOL = { name: 'get_weather', input_schema: { type: 'object', properties: {} } };
const CALL = { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} };
const RESULT = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'sunny' };
const SCHEMA = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false };
const user = (...content: Json[]) => ({ role: 'user', content });
const assistant = (...content: Json[]) => ({ role: 'assistant', content });
const image = (mediaType: string, data: string) => ({ type: 'image', source: { type: 'base64', media_type: mediaType, data } });
const format = (schema: JsonObject) => ({ output_config: { format: { type: 'json_schema', schema } } });
const marked = (text: string, mark: JsonObject = { type: 'ephemeral' }) => ({ type: 'text', text, cache_control: mark });

type Case = readonly [rule: string, change: JsonObject, message: string | RegExp, headers?: Record<string, string>];

const CASES: readonly Case[] = [
  ['version header', {}, 'anthropic-version: header is required', { 'anthropic-version': '' }],
  ['known version', {}, /"2020-01-01" is not a valid version/, { 'anthropic-version': '2020-01-01' }],
  ['required fields', { max_tokens: null }, 'max_tokens: Field required'],
  ['required fields', { messages: null }, 'messages: Field required'],
  ['no unknown fields', { prompt: 'x' }, 'prompt: Extra inputs are not permitted'],
  ['no unknown fields', { temperature: 1 }, 'temperature: Extra inputs are not permitted'],
  ['no unknown fields', { context_management: {} }, 'context_management: Extra inputs are not permitted'],
  ['types of fields', { max_tokens: '10' }, 'max_tokens: Input should be a valid integer'],
  ['types of fields', { messages: 'hi' }, 'messages: Input should be a valid list'],
  ['max_tokens in range', { max_tokens: -1 }, 'max_tokens: Input should be greater than or equal to 0'],
  [
    'max_tokens in range',
    { max_tokens: 200_000 },
    'max_tokens: 200000 > 128000, which is the maximum allowed number of output tokens for claude-opus-5-5',
  ],
  ['max_tokens 0 only warms the cache', { max_tokens: 0, stream: true }, 'max_tokens: 0 is not supported with stream'],
  ['sampling by model', { temperature: 0.2 }, /^temperature: is not supported/, OLD_VERSION],
  ['sampling by model', { ...OLD, temperature: 1.5 }, 'temperature: range: 0..1', OLD_VERSION],
  ['sampling by model', { ...OLD, temperature: 0.5, top_p: 0.5 }, /cannot both be specified/, OLD_VERSION],
  ['stop sequences hold more than whitespace', { stop_sequences: [' \n'] }, /must contain non-whitespace/],
  ['known effort', { output_config: { effort: 'huge' } }, /^output_config.effort: Input should be 'low'/],
  ['known effort', { ...OLD, output_config: { effort: 'low' } }, 'output_config.effort: This model does not support the effort parameter.'],
  ['known effort', { model: 'claude-opus-4-6', output_config: { effort: 'xhigh' } }, /'xhigh' is not supported for claude-opus-4-6/],
  ['thinking by model', { thinking: { type: 'disabled' } }, /^thinking.type: "disabled" is not supported for this model/],
  ['thinking by model', { thinking: { type: 'enabled', budget_tokens: 1024 } }, /^thinking.type: "enabled" is not supported/],
  ['thinking by model', { thinking: { type: 'deep' } }, /Input tag 'deep' found using 'type'/],
  [
    'thinking off or between tools only at modest effort',
    { model: 'claude-sonnet-5-5', thinking: { type: 'between_tools' }, output_config: { effort: 'max' } },
    /only supported with effort "low", "medium" or "high"/,
  ],
  ['thinking budget', { ...OLD, thinking: { type: 'enabled', budget_tokens: 100 } }, /greater than or equal to 1024/],
  [
    'thinking budget',
    { ...OLD, thinking: { type: 'enabled', budget_tokens: 1024 } },
    /^`max_tokens` must be greater than `thinking.budget_tokens`/,
  ],
  [
    'thinking wants default sampling',
    { ...OLD, max_tokens: 5000, thinking: { type: 'enabled', budget_tokens: 1024 }, temperature: 0 },
    /^`temperature` may only be set to 1 when thinking is enabled/,
    OLD_VERSION,
  ],
  [
    'output schema in the supported subset',
    format({ ...SCHEMA, additionalProperties: true }),
    /'additionalProperties' must be explicitly set to false/,
  ],
  [
    'output schema in the supported subset',
    format({ ...SCHEMA, properties: { a: { type: 'string', pattern: 'x' } } }),
    /property 'pattern' is not supported/,
  ],
  ['output schema in the supported subset', { model: 'claude-sonnet-4', ...format(SCHEMA) }, /does not support output formats/],
  ['tools are named', { tools: [{ ...TOOL, name: 'a.b' }] }, "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"],
  ['tools have an object schema', { tools: [{ name: 'x' }] }, 'tools.0.custom.input_schema: Field required'],
  ['tools have an object schema', { tools: [{ name: 'x', input_schema: {} }] }, 'tools.0.custom.input_schema.type: Field required'],
  [
    'tools have an object schema',
    { tools: [{ name: 'x', input_schema: { type: 'object', oneOf: [] } }] },
    /does not support oneOf, allOf, or anyOf at the top level/,
  ],
  ['tool fields are known', { tools: [{ ...TOOL, parameters: {} }] }, 'tools.0.custom.parameters: Extra inputs are not permitted'],
  ['tool names are unique', { tools: [TOOL, TOOL] }, 'tools: Tool names must be unique.'],
  [
    'strict tools in the supported subset',
    { tools: [{ ...TOOL, strict: true }] },
    /'additionalProperties' must be explicitly set to false/,
  ],
  ['known tool choice', { tools: [TOOL], tool_choice: { type: 'required' } }, /^tool_choice: Input tag 'required'/],
  ['tool choice needs tools', { tool_choice: { type: 'auto' } }, 'tool_choice may only be specified while providing tools.'],
  ['the tool chosen exists', { ...OLD, tools: [TOOL], tool_choice: { type: 'tool', name: 'x' } }, /Tool 'x' not found/],
  [
    'forced choice where taken',
    { tools: [TOOL], tool_choice: { type: 'any' } },
    'tool_choice: type "tool" and "any" are not supported for this model.',
  ],
  [
    'no forced choice with a thinking budget',
    { ...OLD, max_tokens: 5000, tools: [TOOL], tool_choice: { type: 'any' }, thinking: { type: 'enabled', budget_tokens: 1024 } },
    'Thinking may not be enabled when tool_choice forces tool use.',
  ],
  ['messages have content', { messages: [user()] }, /^messages.0: all messages must have non-empty content/],
  ['known blocks with known fields', { messages: [user({ type: 'input_text', text: 'x' })] }, /Input tag 'input_text' found using 'type'/],
  [
    'known blocks with known fields',
    { messages: [user({ type: 'text', text: 'x', id: 1 })] },
    'messages.0.content.0.text.id: Extra inputs are not permitted',
  ],
  [
    'known blocks with known fields',
    {
      messages: [user('x'), assistant({ type: 'thinking', thinking: '' }), user('y')].map((m) => ({
        ...m,
        content: m.content.map((c) => (c === 'x' || c === 'y' ? { type: 'text', text: c } : c)),
      })),
    },
    'messages.1.content.0.thinking.signature: Field required',
  ],
  [
    'blocks stand with their role',
    { messages: [user(CALL)] },
    'messages.0.content.0: `tool_use` blocks can only be in `assistant` messages',
  ],
  [
    'blocks stand with their role',
    {
      messages: [
        { role: 'user', content: 'x' },
        assistant({ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' } }),
        { role: 'user', content: 'y' },
      ],
    },
    'messages.1.content.0: `document` blocks are not permitted in `assistant` messages',
  ],
  [
    'text says something',
    { messages: [user({ type: 'text', text: ' ' }, image('image/png', 'AAAA'))] },
    'messages: text content blocks must contain non-whitespace text',
  ],
  ['text says something', { messages: [user({ type: 'text', text: '' })] }, 'messages: text content blocks must be non-empty'],
  [
    'text says something',
    { messages: [{ role: 'user', content: ' \n' }] },
    'messages: text content blocks must contain non-whitespace text',
  ],
  [
    'text says something',
    { messages: [user(marked(''))] },
    'messages.0.content.0.cache_control: cache_control cannot be set for empty text blocks',
  ],
  [
    'ids and inputs of calls',
    { messages: [{ role: 'user', content: 'x' }, assistant({ ...CALL, id: 'call.1' }), user(RESULT)] },
    "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
  ],
  [
    'ids and inputs of calls',
    { messages: [{ role: 'user', content: 'x' }, assistant({ ...CALL, input: '{}' }), user(RESULT)] },
    'messages.1.content.0.tool_use.input: Input should be a valid dictionary',
  ],
  [
    'pictures and documents are what they say',
    { messages: [user(image('image/bmp', 'AAAA'))] },
    /media_type: Input should be 'image\/jpeg', 'image\/png', 'image\/gif' or 'image\/webp'/,
  ],
  [
    'pictures and documents are what they say',
    { messages: [user(image('image/png', 'AA\nAA'))] },
    'messages.0.content.0.image.source.base64.data: Invalid base64 data',
  ],
  [
    'pictures and documents are what they say',
    { messages: [user(image('image/jpeg', 'iVBORw0KGgo='))] },
    /appears to be a image\/png image/,
  ],
  [
    'at most four cache marks',
    { messages: [user(...['a', 'b', 'c', 'd', 'e'].map((text) => marked(text)))] },
    'A maximum of 4 blocks with cache_control may be provided. Found 5.',
  ],
  [
    'cache marks of a known kind, longer ones first',
    { messages: [user(marked('a'), marked('b', { type: 'ephemeral', ttl: '1h' }))] },
    /a ttl='1h' cache_control block must not come after a ttl='5m'/,
  ],
  [
    'cache marks of a known kind, longer ones first',
    { cache_control: { type: 'ephemeral', ttl: '2h' } },
    "cache_control.cache_control.ttl: Input should be '5m' or '1h'",
  ],
  ['at least one message', { messages: [] }, 'messages: at least one message is required'],
  ['known roles', { messages: [{ role: 'tool', content: 'x' }] }, "messages.0.role: Input should be 'user', 'assistant' or 'system'"],
  [
    'known roles',
    {
      ...OLD,
      messages: [
        { role: 'user', content: 'x' },
        { role: 'system', content: 'y' },
      ],
    },
    "messages.1: role 'system' is not supported on this model",
  ],
  [
    'the user begins',
    {
      messages: [
        { role: 'system', content: 'x' },
        { role: 'user', content: 'y' },
      ],
    },
    'messages: first message must use the "user" role',
  ],
  [
    'place of system messages',
    {
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: 'y' },
        { role: 'system', content: 'z' },
        { role: 'user', content: 'u' },
      ],
    },
    /^messages.2: a system message must follow a user message/,
  ],
  [
    'no beginning of the answer',
    {
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: 'y' },
      ],
    },
    /does not support assistant message prefill/,
  ],
  [
    'no beginning of the answer',
    {
      ...OLD,
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: 'y ' },
      ],
    },
    /cannot end with trailing whitespace/,
  ],
  [
    'ids of calls are unique',
    { messages: [{ role: 'user', content: 'x' }, assistant(CALL, CALL), user(RESULT)] },
    'messages: `tool_use` ids must be unique',
  ],
  [
    'every call has its result right after it',
    { messages: [{ role: 'user', content: 'x' }, assistant(CALL), { role: 'user', content: 'y' }] },
    'messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1. Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
  ],
  [
    'every call has its result right after it',
    { messages: [{ role: 'user', content: 'x' }, assistant(CALL), user({ type: 'text', text: 'y' }, RESULT)] },
    /without `tool_result` blocks immediately after: toolu_1/,
  ],
  [
    'every result has its call right before it',
    { messages: [user(RESULT)] },
    /^messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1/,
  ],
  [
    'thoughts begin the turn that called tools',
    {
      ...OLD,
      max_tokens: 5000,
      tools: [TOOL],
      thinking: { type: 'enabled', budget_tokens: 1024 },
      messages: [{ role: 'user', content: 'x' }, assistant(CALL), user(RESULT)],
    },
    /^messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`/,
  ],
  [
    'thoughts come back unchanged',
    {
      messages: [
        { role: 'user', content: 'x' },
        assistant({ type: 'thinking', thinking: 'hm', signature: 'Zm9yZWlnbg==' }, { type: 'text', text: 'y' }),
        { role: 'user', content: 'z' },
      ],
    },
    'messages.1.content.0: Invalid `signature` in `thinking` block',
  ],
];

for (const [rule, change, message, headers] of CASES) {
  test(`Messages, ${rule}: ${String(message).slice(0, 80)}`, () => {
    const { status, json } = simulator().ask(MESSAGES, { ...LAWFUL, ...change }, headers);
    const { error } = json as { error: { type: string; message: string } };
    assert.deepEqual([status, error?.type], [400, 'invalid_request_error']);
    if (typeof message === 'string') assert.equal(error.message, message);
    else assert.match(error.message, message);
  });
}

test('every rule of Messages has a case, and the request they start from breaks none', () => {
  const tried = new Set(CASES.map(([rule]) => rule));
  assert.deepEqual(
    ANTHROPIC_RULES.filter(({ name }) => !tried.has(name)).map(({ name }) => name),
    [],
  );
  assert.equal(simulator().ask(MESSAGES, LAWFUL).status, 200);
});

test('counting tokens refuses what only an answer needs, and a forced choice where generating does', () => {
  const { max_tokens: _, ...countable } = LAWFUL;
  const path = `${MESSAGES}/count_tokens`;
  const refusals = [{}, { max_tokens: 5 }, { stream: false }, { metadata: {} }, { tools: [TOOL], tool_choice: { type: 'any' } }].map(
    (change) => {
      const { status, json } = simulator().ask(path, { ...countable, ...change });
      return [status, (json['error'] as JsonObject | undefined)?.['message'] ?? json['input_tokens']];
    },
  );
  assert.deepEqual(refusals, [
    [200, 2],
    [400, 'max_tokens: Extra inputs are not permitted'],
    [400, 'stream: Extra inputs are not permitted'],
    [400, 'metadata: Extra inputs are not permitted'],
    [400, 'tool_choice: type "tool" and "any" are not supported for this model.'],
  ]);
});
