import assert from 'node:assert/strict';
import test from 'node:test';
import { unfold } from '../../../model/fold.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { Loss } from '../../../model/loss.ts';
import { run } from '../../../model/machine.ts';
import type { Part } from '../../../model/part.ts';
import type { Finish, ModelEvent, ModelReply } from '../../../model/reply.ts';
import type { Asked } from '../../dialect.ts';
import { encodeStream } from '../stream/encode.ts';
import { encodeReply } from './encode.ts';

const asked = (own: JsonObject = {}, losses: readonly Loss[] = []): Asked => ({
  nowS: 1_790_000_000,
  request: { model: 'm', turns: [], stream: true, extra: { 'openai-chat': own } },
  losses,
});
const answer = (parts: readonly Part[], finish: Finish = { reason: 'stop', wire: 'end_turn' }): ModelReply => ({
  id: 'msg_1',
  model: 'claude',
  parts,
  finish,
});

/** The answer's choice, and what was told of it. */
function whole(reply: ModelReply, own?: JsonObject) {
  const { wire, losses } = encodeReply(reply, asked(own));
  const [choice] = wire['choices'] as [{ message: JsonObject; finish_reason: string }];
  return { wire, message: choice.message, finish: choice.finish_reason, told: told(losses) };
}

const told = (losses: readonly Loss[]) =>
  losses.filter(({ impact }) => impact !== 'none').map(({ path, kind, impact }) => `${path} ${kind} ${impact}`);
const frames = (events: Iterable<ModelEvent>, own?: JsonObject) =>
  run(encodeStream(asked(own)), events).map(({ data }) => (data === '[DONE]' ? data : JSON.parse(data)));
// biome-ignore lint/suspicious/noExplicitAny: frames as JSON
const deltas = (all: any[]) => all.flatMap((frame) => (frame.choices ?? []).map(({ delta }: { delta: JsonObject }) => delta));
const text = (words: string): Part => ({ type: 'text', text: words });

test('another vendor’s answer becomes a chat completion', () => {
  const reply: ModelReply = { ...answer([text('Hi')]), usage: { tokens: { input: 2, output: 1 } } };
  assert.deepEqual(encodeReply(reply, asked()).wire, {
    id: 'chatcmpl-msg_1',
    object: 'chat.completion',
    created: 1_790_000_000,
    model: 'claude',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi', refusal: null }, logprobs: null, finish_reason: 'stop' }],
    usage: {
      prompt_tokens: 2,
      completion_tokens: 1,
      total_tokens: 3,
      prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
    },
  });
});

test('several texts become one, and that is told once', () => {
  const { message, told } = whole(answer([text('A'), text('B'), text('C')]));
  assert.deepEqual([message['content'], told], ['ABC', ['parts[1] changed behavior']]);
  const after = whole(
    answer([{ type: 'toolCall', id: 'a', name: 'f', arguments: '' }, text('A')], { reason: 'toolCalls', wire: 'tool_use' }),
  );
  assert.deepEqual(after.message, {
    role: 'assistant',
    content: 'A',
    refusal: null,
    tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
  });
  assert.deepEqual([after.finish, after.told], ['tool_calls', ['parts[1] changed behavior']]);
});

test('citations point into the joined text', () => {
  const cited = (words: string, at: object): Part => ({
    type: 'text',
    text: words,
    citations: [{ type: 'url', url: 'https://a', title: 'A', ...at }],
  });
  const { message } = whole(answer([text('12345'), cited('678', {}), cited('90', { start: 1, end: 2, quote: 'q' })]));
  const annotation = (start_index: number, end_index: number) => ({
    type: 'url_citation',
    url_citation: { start_index, end_index, title: 'A', url: 'https://a' },
  });
  assert.deepEqual(message['annotations'], [annotation(5, 8), annotation(9, 10)]);
});

test('thoughts are kept back, and so told', () => {
  const seal = { by: 'anthropic-messages', data: 's' } as const;
  assert.deepEqual(whole(answer([{ type: 'reasoning', text: 'Hm', seal }, text('A')])).told, ['parts[0] dropped behavior']);
  const { losses } = encodeReply(answer([{ type: 'reasoning', text: '', seal }], { reason: 'stop' }), asked());
  assert.deepEqual(losses, [
    { path: 'parts[0]', value: { text: '', seal }, kind: 'dropped', impact: 'none', note: 'openai-chat shows no thoughts' },
  ]);
});

test('every ending has a word', () => {
  const finish = (reason: Finish['reason'], more: object = {}) => {
    const { finish, told } = whole(answer([], { reason, ...more }));
    return [finish, ...told];
  };
  assert.deepEqual(
    [
      finish('stop'),
      finish('stop', { stop: 'END' }),
      finish('length'),
      finish('toolCalls'),
      finish('refused'),
      finish('paused', { wire: 'pause_turn' }),
      finish('other', { wire: 'x' }),
    ],
    [
      ['stop'],
      ['stop', 'finish.stop dropped behavior'],
      ['length'],
      ['tool_calls'],
      ['content_filter'],
      ['stop', 'finish changed behavior'],
      ['stop', 'finish changed behavior'],
    ],
  );
});

