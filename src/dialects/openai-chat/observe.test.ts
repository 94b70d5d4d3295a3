import assert from 'node:assert/strict';
import test from 'node:test';
import type { Json } from '../../model/json.ts';
import { observe } from './observe.ts';

const chunk = (delta: Json, more: object = {}) =>
  `data: ${JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: null }], ...more })}`;
const finish = (word: string) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: word }] })}`;

function watch(...events: string[]) {
  const observer = observe(true);
  return { observer, sightings: events.map((event) => observer.see(Buffer.from(event))) };
}

test('a role is no content, words and calls are, and only [DONE] is the end', () => {
  const { observer, sightings } = watch(
    ': ping',
    'data: {"id":"","model":"","choices":[],"prompt_filter_results":[]}',
    chunk({ role: 'assistant', content: '', refusal: null }),
    chunk({ role: 'assistant', content: null, tool_calls: [] }),
    chunk({ content: 'A' }),
    chunk({ content: '"finish_reason":"stop","usage":{' }),
    finish('stop'),
    'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}',
    'data: [DONE]',
  );
  assert.deepEqual(sightings, ['preamble', 'preamble', 'preamble', 'preamble', 'content', 'content', 'content', 'preamble', 'end']);
  assert.deepEqual(
    [observer.finish, observer.usage?.tokens, observer.servedModel, observer.failure],
    [{ reason: 'stop', wire: 'stop' }, { input: 3, output: 2 }, 'm', undefined],
  );
});

test('the finish is known before the end, for servers that omit it', () => {
  assert.deepEqual(watch(chunk({ content: 'A' }), finish('length')).observer.finish, { reason: 'length', wire: 'length' });
});

test('a stream of two choices is finished when both are, or when it says so', () => {
  const second = (more: object) => `data: ${JSON.stringify({ choices: [{ index: 1, delta: {}, finish_reason: null, ...more }] })}`;
  const middle = [chunk({ content: 'A' }), second({ delta: { content: 'B' } }), finish('stop')];
  const finishes = [middle, [...middle, second({ finish_reason: 'length' })], [...middle, 'data: [DONE]']].map(
    (events) => watch(...events).observer.finish?.wire,
  );
  assert.deepEqual(finishes, [undefined, 'stop', 'stop']);
});

test('a call after words changes what stop means', () => {
  const { observer } = watch(
    chunk({ content: 'A' }),
    chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '' } }] }),
    finish('stop'),
  );
  assert.deepEqual(observer.finish, { reason: 'toolCalls', wire: 'stop' });
});

test('errors and damaged events are seen in the middle of a stream', () => {
  const middle = chunk({ content: 'A' });
  const kinds = [
    'data: {"error":{"message":"x","code":"rate_limit_exceeded"}}',
    'data: {"id":"c","choices":[{"delta":{"content":"to',
    'data: not json',
    'data: [DONE]',
  ].map((event) => [watch(middle, event).sightings[1], watch(middle, event).observer.failure?.kind]);
  assert.deepEqual(kinds, [
    ['fail', 'throttled'],
    ['fail', 'broken'],
    ['fail', 'broken'],
    ['fail', 'interrupted'],
  ]);
});

test('a whole answer is an end or a failure', () => {
  const whole = (body: string) => {
    const observer = observe(false);
    return [observer.see(Buffer.from(body)), observer.finish?.reason, observer.failure?.kind];
  };
  assert.deepEqual(
    [
      whole('{"id":"c","model":"m","choices":[{"message":{"content":"A"},"finish_reason":"stop"}]}'),
      whole('{"error":{"message":"x"}}'),
      whole('<html>'),
    ],
    [
      ['end', 'stop', undefined],
      ['fail', undefined, 'broken'],
      ['fail', undefined, 'broken'],
    ],
  );
});
