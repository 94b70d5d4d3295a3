import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { OpenAI } from 'openai';
import { fold, unfold } from '../../../model/fold.ts';
import type { JsonObject } from '../../../model/json.ts';
import { run } from '../../../model/machine.ts';
import type { ModelEvent, ModelReply } from '../../../model/reply.ts';
import type { Asked } from '../../dialect.ts';
import { unwrapSeal } from '../../seal.ts';
import { type Frame, sseDecoder, sseText } from '../../sse.ts';
import { encodeReply } from '../reply.ts';
import { decodeRequest } from '../request/decode.ts';
import { decodeStream } from './decode.ts';
import { encodeStream } from './encode.ts';

const ASKED: Asked = { nowS: 1_795_000_000, request: decodeRequest({ model: 'smart', input: 'Hi', max_output_tokens: 100 }), losses: [] };
const FIXTURES = globSync(path.resolve(import.meta.dirname, '../../../../fixtures/openai-responses/stream/*.sse'));

/** An answer with everything in it, as it would come from another vendor: no ids of items, foreign seals, citations without places. */
const FOREIGN: ModelReply = {
  id: 'msg_01AbC',
  model: 'claude-opus-5-5',
  parts: [
    { type: 'reasoning', text: 'Let me think.', seal: { by: 'anthropic-messages', data: 'EqQB' } },
    { type: 'reasoning', text: '', seal: { by: 'anthropic-messages', data: 'Rdct', redacted: true } },
    { type: 'text', text: 'See the Rhine.', citations: [{ type: 'url', url: 'https://example.org/rhine', title: 'Rhine' }] },
    { type: 'text', text: 'Now I look.' },
    { type: 'toolCall', id: 'toolu_1', name: 'look', arguments: '' },
    { type: 'toolCall', id: 'toolu_1', name: 'look', arguments: '{"deep":true}' },
    { type: 'toolCall', id: 'toolu_3', name: 'sql', arguments: 'select 1', custom: true },
  ],
  finish: { reason: 'toolCalls', wire: 'tool_use' },
  usage: { tokens: { input: 10, cacheRead: 80, cacheWrite5m: 5, cacheWrite1h: 5, output: 20 }, reasoningTokens: 7 },
};

const encoded = (events: Iterable<ModelEvent>, asked = ASKED): Frame[] => run(encodeStream(asked), events);
const lastOf = (frames: readonly Frame[]): JsonObject => JSON.parse(frames.at(-1)!.data) as JsonObject;

/** What the SDK's strict stream helper makes of the frames. */
function helped(frames: readonly Frame[]): Promise<OpenAI.Responses.Response> {
  const body = frames.map(sseText).join('');
  const client = new OpenAI({
    apiKey: 'unused',
    maxRetries: 0,
    fetch: async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
  });
  return client.responses.stream({ model: 'm', input: 'x' }).finalResponse();
}

for (const file of FIXTURES) {
  test(`the SDK's stream helper takes what we make of ${path.basename(file)}`, async () => {
    const events = run(decodeStream(), run(sseDecoder(), [readFileSync(file, 'utf8')]));
    const frames = encoded(events);
    if (events.at(-1)?.type === 'fail') {
      await assert.rejects(helped(frames), OpenAI.APIError);
      return;
    }
    const { status, output } = await helped(frames);
    assert.ok(status === 'completed' || status === 'incomplete');
    assert.equal(output.length, (lastOf(frames)['response'] as { output: unknown[] }).output.length);
    // Said again in the same format, it is the same answer.
    const before = fold(events);
    assert.deepEqual(fold(run(decodeStream(), frames)).parts, before.parts);
  });
}

test("the SDK's stream helper takes an answer of another vendor", async () => {
  const response = await helped(encoded(unfold(FOREIGN)));
  assert.equal(response.id, 'resp_msg_01AbC');
  assert.equal(response.output_text, 'See the Rhine.Now I look.');
  assert.deepEqual(
    response.output.map(({ type, id }) => `${type} ${id}`),
    [
      'reasoning rs_msg_01AbC_0',
      'reasoning rs_msg_01AbC_1',
      'message msg_msg_01AbC_2',
      'function_call fc_msg_01AbC_3',
      'function_call fc_msg_01AbC_4',
      'custom_tool_call ctc_msg_01AbC_5',
    ],
  );
});