test('a refusal is told where clients look for it', () => {
  const { message, finish } = whole(answer([{ type: 'refusal', text: 'No.' }], { reason: 'refused', wire: 'refusal' }));
  assert.deepEqual([message, finish], [{ role: 'assistant', content: null, refusal: 'No.' }, 'content_filter']);
});

test('a refusal that Responses calls a completed answer ends as OpenAI ends it on Chat', () => {
  const { finish } = whole(answer([{ type: 'refusal', text: 'No.' }], { reason: 'refused', wire: 'completed' }));
  assert.equal(finish, 'stop');
});

test('a caller who speaks of functions gets one function call', () => {
  const calls = answer(
    ['a', 'b'].map((id) => ({ type: 'toolCall', id, name: 'f', arguments: '{"x":1}' })),
    { reason: 'toolCalls' },
  );
  const { message, finish, told } = whole(calls, { functions: null });
  assert.deepEqual(
    [message['function_call'], message['tool_calls'], finish],
    [{ name: 'f', arguments: '{"x":1}' }, undefined, 'function_call'],
  );
  assert.deepEqual(told, ['parts dropped content']);
  assert.deepEqual(deltas(frames(unfold(calls), { functions: null })), [
    { role: 'assistant', content: '', refusal: null },
    { function_call: { name: 'f', arguments: '' } },
    { function_call: { arguments: '{"x":1}' } },
    {},
  ]);
});

test('losses are told in the answer, those of the way there first', () => {
  const before: Loss = { path: 'sampling.topK', value: 5, kind: 'dropped', impact: 'behavior', note: 'n' };
  const { wire } = encodeReply(answer([text('A'), { type: 'opaque', dialect: 'anthropic-messages', wire: 1 }]), asked({}, [before]));
  assert.deepEqual(wire['headgate'], {
    losses: [
      { path: 'sampling.topK', kind: 'dropped', impact: 'behavior', note: 'n' },
      { path: 'parts[1]', kind: 'dropped', impact: 'content', note: 'only anthropic-messages understands this part' },
    ],
  });
});

test('a stream numbers calls by themselves and leaves none without arguments', () => {
  const reply = answer(
    [
      { type: 'reasoning', text: 'Hm' },
      text('A'),
      { type: 'toolCall', id: 'a', name: 'f', arguments: '' },
      { type: 'toolCall', id: 'b', name: 'sh', arguments: 'ls', custom: true },
    ],
    { reason: 'toolCalls' },
  );
  assert.deepEqual(deltas(frames(unfold(reply))), [
    { role: 'assistant', content: '', refusal: null },
    { content: 'A' },
    { tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }] },
    { tool_calls: [{ index: 0, function: { arguments: '{}' } }] },
    { tool_calls: [{ index: 1, id: 'b', type: 'custom', custom: { name: 'sh', input: '' } }] },
    { tool_calls: [{ index: 1, custom: { input: 'ls' } }] },
    {},
  ]);
});

test('usage is a chunk of its own, for those who asked', () => {
  const reply: ModelReply = { ...answer([text('A')]), usage: { tokens: { input: 2, output: 1 } } };
  const silent = frames(unfold(reply));
  assert.deepEqual([silent.at(-1), silent.some((frame) => frame.usage !== undefined)], ['[DONE]', false]);
  const asking = frames(unfold(reply), { stream_options: { include_usage: true } });
  assert.deepEqual([asking.at(-2).choices, asking.at(-2).usage.total_tokens], [[], 3]);
  assert.ok(asking.slice(0, -2).every((frame) => frame.usage === null));
});

test('a stream that fails says so and is never done', () => {
  const start: ModelEvent = { type: 'start', id: 'a', model: 'm' };
  const failed = frames([
    start,
    { type: 'fail', failure: { kind: 'overloaded', message: 'busy' } },
    { type: 'finish', finish: { reason: 'stop' } },
  ]);
  assert.deepEqual(failed.slice(1), [{ error: { message: 'busy', type: 'server_error', param: null, code: 'server_is_overloaded' } }]);
  const cut = frames([start]);
  assert.deepEqual(cut.slice(1), [
    { error: { message: 'the answer broke off before its end', type: 'server_error', param: null, code: null } },
  ]);
});

test('a stream reports on the chunk that finishes it', () => {
  const events: ModelEvent[] = [
    { type: 'start', id: 'a', model: 'm' },
    { type: 'open', index: 0, part: text('') },
    { type: 'amend', index: 0, with: { citation: { type: 'url', url: 'https://a' } } },
    { type: 'close', index: 0 },
    { type: 'finish', finish: { reason: 'paused', wire: 'pause_turn' } },
  ];
  const last = frames(events).at(-2);
  assert.deepEqual(
    [last.choices[0].finish_reason, last.headgate.losses.map(({ path }: { path: string }) => path)],
    ['stop', ['parts[0].citations', 'finish']],
  );
});
