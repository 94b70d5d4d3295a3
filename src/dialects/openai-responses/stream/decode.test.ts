import assert from 'node:assert/strict';
import test from 'node:test';
import { fold } from '../../../model/fold.ts';
import type { JsonObject } from '../../../model/json.ts';
import { run } from '../../../model/machine.ts';
import type { ModelEvent } from '../../../model/reply.ts';
import { decodeStream } from './decode.ts';

const response = (more: JsonObject): JsonObject => ({ id: 'resp_1', object: 'response', created_at: 1, model: 'm', output: [], ...more });
const CREATED: JsonObject = { type: 'response.created', response: response({ status: 'in_progress' }) };
const COMPLETED: JsonObject = { type: 'response.completed', response: response({ status: 'completed' }) };

const decoded = (...events: JsonObject[]): ModelEvent[] =>
  run(
    decodeStream(),
    events.map((event) => ({ event: String(event['type']), data: JSON.stringify(event) })),
  );

const failureIn = (events: readonly ModelEvent[]) => {
  const last = events.at(-1);
  return last?.type === 'fail' ? `${last.failure.kind}: ${last.failure.message}` : undefined;
};

test('only the seal of the finished item counts', () => {
  const item = { type: 'reasoning', id: 'rs_1', summary: [] };
  const events = decoded(
    CREATED,
    { type: 'response.output_item.added', output_index: 0, item: { ...item, encrypted_content: 'half' } },
    { type: 'response.output_item.done', output_index: 0, item: { ...item, encrypted_content: 'whole' } },
    COMPLETED,
  );
  const extra = { 'openai-responses': { id: 'rs_1' } };
  assert.deepEqual(events.slice(1, 4), [
    { type: 'open', index: 0, part: { type: 'reasoning', text: '', extra } },
    { type: 'amend', index: 0, with: { seal: { by: 'openai-responses', data: 'whole' } } },
    { type: 'close', index: 0 },
  ]);
});

test('a stream without a terminal event was cut, whatever it had said', () => {
  assert.equal(failureIn(decoded(CREATED)), 'interrupted: the provider closed the stream before the response was finished');
  assert.equal(failureIn(decoded()), 'interrupted: the provider closed the stream before the response was finished');
});

test('errors are failures: flat, nested, both, without a type, and inside a failed response', () => {
  const error = { type: 'server_error', code: 'server_is_overloaded', message: 'Busy.', param: null };
  const flat = { code: 'server_is_overloaded', message: 'Busy.', param: null };
  for (const event of [
    { type: 'error', ...flat },
    { type: 'error', error },
    { type: 'error', ...flat, error },
    { type: 'response.failed', response: response({ status: 'failed', error: flat }) },
  ]) {
    assert.equal(failureIn(decoded(CREATED, event, COMPLETED)), 'overloaded: Busy.');
  }
  const untyped = run(decodeStream(), [{ data: JSON.stringify({ error }) }]);
  assert.equal(failureIn(untyped), 'overloaded: Busy.');
});

test('an event that is no JSON breaks the answer', () => {
  assert.equal(failureIn(run(decodeStream(), [{ data: '{"type":' }])), 'broken: the provider sent an event that is no JSON (8 characters)');
});

test('keep-alives and [DONE] say nothing, events of tomorrow stay opaque', () => {
  const tomorrow = { type: 'response.telepathy', wave: 1 };
  const events = decoded(CREATED, { type: 'keepalive', sequence_number: 3 }, tomorrow, COMPLETED);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['start', 'opaque', 'finish'],
  );
  assert.deepEqual(events[1], { type: 'opaque', dialect: 'openai-responses', wire: tomorrow });
  assert.deepEqual(
    run(decodeStream(), [{ data: JSON.stringify(CREATED) }, { data: JSON.stringify(COMPLETED) }, { data: '[DONE]' }]).length,
    2,
  );
});

test('a server that skips every `added` event is still understood', () => {
  const { parts, finish } = fold(
    decoded({ type: 'response.output_text.delta', output_index: 0, content_index: 0, item_id: 'msg_1', delta: 'Hi' }, COMPLETED),
  );
  assert.deepEqual(parts, [{ type: 'text', text: 'Hi', extra: { 'openai-responses': { id: 'msg_1' } } }]);
  assert.deepEqual(finish, { reason: 'stop', wire: 'completed' });
});

test('items that only the last event shows are read from it', () => {
  const call = { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: '{}', status: 'completed' };
  const { parts, finish } = fold(decoded(CREATED, { ...COMPLETED, response: response({ status: 'completed', output: [call] }) }));
  assert.deepEqual(parts, [{ type: 'toolCall', id: 'c', name: 'f', arguments: '{}', extra: { 'openai-responses': { id: 'fc_1' } } }]);
  assert.equal(finish.reason, 'toolCalls');
});

test('items are told apart by their ids where the last event counts them differently', () => {
  const message = (id: string, text: string) => ({
    type: 'message',
    id,
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text, annotations: [] }],
  });
  const [first, second] = [message('msg_1', 'I’ll look. '), message('msg_2', 'Found it.')];
  const { parts } = fold(
    decoded(
      CREATED,
      { type: 'response.output_item.done', output_index: 0, item: first },
      { type: 'response.output_item.done', output_index: 2, item: second },
      { ...COMPLETED, response: response({ status: 'completed', output: [first, second] }) },
    ),
  );
  assert.deepEqual(
    parts.map((part) => part.type === 'text' && part.text),
    ['I’ll look. ', 'Found it.'],
  );
});
