import assert from 'node:assert/strict';
import test from 'node:test';
import { anthropicMessages } from './index.ts';

test('a count is asked without the fields that only an answer needs', () => {
  const wire = {
    model: 'm',
    max_tokens: 5,
    stream: true,
    temperature: 1,
    metadata: { user_id: 'u' },
    system: 's',
    messages: [],
    tools: [],
  };
  assert.deepEqual(anthropicMessages.countRequest?.(wire), { model: 'm', system: 's', messages: [], tools: [] });
});

test('the body of a count decodes without max_tokens', () => {
  const wire = { model: 'm', messages: [{ role: 'user', content: 'How long?' }] };
  assert.deepEqual(anthropicMessages.decodeRequest(wire), {
    model: 'm',
    turns: [{ role: 'user', parts: [{ type: 'text', text: 'How long?' }] }],
    stream: false,
  });
});

test('counts go both ways, and anything else is broken', () => {
  assert.equal(anthropicMessages.decodeCount?.(anthropicMessages.encodeCount?.(12) ?? null), 12);
  const failure = { kind: 'broken', message: 'the answer is no token count: input_tokens must be a number' };
  assert.throws(() => anthropicMessages.decodeCount?.({ input_tokens: '12' }), { failure });
});
