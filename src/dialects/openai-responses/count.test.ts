import assert from 'node:assert/strict';
import test from 'node:test';
import { countRequest, decodeCount, encodeCount } from './count.ts';

test('a count asks with what counts, and nothing the endpoint refuses', () => {
  assert.deepEqual(countRequest({ model: 'm', input: 'x', max_output_tokens: 5, stream: true, store: false, tools: [] }), {
    model: 'm',
    input: 'x',
    tools: [],
  });
});

test('counts go both ways; an answer without one is broken', () => {
  assert.deepEqual(encodeCount(12), { object: 'response.input_tokens', input_tokens: 12 });
  assert.equal(decodeCount({ object: 'response.input_tokens', input_tokens: 12 }), 12);
  assert.throws(() => decodeCount({}), /input_tokens must be a number, got nothing/);
});
