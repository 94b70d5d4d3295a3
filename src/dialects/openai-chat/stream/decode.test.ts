import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { HeadgateError } from '../../../model/failure.ts';
import { fold } from '../../../model/fold.ts';
import type { Json, JsonObject } from '../../../model/json.ts';
import { chain, run } from '../../../model/machine.ts';
import type { ModelEvent } from '../../../model/reply.ts';
import { sseDecoder } from '../../sse.ts';
import { openaiChat } from '../index.ts';
import { callIdFor } from '../reply/decode.ts';
import { decodeStream } from './decode.ts';

const events = (...frames: (Json | string)[]): ModelEvent[] =>
  run(
    decodeStream(),
    frames.map((frame) => ({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) })),
  );
const fixture = (name: string) =>
  run(chain(sseDecoder(), decodeStream()), [readFileSync(`fixtures/openai-chat/stream/${name}.sse`, 'utf8')]);
const chunk = (delta: JsonObject, finish_reason: string | null = null): Json => ({
  id: 'c',
  model: 'm',
  created: 1,
  choices: [{ index: 0, delta, finish_reason }],
});
const call = (fields: JsonObject): Json => chunk({ tool_calls: [fields as Json] });
const failure = (all: readonly ModelEvent[]) => {
  const last = all.at(-1);
  return last?.type === 'fail' ? [last.failure.kind, last.failure.message] : undefined;
};
const calls = (all: readonly ModelEvent[]) =>
  fold(all).parts.flatMap((part) => (part.type === 'toolCall' ? [[part.name, part.arguments]] : []));

const WEATHER = [
  ['get_weather', '{"city":"Oslo"}'],
  ['get_weather', '{"city":"Rome"}'],
  ['get_time', '{}'],
];

test('calls are told apart however they are labelled', () => {
  for (const name of ['parallel-tools', 'interleaved-tools', 'all-calls-index-0', 'split-by-name'])
    assert.deepEqual(calls(fixture(name)), WEATHER, name);
});

test('calls without ids get one each, the same each time', () => {
  const ids = fold(fixture('split-by-name')).parts.map((part) => part.type === 'toolCall' && part.id);
  assert.equal(new Set(ids).size, 3);
  assert.deepEqual(
    ids,
    fold(fixture('split-by-name')).parts.map((part) => part.type === 'toolCall' && part.id),
  );
});

test('fragments go back to the call whose id they repeat', () => {
  const all = events(
    call({ index: 0, id: 'a', function: { name: 'f', arguments: '{' } }),
    call({ index: 0, id: 'b', function: { name: 'g', arguments: '[' } }),
    call({ index: 0, id: 'a', function: { arguments: '}' } }),
    call({ index: 0, id: 'b', function: { arguments: ']' } }),
    chunk({}, 'tool_calls'),
  );
  assert.deepEqual(calls(all), [
    ['f', '{}'],
    ['g', '[]'],
  ]);
});

test('text is over when a call begins; calls are open to the end', () => {
  const all = events(
    chunk({ content: 'A' }),
    call({ index: 0, id: 'a', type: 'function', function: { name: 'f' } }),
    chunk({ content: 'B' }),
    chunk({}, 'tool_calls'),
    '[DONE]',
  );
  assert.deepEqual(
    all.map((event) => ('index' in event ? `${event.type} ${event.index}` : event.type)),
    ['start', 'open 0', 'delta 0', 'close 0', 'open 1', 'open 2', 'delta 2', 'close 2', 'close 1', 'finish'],
  );
});

test('a call nobody named is a broken answer', () => {
  assert.deepEqual(failure(events(call({ index: 0, id: 'a' }), chunk({}, 'tool_calls'))), [
    'broken',
    'the provider called a tool without naming it',
  ]);
});

test('a stream that just ends was interrupted', () => {
  const interrupted = ['interrupted', 'the provider ended the stream without a finish_reason'];
  assert.deepEqual(
    [failure(fixture('cut')), failure(events()), failure(events(chunk({ content: 'A' }), '[DONE]'))],
    [interrupted, interrupted, interrupted],
  );
});

test('a provider that says it is done after a call is believed', () => {
  const { finish, usage } = fold(fixture('done-without-word'));
  assert.deepEqual([finish, usage?.tokens], [{ reason: 'toolCalls' }, { input: 20, output: 10 }]);
});

test('errors end the stream as what they are, and nothing follows', () => {
  const error = { message: 'too long', type: 'invalid_request_error', code: 'context_length_exceeded' };
  assert.deepEqual(
    [
      failure(fixture('error-frame')),
      failure(fixture('not-json')),
      failure(events({ error }, chunk({}, 'stop'), '[DONE]')),
      failure(events({ error: 'boom' })),
      failure(events('[]')),
      failure(run(decodeStream(), [{ event: 'error', data: '{"message":"busy","code":503}' }])),
    ],
    [
      ['broken', 'The server had an error'],
      ['broken', 'the provider sent an event that is not JSON'],
      ['tooLong', 'too long'],
      ['broken', 'boom'],
      ['broken', 'the provider sent an event that is no object'],
      ['overloaded', 'busy'],
    ],
  );
});

test('thoughts said in both fields are one thought', () => {
  const { parts } = fold(events(chunk({ reasoning: 'Hm', reasoning_content: 'Hm' }), chunk({ content: 'A' }), chunk({}, 'stop')));
  assert.deepEqual(parts, [
    { type: 'reasoning', text: 'Hm', extra: { 'openai-chat': { reasoning_content: null } } },
    { type: 'text', text: 'A' },
  ]);
});

test('an answer not streamed is read with the same care', () => {
  const reply = (message: Json, finish_reason: Json = 'stop') =>
    openaiChat.decodeReply({ id: 'c', model: 'm', choices: [{ index: 0, message, finish_reason }] });
  assert.deepEqual(reply({ content: '', tool_calls: [{ id: '', function: { name: 'f', arguments: { a: 1 } } }] }).parts, [
    { type: 'toolCall', id: callIdFor('c', 0), name: 'f', arguments: '{"a":1}' },
  ]);
  assert.deepEqual(reply({ content: null, refusal: 'No.' }).finish, { reason: 'refused', wire: 'stop' });
  const thrown = (wire: Json) => {
    try {
      openaiChat.decodeReply(wire);
    } catch (error) {
      assert.ok(error instanceof HeadgateError);
      return [error.failure.kind, error.failure.message];
    }
    return 'taken';
  };
  assert.deepEqual(
    [
      thrown(null),
      thrown({ choices: [] }),
      thrown({ error: { message: 'x', code: 'content_filter' } }),
      thrown({ choices: [{ message: { tool_calls: [7] } }] }),
    ],
    [
      ['broken', 'the provider answered with something that is no chat completion'],
      ['broken', 'the provider answered with something that is no chat completion'],
      ['filtered', 'x'],
      ['broken', "the provider's answer is malformed: choices[0].message.tool_calls[0] must be an object, got 7"],
    ],
  );
});
