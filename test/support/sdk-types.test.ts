import assert from 'node:assert/strict';
import test from 'node:test';
import { problemsOf } from './sdk-types.ts';

const COMPLETION = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, finish_reason: 'stop', logprobs: null, message: { role: 'assistant', content: 'Hi', refusal: null } }],
};

test('a value of the declared type has no problems', () => assert.deepEqual(problemsOf('ChatCompletion', COMPLETION, { exact: true }), []));

test('a missing field, a wrong type and a wrong word are found', () => {
  const { created: _, ...undated } = COMPLETION;
  assert.deepEqual(problemsOf('ChatCompletion', undated), ["(root) must have required property 'created'"]);
  assert.deepEqual(problemsOf('ChatCompletion', { ...COMPLETION, id: 1 }), ['/id must be string']);
  assert.deepEqual(problemsOf('ChatCompletion', { ...COMPLETION, object: 'x' }), ['/object must be equal to constant "chat.completion"']);
});

test('of a union only the member that was meant is complained about', () => {
  assert.deepEqual(problemsOf('RawMessageStreamEvent', { type: 'content_block_stop' }), ["(root) must have required property 'index'"]);
});

test('unknown properties are found when asked for, but for the loss report', () => {
  const message = { ...COMPLETION, headgate: { losses: [] }, thinking: 'x' };
  assert.deepEqual(problemsOf('ChatCompletion', message), []);
  assert.deepEqual(problemsOf('ChatCompletion', message, { exact: true }), ['(root) must NOT have additional properties "thinking"']);
});
