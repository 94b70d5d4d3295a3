import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { fold, unfold } from '../../model/fold.ts';
import type { JsonObject } from '../../model/json.ts';
import { run } from '../../model/machine.ts';
import type { ModelEvent, ModelReply } from '../../model/reply.ts';
import type { Asked } from '../dialect.ts';
import { wrapSeal } from '../seal.ts';
import { type Frame, sseDecoder, sseText } from '../sse.ts';
import { decodeReply } from './reply.ts';
import { decodeStream, encodeStream } from './stream.ts';

const ASKED: Asked = { nowS: 0, losses: [], request: { model: 'm', turns: [], stream: true } };
const FIXTURES = globSync(path.resolve(import.meta.dirname, '../../../fixtures/anthropic-messages/stream/*.sse'));

const eventsOf = (sse: string): ModelEvent[] => run(decodeStream(), run(sseDecoder(), [sse]));
const encoded = (events: Iterable<ModelEvent>): Frame[] => run(encodeStream(ASKED), events);
const wires = (frames: readonly Frame[]): JsonObject[] => frames.map(({ data }) => JSON.parse(data) as JsonObject);
const sse = (...frames: object[]): string =>
  frames.map((data) => sseText({ event: (data as { type: string }).type, data: JSON.stringify(data) })).join('');
const START = {
  type: 'message_start',
  message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], usage: { input_tokens: 1, output_tokens: 1 } },
};
const STOP = { type: 'message_stop' };

/** What the SDK's stream helper makes of the frames. */
function helped(frames: readonly Frame[]): Promise<Anthropic.Message> {
  const body = frames.map(sseText).join('');
  const client = new Anthropic({
    apiKey: 'unused',
    maxRetries: 0,
    fetch: async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
  });
  return client.messages.stream({ model: 'm', max_tokens: 1, messages: [] }).finalMessage();
}

/** An answer with everything in it, as another vendor would give it. */
const FOREIGN: ModelReply = {
  id: 'resp_1',
  model: 'gpt-6-sol',
  parts: [
    { type: 'reasoning', text: 'Let me think.', seal: { by: 'openai-responses', data: 'blob' } },
    { type: 'text', text: '' },
    { type: 'text', text: 'See the Rhine.', citations: [{ type: 'url', url: 'https://example.org', title: 'Rhine', start: 4, end: 13 }] },
    { type: 'toolCall', id: 'call_1', name: 'look', arguments: '{"deep":true}' },
    { type: 'toolCall', id: 'call_2', name: 'none', arguments: '' },
  ],
  finish: { reason: 'toolCalls', wire: 'tool_calls' },
  usage: { tokens: { input: 10, cacheRead: 80, output: 20 }, reasoningTokens: 7, tier: 'default' },
};

for (const file of FIXTURES) {
  const name = path.basename(file, '.sse');
  const whole = file.replace(/sse$/, 'json');
  test(`${name}: the SDK's stream helper takes what we make of it`, async () => {
    const events = eventsOf(readFileSync(file, 'utf8'));
    if (events.at(-1)?.type === 'fail') {
      await assert.rejects(helped(encoded(events)), Anthropic.APIError);
      return;
    }
    const message = await helped(encoded(events));
    if (existsSync(whole)) assert.deepEqual(message.content, (JSON.parse(readFileSync(whole, 'utf8')) as Anthropic.Message).content);
  });
  if (existsSync(whole)) {
    test(`${name}: adds up to the same answer not streamed`, () => {
      assert.deepEqual(fold(eventsOf(readFileSync(file, 'utf8'))), decodeReply(JSON.parse(readFileSync(whole, 'utf8')) as JsonObject));
    });
  }
}

test('an answer of another vendor is a whole message to the SDK', async () => {
  const message = await helped(encoded(unfold(FOREIGN)));
  assert.deepEqual(message.content, [
    { type: 'thinking', thinking: 'Let me think.', signature: wrapSeal({ by: 'openai-responses', data: 'blob' }) },
    {
      type: 'text',
      text: 'See the Rhine.',
      citations: [
        {
          type: 'web_search_result_location',
          cited_text: '',
          url: 'https://example.org',
          title: 'Rhine',
          encrypted_index: 'headgate:v1:-',
        },
      ],
    },
    { type: 'tool_use', id: 'call_1', name: 'look', input: { deep: true }, caller: { type: 'direct' } },
    { type: 'tool_use', id: 'call_2', name: 'none', input: {}, caller: { type: 'direct' } },
  ]);
  assert.deepEqual(
    [message.id, message.stop_reason, message.usage.input_tokens, message.usage.cache_read_input_tokens],
    ['msg_resp_1', 'tool_use', 10, 80],
  );
});

