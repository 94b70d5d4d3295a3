import assert from 'node:assert/strict';
import test from 'node:test';
import { HeadgateError } from '../../model/failure.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { Finish, ModelReply } from '../../model/reply.ts';
import type { Asked } from '../dialect.ts';
import { decodeReply, encodeReply } from './reply.ts';
import { decodeRequest } from './request/decode.ts';

const response = (more: JsonObject): JsonObject => ({ id: 'resp_1', model: 'm', status: 'completed', output: [], ...more });
const message = (...content: JsonObject[]): JsonObject => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content,
});
const CALL: JsonObject = { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: '{}' };
const REFUSAL: JsonObject = { type: 'refusal', refusal: 'No.' };

const FINISHES: readonly (readonly [string, JsonObject, Finish])[] = [
  ['completed', {}, { reason: 'stop', wire: 'completed' }],
  ['a call', { output: [CALL] }, { reason: 'toolCalls', wire: 'completed' }],
  ['a refusal', { output: [message(REFUSAL)] }, { reason: 'refused', wire: 'completed' }],
  ['a cap', { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }, { reason: 'length', wire: 'max_output_tokens' }],
  ['a filter', { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }, { reason: 'refused', wire: 'content_filter' }],
  ['steering', { status: 'incomplete', incomplete_details: { reason: 'steered' } }, { reason: 'other', wire: 'steered' }],
  ['a queue', { status: 'queued' }, { reason: 'other', wire: 'queued' }],
  ["another server's word", { status: 'complete' }, { reason: 'stop', wire: 'complete' }],
];

for (const [what, wire, finish] of FINISHES) {
  test(`${what} ends an answer as ${finish.reason}`, () => {
    assert.deepEqual(decodeReply(response(wire)).finish, finish);
  });
}

const FAILED: readonly (readonly [Json, string])[] = [
  [response({ status: 'failed', error: { code: 'rate_limit_exceeded', message: 'Slow down.' } }), 'throttled: Slow down.'],
  [response({ status: 'failed', error: null }), 'broken: the provider says the response failed, and not why'],
  [response({ status: 'cancelled' }), 'cancelled: the response was cancelled at the provider'],
  [{ id: 'x', output: null }, "broken: the provider's answer has no list `output`, got object"],
  ['hello', 'broken: the provider answered with something that is no response'],
  [
    response({ output: [{ type: 'function_call', name: 'f' }] }),
    "broken: the provider's answer is not a response: output[0].call_id must be a string, got nothing",
  ],
];

for (const [wire, expected] of FAILED) {
  test(`an answer that is none throws: ${expected}`, () => {
    assert.throws(
      () => decodeReply(wire),
      (error) => error instanceof HeadgateError && `${error.failure.kind}: ${error.failure.message}` === expected,
    );
  });
}

test('parts of a message stand alone, and say which message they are of', () => {
  const said = { type: 'output_text', text: 'Hi.', annotations: [], logprobs: [] };
  const extra = { 'openai-responses': { id: 'msg_1', phase: 'commentary' } };
  assert.deepEqual(decodeReply(response({ output: [{ ...message(said, REFUSAL), phase: 'commentary' }] })).parts, [
    { type: 'text', text: 'Hi.', extra },
    { type: 'refusal', text: 'No.', extra },
  ]);
});

test('an answer of another vendor repeats what the caller asked, and that nothing is stored', () => {
  const tool = { type: 'function', name: 'f', parameters: { type: 'object' }, strict: true };
  const asked: Asked = {
    nowS: 7,
    losses: [],
    request: decodeRequest({
      model: 'smart',
      input: 'x',
      instructions: 'Brief.',
      store: true,
      tools: [tool],
      tool_choice: 'required',
      top_p: 0.5,
    }),
  };
  const { wire } = encodeReply({ id: 'chatcmpl-1', model: 'm', parts: [], finish: { reason: 'length' } }, asked);
  const { id, created_at, status, incomplete_details, instructions, store, tools, tool_choice, top_p, temperature, usage } = wire;
  assert.deepEqual(
    { id, created_at, status, incomplete_details, instructions, store, tools, tool_choice, top_p, temperature, usage },
    {
      id: 'resp_chatcmpl-1',
      created_at: 7,
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      instructions: 'Brief.',
      store: false,
      tools: [tool],
      tool_choice: 'required',
      top_p: 0.5,
      temperature: null,
      usage: null,
    },
  );
});

test('a refusal that was spoken completes the answer, a silent one filters it', () => {
  const asked: Asked = { nowS: 7, losses: [], request: decodeRequest({ model: 'm', input: 'x' }) };
  const finish: Finish = { reason: 'refused', wire: 'refusal' };
  const statusOf = (reply: Parameters<typeof encodeReply>[0]) => encodeReply(reply, asked).wire['status'];
  assert.equal(statusOf({ id: 'm', model: 'm', parts: [{ type: 'refusal', text: 'No.' }], finish }), 'completed');
  assert.equal(statusOf({ id: 'm', model: 'm', parts: [], finish }), 'incomplete');
});

test('further choices of a Chat answer are words nobody will see', () => {
  const extra = { 'openai-chat': { choices: [{ index: 1 }] } };
  const reply: ModelReply = { id: 'r', model: 'm', parts: [], finish: { reason: 'stop' }, extra };
  assert.deepEqual(
    encodeReply(reply, { nowS: 7, losses: [], request: decodeRequest({ model: 'm', input: 'x' }) }).losses.map(
      ({ path, impact }) => `${path} ${impact}`,
    ),
    ['extra.openai-chat.choices content'],
  );
});
