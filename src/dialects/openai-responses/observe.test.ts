import assert from 'node:assert/strict';
import test from 'node:test';
import type { JsonObject } from '../../model/json.ts';
import { observe } from './observe.ts';

const event = (type: string, fields: JsonObject = {}, named = true): Buffer =>
  Buffer.from(`${named ? `event: ${type}\n` : ''}data: ${JSON.stringify({ type, ...fields })}`);
const RESPONSE: JsonObject = { id: 'resp_1', model: 'm-2026', output: [], usage: { input_tokens: 3, output_tokens: 2 } };

test('nothing counts as content before the first thing a caller would act on', () => {
  const observer = observe(true);
  const seen = [
    event('response.created', { response: { ...RESPONSE, status: 'in_progress', usage: null } }),
    Buffer.from(': keep-alive'),
    event('response.in_progress', { response: { status: 'in_progress' } }),
    event('response.output_item.added', { output_index: 0, item: { type: 'function_call' } }),
    event('keepalive'),
    event('response.function_call_arguments.delta', { delta: '{}' }),
    event('response.output_item.done', { output_index: 0, item: { type: 'function_call' } }),
    event('response.completed', { response: { ...RESPONSE, status: 'completed' } }),
    Buffer.from('data: [DONE]'),
  ].map((bytes) => observer.see(bytes));
  assert.deepEqual(seen, ['preamble', 'preamble', 'preamble', 'preamble', 'preamble', 'content', 'content', 'end', 'preamble']);
  assert.deepEqual(
    [observer.finish, observer.servedModel, observer.usage?.tokens],
    [{ reason: 'toolCalls', wire: 'completed' }, 'm-2026', { input: 3, output: 2 }],
  );
});

test('events without an `event:` line are known by their data', () => {
  const observer = observe(true);
  assert.equal(observer.see(event('response.output_text.delta', { delta: 'x' }, false)), 'content');
  assert.equal(observer.see(event('response.incomplete', { response: { ...RESPONSE, status: 'incomplete' } }, false)), 'end');
});

test('errors and failed responses fail, and nothing counts after them', () => {
  const observer = observe(true);
  assert.equal(observer.see(event('error', { code: 'rate_limit_exceeded', message: 'Slow.', param: null })), 'fail');
  assert.equal(observer.failure?.kind, 'throttled');
  assert.equal(observer.see(event('response.completed', { response: RESPONSE })), 'preamble');
  const failed = observe(true);
  assert.equal(failed.see(event('response.failed', { response: { ...RESPONSE, error: null } })), 'fail');
  assert.equal(failed.failure?.kind, 'broken');
});

test('words inside an answer are not mistaken for events', () => {
  const observer = observe(true);
  observer.see(event('response.output_text.delta', { delta: '"type":"error" "error": {"message":"x"} "function_call"' }));
  observer.see(event('response.completed', { response: { ...RESPONSE, status: 'completed' } }));
  assert.deepEqual([observer.failure, observer.finish], [undefined, { reason: 'stop', wire: 'completed' }]);
});

test('a whole body is an answer, a failure, or neither', () => {
  assert.equal(observe(false).see(Buffer.from(JSON.stringify({ ...RESPONSE, status: 'completed' }))), 'end');
  const broken = observe(false);
  assert.equal(broken.see(Buffer.from('<html>')), 'fail');
  assert.equal(broken.failure?.kind, 'broken');
});