test('calls that grow side by side are written one after the other', () => {
  const call = (index: number): ModelEvent => ({
    type: 'open',
    index,
    part: { type: 'toolCall', id: `c${index}`, name: 'f', arguments: '' },
  });
  const events: ModelEvent[] = [
    { type: 'start', id: 'a', model: 'm' },
    call(0),
    call(1),
    { type: 'delta', index: 1, text: '{"b":' },
    { type: 'delta', index: 0, text: '{"a":1}' },
    { type: 'delta', index: 1, text: '2}' },
    { type: 'close', index: 0 },
    { type: 'close', index: 1 },
    { type: 'finish', finish: { reason: 'toolCalls' } },
  ];
  assert.deepEqual(
    wires(encoded(events)).map(({ type, index, delta }) =>
      [type, index, (delta as JsonObject | undefined)?.['partial_json']].filter((value) => value !== undefined),
    ),
    [
      ['message_start'],
      ['content_block_start', 0],
      ['content_block_delta', 0, '{"a":1}'],
      ['content_block_stop', 0],
      ['content_block_start', 1],
      ['content_block_delta', 1, '{"b":'],
      ['content_block_delta', 1, '2}'],
      ['content_block_stop', 1],
      ['message_delta'],
      ['message_stop'],
    ],
  );
});

const ARGUMENTS: readonly [text: string, input: unknown, lost: string[]][] = [
  ['{"a": nope}', {}, ['parts[0].arguments dropped']],
  ['{"a":1} and so on', { a: 1 }, ['parts[0].arguments dropped']],
  ['{"a":1', {}, []],
  ['rm -rf', { _invalid_arguments: 'rm -rf' }, ['parts[0].arguments changed']],
  ['[1]', { _invalid_arguments: '[1]' }, ['parts[0].arguments changed']],
];
for (const [text, input, lost] of ARGUMENTS) {
  test(`arguments ${JSON.stringify(text)} do not make the SDK throw`, async () => {
    const encoder = encodeStream(ASKED);
    const reply = { ...FOREIGN, parts: [{ type: 'toolCall' as const, id: 'c', name: 'f', arguments: text }] };
    const frames = run(encoder, unfold(reply));
    const [block] = (await helped(frames)).content;
    assert.deepEqual([block?.type === 'tool_use' && block.input, encoder.losses.map(({ path, kind }) => `${path} ${kind}`)], [input, lost]);
    const reported = wires(frames).find(({ type }) => type === 'message_delta')?.['headgate'];
    assert.equal(reported !== undefined, lost.length > 0);
  });
}

test('what the way there lost is told at the start', () => {
  const losses = [{ path: 'sampling.seed', value: 7, kind: 'dropped' as const, impact: 'behavior' as const, note: 'no seed' }];
  const [start] = wires(run(encodeStream({ ...ASKED, losses }), unfold(FOREIGN)));
  assert.deepEqual((start!['message'] as JsonObject)['headgate'], {
    losses: [{ path: 'sampling.seed', kind: 'dropped', impact: 'behavior', note: 'no seed' }],
  });
});

test('a failure is an error event in Anthropic’s words', () => {
  assert.deepEqual(encoded([{ type: 'fail', failure: { kind: 'overloaded', message: 'Busy.' } }]), [
    { event: 'error', data: '{"type":"error","error":{"type":"overloaded_error","message":"Busy."},"request_id":null}' },
  ]);
});

test('a server tool’s call is held until it is whole', () => {
  const events = eventsOf(
    sse(
      START,
      {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} },
      },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"query":' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '"x"}' } },
      { type: 'content_block_stop', index: 0 },
      STOP,
    ),
  );
  const wire = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } };
  assert.deepEqual(events.slice(1, 3), [
    { type: 'open', index: 0, part: { type: 'opaque', dialect: 'anthropic-messages', wire } },
    { type: 'close', index: 0 },
  ]);
});

