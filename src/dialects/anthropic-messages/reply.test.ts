import assert from 'node:assert/strict';
import test from 'node:test';
import type { ModelReply } from '../../model/reply.ts';
import { wrapSeal } from '../seal.ts';
import { decodeReply, encodeReply } from './reply.ts';

const ASKED = { nowS: 0, losses: [], request: { model: 'm', turns: [], stream: false } };
const USAGE = {
  input_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: 0,
  output_tokens_details: null,
  server_tool_use: null,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
  service_tier: null,
  inference_geo: null,
  speed: null,
};
const reply = (more: Partial<ModelReply>): ModelReply => ({
  id: 'chatcmpl-1',
  model: 'gpt-6-sol',
  parts: [],
  finish: { reason: 'stop' },
  ...more,
});
const wireOf = (more: Partial<ModelReply>) => encodeReply(reply(more), ASKED).wire;

test('an answer from elsewhere has every key that the SDK declares', () => {
  assert.deepEqual(wireOf({ parts: [{ type: 'text', text: 'Hi' }], finish: { reason: 'stop', wire: 'stop' } }), {
    id: 'msg_chatcmpl-1',
    type: 'message',
    role: 'assistant',
    model: 'gpt-6-sol',
    content: [{ type: 'text', text: 'Hi', citations: null }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: USAGE,
  });
});

test('foreign seals travel as signatures that come back as what they were', () => {
  const seal = { by: 'openai-responses' as const, data: 'blob' };
  const wire = wireOf({ parts: [{ type: 'reasoning', text: 'hm', seal }] });
  assert.deepEqual(wire['content'], [{ type: 'thinking', thinking: 'hm', signature: wrapSeal(seal) }]);
  assert.deepEqual(decodeReply(wire).parts, [{ type: 'reasoning', text: 'hm', seal }]);
});

test('the words of a refusal are text, and the reason to stop says what they are', () => {
  const wire = wireOf({ parts: [{ type: 'refusal', text: 'I cannot.' }] });
  assert.deepEqual(
    [wire['content'], wire['stop_reason'], wire['stop_details']],
    [[{ type: 'text', text: 'I cannot.', citations: null }], 'refusal', { type: 'refusal', category: null, explanation: null }],
  );
  const { parts, finish } = decodeReply(wire);
  assert.deepEqual([parts, finish], [[{ type: 'text', text: 'I cannot.' }], { reason: 'refused', wire: 'refusal' }]);
});

test('what Anthropic explains of a refusal stays an explanation', () => {
  const details = { type: 'refusal', category: 'cyber', explanation: 'Blocked.' };
  const reply = decodeReply({ ...wireOf({ parts: [] }), stop_reason: 'refusal', stop_details: details });
  const wire = wireOf(reply);
  assert.deepEqual([wire['content'], wire['stop_reason'], wire['stop_details']], [[], 'refusal', details]);
});

test('arguments that are no object stay readable, and the caller is told in the answer', () => {
  const { wire, losses } = encodeReply(reply({ parts: [{ type: 'toolCall', id: 'c', name: 'f', arguments: '{"a":' }] }), {
    ...ASKED,
    losses: [{ path: 'sampling.seed', value: 7, kind: 'dropped', impact: 'behavior', note: 'no seed' }],
  });
  assert.deepEqual(wire['content'], [
    { type: 'tool_use', id: 'c', name: 'f', input: { _invalid_arguments: '{"a":' }, caller: { type: 'direct' } },
  ]);
  const note = 'the arguments are no JSON object; sent as the field _invalid_arguments';
  assert.deepEqual(wire['headgate'], {
    losses: [
      { path: 'sampling.seed', kind: 'dropped', impact: 'behavior', note: 'no seed' },
      { path: 'parts[0].arguments', kind: 'changed', impact: 'behavior', note },
    ],
  });
  assert.equal(losses.length, 1);
});

const ENDS: readonly [finish: ModelReply['finish'], wire: [string, string | null]][] = [
  [{ reason: 'stop', wire: 'completed' }, ['end_turn', null]],
  [{ reason: 'stop', stop: 'END' }, ['stop_sequence', 'END']],
  [{ reason: 'length', wire: 'model_context_window_exceeded' }, ['model_context_window_exceeded', null]],
  [{ reason: 'length', wire: 'max_output_tokens' }, ['max_tokens', null]],
  [{ reason: 'toolCalls', wire: 'tool_calls' }, ['tool_use', null]],
  [{ reason: 'refused', wire: 'content_filter' }, ['refusal', null]],
  [{ reason: 'paused' }, ['pause_turn', null]],
  [{ reason: 'other', wire: 'compaction' }, ['compaction', null]],
  [{ reason: 'other', wire: 'steered' }, ['end_turn', null]],
];
for (const [finish, [reason, sequence]] of ENDS) {
  test(`${JSON.stringify(finish)} is told as ${reason}`, () => {
    const wire = wireOf({ finish });
    assert.deepEqual([wire['stop_reason'], wire['stop_sequence']], [reason, sequence]);
  });
}

test('an error in place of an answer is that failure', () => {
  const body = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
  const failure = {
    kind: 'overloaded',
    message: 'Overloaded',
    type: 'overloaded_error',
    rule: 'anthropic.overloaded_error',
    wire: { dialect: 'anthropic-messages', body },
  };
  assert.throws(() => decodeReply(body), { failure });
});

test('what is no message is the provider’s fault, not the caller’s', () => {
  const message = 'the answer is no Messages message: content must be a list, got nothing';
  assert.throws(() => decodeReply({ type: 'message', id: 'm', model: 'm' }), { failure: { kind: 'broken', message } });
  const nothing = 'the answer is no Messages message: it is no JSON object';
  assert.throws(() => decodeReply(null), { failure: { kind: 'broken', message: nothing } });
});