test('an answer streamed and the same answer whole are the same', () => {
  const frames = encoded(unfold(FOREIGN));
  assert.deepEqual(lastOf(frames)['response'], encodeReply(FOREIGN, ASKED).wire);
});

test('events are numbered from 0 without gaps', () => {
  const frames = encoded(unfold(FOREIGN));
  assert.deepEqual(
    frames.map(({ data }) => (JSON.parse(data) as JsonObject)['sequence_number']),
    frames.map((_, i) => i),
  );
});

test('a foreign seal goes out wrapped, once it is whole, and can be unwrapped', () => {
  const done = encoded(unfold(FOREIGN))
    .map(({ data }) => JSON.parse(data) as { type: string; item?: JsonObject })
    .filter(({ type, item }) => item?.['type'] === 'reasoning' && type.startsWith('response.output_item'));
  assert.deepEqual(
    done.map(({ type, item }) => [type, unwrapSeal(String(item!['encrypted_content']))]),
    [
      ['response.output_item.added', undefined],
      ['response.output_item.done', { by: 'anthropic-messages', data: 'EqQB' }],
      ['response.output_item.added', undefined],
      ['response.output_item.done', { by: 'anthropic-messages', data: 'Rdct', redacted: true }],
    ],
  );
});

test('a call without arguments has an empty object, and repeated call ids are told apart', () => {
  const { wire } = encodeReply(FOREIGN, ASKED);
  const calls = (wire['output'] as JsonObject[]).filter(({ type }) => type === 'function_call');
  assert.deepEqual(
    calls.map(({ call_id, arguments: written }) => [call_id, written]),
    [
      ['toolu_1', '{}'],
      ['toolu_1_4', '{"deep":true}'],
    ],
  );
});

test('tool calls that grow side by side go out one after the other', async () => {
  const frames = encoded([
    { type: 'start', id: 'chatcmpl-1', model: 'm' },
    { type: 'open', index: 0, part: { type: 'toolCall', id: 'a', name: 'f', arguments: '' } },
    { type: 'open', index: 1, part: { type: 'toolCall', id: 'b', name: 'g', arguments: '' } },
    { type: 'delta', index: 0, text: '{"x":' },
    { type: 'delta', index: 1, text: '{"y":' },
    { type: 'delta', index: 0, text: '1}' },
    { type: 'delta', index: 1, text: '2}' },
    { type: 'close', index: 0 },
    { type: 'close', index: 1 },
    { type: 'finish', finish: { reason: 'toolCalls' } },
  ]);
  const { output } = await helped(frames);
  assert.deepEqual(
    output.map((item) => item.type === 'function_call' && [item.call_id, item.arguments]),
    [
      ['a', '{"x":1}'],
      ['b', '{"y":2}'],
    ],
  );
});

test('a failure is one frame that the SDK reads flat and nested alike, and nothing follows it', async () => {
  const frames = encoded([
    { type: 'start', id: 'resp_1', model: 'm' },
    { type: 'fail', failure: { kind: 'interrupted', message: 'the provider hung up' } },
    { type: 'finish', finish: { reason: 'stop' } },
  ]);
  assert.deepEqual(lastOf(frames), {
    type: 'error',
    sequence_number: 2,
    code: null,
    message: 'the provider hung up',
    param: null,
    error: { message: 'the provider hung up', type: 'server_error', param: null, code: null },
  });
  await assert.rejects(helped(frames), (error) => error instanceof OpenAI.APIError && error.type === 'server_error');
});

test('losses of the way there and of the answer are told once, in the last event', () => {
  const asked: Asked = {
    ...ASKED,
    losses: [{ path: 'sampling.topK', value: 5, kind: 'dropped', impact: 'behavior', note: 'no top_k' }],
  };
  const paused: ModelReply = { id: 'msg_1', model: 'm', parts: [], finish: { reason: 'paused', wire: 'pause_turn' } };
  const frames = encoded(unfold(paused), asked);
  const reports = frames.map(({ data }) => (JSON.parse(data) as { response?: JsonObject }).response?.['headgate']);
  assert.deepEqual(reports, [
    undefined,
    undefined,
    {
      losses: [
        { path: 'sampling.topK', kind: 'dropped', impact: 'behavior', note: 'no top_k' },
        { path: 'finish.reason', kind: 'changed', impact: 'behavior', note: 'openai-responses knows no pause: it says completed' },
      ],
    },
  ]);
});