test('events of tomorrow are passed on', () => {
  const wire = { type: 'weather_report', sky: 'blue' };
  const [, event] = eventsOf(sse(START, wire, STOP));
  assert.deepEqual(event, { type: 'opaque', dialect: 'anthropic-messages', wire });
  assert.deepEqual(encoded([event!]), [{ event: 'weather_report', data: JSON.stringify(wire) }]);
});

test('an answer whose reason to stop was told is whole without its last event', () => {
  const delta = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 3 } };
  assert.deepEqual(eventsOf(sse(START, delta)), eventsOf(sse(START, delta, STOP)));
});

const block = (index: number, content_block: object) => ({ type: 'content_block_start', index, content_block });
const ENDS: readonly [what: string, body: string, kind: string, message: string][] = [
  ['nothing at all', '', 'interrupted', 'the stream ended before message_stop'],
  ['a stream that stops short', sse(START), 'interrupted', 'the stream ended before message_stop'],
  [
    'text for a block that is not open',
    sse(START, { type: 'content_block_delta', index: 3, delta: {} }),
    'broken',
    'the provider wrote into block 3, which is not open',
  ],
  [
    'an event that is not JSON',
    'event: message_start\ndata: {"type"\n\n',
    'broken',
    'the provider sent a stream event that is not a JSON object',
  ],
  [
    'a message without an id',
    sse({ type: 'message_start', message: { model: 'm' } }),
    'broken',
    'the answer is no Messages message: message.id must be a string, got nothing',
  ],
  [
    'a second message inside a tool call',
    sse(START, block(0, { type: 'tool_use', id: 'a', name: 'f', input: {} }), START),
    'broken',
    'the provider began a second message inside a tool call of the first',
  ],
  [
    'content before the start',
    sse(block(0, { type: 'text', text: '' })),
    'broken',
    'the provider sent content_block_start before message_start',
  ],
  ['an event without a type', sse(START, { error: { message: 'Gone.' } }), 'broken', 'Gone.'],
  [
    'a delta without its text',
    sse(START, block(0, { type: 'text', text: '' }), { type: 'content_block_delta', index: 0, delta: { type: 'text_delta' } }),
    'broken',
    'the provider sent text_delta without text',
  ],
  ['an error', sse(START, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, STOP), 'overloaded', 'Overloaded'],
];
for (const [what, body, kind, message] of ENDS) {
  test(`${what} ends as ${kind}`, () => {
    const last = eventsOf(body).at(-1);
    assert.deepEqual(last?.type === 'fail' && [last.failure.kind, last.failure.message], [kind, message]);
  });
}

test('an answer that came whole tells at the end what Messages tells there', () => {
  const details = { type: 'refusal', category: 'cyber', explanation: null };
  const extra = { 'anthropic-messages': { stop_details: details, usage: { iterations: [] }, container: { id: 'c' } } };
  const frames = wires(encoded(unfold({ ...FOREIGN, parts: [], finish: { reason: 'refused' }, extra })));
  const [start, end] = frames as [{ message: JsonObject }, { delta: JsonObject; usage: JsonObject }];
  assert.deepEqual(
    [start.message['container'], start.message['stop_details'], end.delta['stop_details'], end.usage['iterations']],
    [{ id: 'c' }, null, details, []],
  );
});

test('a delta of tomorrow goes into its block, whatever its number was', () => {
  const delta = { type: 'glow_delta', glow: 3 };
  const events: ModelEvent[] = [
    { type: 'start', id: 'a', model: 'm' },
    { type: 'open', index: 0, part: { type: 'text', text: '' } },
    { type: 'close', index: 0 },
    { type: 'open', index: 1, part: { type: 'text', text: '' } },
    { type: 'opaque', dialect: 'anthropic-messages', wire: { type: 'content_block_delta', index: 1, delta } },
    { type: 'close', index: 1 },
  ];
  assert.deepEqual(wires(encoded(events)).slice(1), [
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '', citations: null } },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
  ]);
});

test('a second message_start after whole blocks changes nothing', () => {
  const text = [block(0, { type: 'text', text: 'Hi' }), { type: 'content_block_stop', index: 0 }];
  const { id, parts } = fold(eventsOf(sse(START, ...text, { ...START, message: { ...START.message, id: 'msg_2' } }, STOP)));
  assert.deepEqual({ id, parts }, { id: 'msg_1', parts: [{ type: 'text', text: 'Hi' }] });
});
