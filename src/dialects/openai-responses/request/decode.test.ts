import assert from 'node:assert/strict';
import test from 'node:test';
import { HeadgateError } from '../../../model/failure.ts';
import type { Json, JsonObject } from '../../../model/json.ts';
import type { Turn } from '../../../model/request.ts';
import { wrapSeal } from '../../seal.ts';
import { decodeRequest } from './decode.ts';

const turnsOf = (...input: JsonObject[]): readonly Turn[] => decodeRequest({ model: 'm', input }).turns;

test('a string input is one user turn, and what was left to OpenAI is remembered as null', () => {
  assert.deepEqual(decodeRequest({ model: 'gpt-6-sol', instructions: 'Be brief.', input: 'Hi' }), {
    model: 'gpt-6-sol',
    instructions: [{ type: 'text', text: 'Be brief.' }],
    turns: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
    stream: false,
    extra: { 'openai-responses': { store: null, include: null } },
  });
});

test('every item is a turn of its own', () => {
  assert.deepEqual(
    turnsOf(
      { role: 'user', content: 'Weather?' },
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' },
      { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' },
      { type: 'function_call_output', call_id: 'call_1', output: '4' },
      { type: 'web_search_call', id: 'ws_1', status: 'completed' },
    ),
    [
      { role: 'user', parts: [{ type: 'text', text: 'Weather?' }] },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: '', seal: { by: 'openai-responses', data: 'gAAA' }, extra: { 'openai-responses': { id: 'rs_1' } } },
        ],
      },
      {
        role: 'assistant',
        parts: [
          {
            type: 'toolCall',
            id: 'call_1',
            name: 'weather',
            arguments: '{"city":"Oslo"}',
            extra: { 'openai-responses': { id: 'fc_1' } },
          },
        ],
      },
      { role: 'user', parts: [{ type: 'toolResult', callId: 'call_1', content: [{ type: 'text', text: '4' }] }] },
      {
        role: 'assistant',
        parts: [{ type: 'opaque', dialect: 'openai-responses', wire: { type: 'web_search_call', id: 'ws_1', status: 'completed' } }],
      },
    ],
  );
});

test('a seal that another dialect made and we wrapped is that dialect’s again', () => {
  const seal = { by: 'anthropic-messages', data: 'EqQB', redacted: true } as const;
  assert.deepEqual(turnsOf({ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: wrapSeal(seal) })[0]?.parts, [
    { type: 'reasoning', text: '', seal, extra: { 'openai-responses': { id: 'rs_1' } } },
  ]);
});

test('several summaries are one text, and kept as they were cut', () => {
  const summary = ['One.', 'Two.'].map((text) => ({ type: 'summary_text', text }));
  assert.deepEqual(turnsOf({ type: 'reasoning', id: 'rs_1', summary })[0]?.parts, [
    { type: 'reasoning', text: 'One.\n\nTwo.', extra: { 'openai-responses': { id: 'rs_1', summary } } },
  ]);
});

test('a hosted tool is a tool whose extra is its wire', () => {
  const wire = { type: 'mcp', server_label: 'docs', server_url: 'https://mcp.example.org' };
  assert.deepEqual(decodeRequest({ model: 'm', input: 'x', tools: [wire] }).tools, [{ name: 'mcp', extra: { 'openai-responses': wire } }]);
});

test('strictness left unsaid is told from strictness refused', () => {
  const tool = { type: 'function', name: 'f', parameters: { type: 'object' } };
  assert.deepEqual(decodeRequest({ model: 'm', input: 'x', tools: [tool, { ...tool, strict: false }] }).tools, [
    { name: 'f', parameters: { type: 'object' }, extra: { 'openai-responses': { strict: null } } },
    { name: 'f', parameters: { type: 'object' }, strict: false },
  ]);
});

test('a choice of hosted tools stays as it came, beside what others can follow of it', () => {
  const choice = { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }, { type: 'image_generation' }] };
  assert.deepEqual(decodeRequest({ model: 'm', input: 'x', tool_choice: choice }).toolChoice, {
    extra: { 'openai-responses': { tool_choice: choice } },
  });
  const plain = { ...choice, tools: [{ type: 'function', name: 'f' }] };
  assert.deepEqual(decodeRequest({ model: 'm', input: 'x', tool_choice: plain }).toolChoice, { mode: 'auto', allowed: ['f'] });
});

test('the last configuration update counts, and the first configuration is remembered', () => {
  const update = { type: 'configuration_update', reasoning: { effort: 'high' } };
  const { reasoning, turns } = decodeRequest({ model: 'm', reasoning: { effort: 'low' }, input: [{ role: 'user', content: 'x' }, update] });
  assert.deepEqual(reasoning, { effort: 'high', extra: { 'openai-responses': { effort: 'low' } } });
  assert.deepEqual(turns[1], { role: 'developer', parts: [], extra: { 'openai-responses': update } });
});

const REFUSED: readonly (readonly [Json, string, string])[] = [
  [[], '', 'the request must be an object, got a list'],
  [{ model: 'm', input: 7 }, 'input', 'input must be a string or a list of items, got 7'],
  [{ model: 'm', input: [{}] }, 'input[0].type', 'input[0].type must be an item type (or `role`, for a message), got nothing'],
  [
    { model: 'm', input: [{ role: 'tool', content: 'x' }] },
    'input[0].role',
    'input[0].role must be "user" or "assistant" or "system" or "developer", got "tool"',
  ],
  [
    { model: 'm', input: [{ role: 'user', content: 3 }] },
    'input[0].content',
    'input[0].content must be a string or a list of content parts, got number',
  ],
  [
    { model: 'm', input: [{ role: 'user', content: [{ type: 'input_image' }] }] },
    'input[0].content[0]',
    'input[0].content[0] must have image_url or file_id, got neither',
  ],
  [
    { model: 'm', input: [{ type: 'function_call', name: 'f', arguments: '{}' }] },
    'input[0].call_id',
    'input[0].call_id must be a string, got nothing',
  ],
  [
    { model: 'm', input: 'x', text: { format: { type: 'xml' } } },
    'text.format.type',
    'text.format.type must be "text", "json_object" or "json_schema", got "xml"',
  ],
];

for (const [wire, param, message] of REFUSED) {
  test(`refuses: ${message}`, () => {
    assert.throws(
      () => decodeRequest(wire),
      (error) => {
        assert.ok(error instanceof HeadgateError);
        const { kind, message: said, param: at = '' } = error.failure;
        assert.deepEqual({ kind, said }, { kind: 'invalid', said: message });
        if (param !== '') assert.equal(at, param);
        return true;
      },
    );
  });
}
