import assert from 'node:assert/strict';
import test from 'node:test';
import { type Frame, sseDecoder } from '../../src/dialects/sse.ts';
import { run } from '../../src/model/machine.ts';
import type { DialectName } from '../../src/model/part.ts';
import { grammarProblems } from './grammar.ts';
import { recorded } from './recorded.ts';

const named = (type: string, more: object = {}): Frame => ({ event: type, data: JSON.stringify({ type, ...more }) });

const MESSAGES: readonly Frame[] = [
  named('message_start', { message: { id: 'msg_1', content: [], stop_reason: null, usage: { input_tokens: 1, output_tokens: 1 } } }),
  named('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  named('ping'),
  named('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Hi' } }),
  named('content_block_stop', { index: 0 }),
  named('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } }),
  named('message_stop'),
];

const chunk = (delta: object | undefined, more: object = {}): Frame => ({
  data: JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: delta ? [{ index: 0, delta, finish_reason: null, ...more }] : [],
    ...(!delta && more),
  }),
});
const call = (index: number, more: object) => chunk({ tool_calls: [{ index, ...more }] });
const DONE: Frame = { data: '[DONE]' };
const CHAT: readonly Frame[] = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'Hi' }),
  call(0, { id: 'a', type: 'function', function: { name: 'f', arguments: '' } }),
  call(0, { function: { arguments: '{}' } }),
  chunk({}, { finish_reason: 'tool_calls' }),
  chunk(undefined, { usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }),
  DONE,
];

const numbered = (events: readonly (readonly [string, object])[]): Frame[] =>
  events.map(([type, more], at) => named(type, { sequence_number: at, ...more }));
const PLACE = { item_id: 'msg_1', output_index: 0, content_index: 0 };
const ITEM = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'Hi', annotations: [] }],
};
const STEPS: readonly (readonly [string, object])[] = [
  ['response.created', { response: { id: 'resp_1', status: 'in_progress' } }],
  ['response.in_progress', { response: { id: 'resp_1', status: 'in_progress' } }],
  ['response.output_item.added', { output_index: 0, item: { ...ITEM, status: 'in_progress', content: [] } }],
  ['response.content_part.added', { ...PLACE, part: { type: 'output_text', text: '', annotations: [] } }],
  ['response.output_text.delta', { ...PLACE, delta: 'Hi', logprobs: [] }],
  ['response.output_text.done', { ...PLACE, text: 'Hi', logprobs: [] }],
  ['response.content_part.done', { ...PLACE, part: ITEM.content[0] }],
  ['response.output_item.done', { output_index: 0, item: ITEM }],
  ['response.completed', { response: { id: 'resp_1', status: 'completed', output: [ITEM] } }],
];
const RESPONSES = numbered(STEPS);

const WHOLE: Readonly<Record<DialectName, readonly Frame[]>> = {
  'openai-chat': CHAT,
  'openai-responses': RESPONSES,
  'anthropic-messages': MESSAGES,
};

test('a whole stream of each format has no problems', () => {
  for (const [dialect, frames] of Object.entries(WHOLE)) assert.deepEqual(grammarProblems(dialect as DialectName, frames), [], dialect);
});

/** Frames with `count` of them at `at` replaced. */
const spliced = <T>(frames: readonly T[], at: number, count: number, ...instead: T[]): T[] => [
  ...frames.slice(0, at),
  ...instead,
  ...frames.slice(at + count),
];

const BROKEN: readonly (readonly [string, DialectName, readonly Frame[], string])[] = [
  ['a delta before message_start', 'anthropic-messages', MESSAGES.slice(3), '#0 content_block_delta before message_start'],
  ['message_start twice', 'anthropic-messages', spliced(MESSAGES, 1, 0, MESSAGES[0]!), '#1 a second message_start'],
  [
    'a block index that skips',
    'anthropic-messages',
    spliced(MESSAGES, 1, 1, named('content_block_start', { index: 1, content_block: { type: 'text' } })),
    '#1 block index 1, expected 0',
  ],
  [
    'a delta of the wrong kind',
    'anthropic-messages',
    spliced(MESSAGES, 3, 1, named('content_block_delta', { index: 0, delta: { type: 'thinking_delta', thinking: '' } })),
    '#3 thinking_delta in a text block',
  ],
  [
    'two blocks open at once',
    'anthropic-messages',
    spliced(MESSAGES, 4, 0, named('content_block_start', { index: 1, content_block: { type: 'text' } })),
    '#4 block 1 starts while 0 is open',
  ],
  ['a block never closed', 'anthropic-messages', spliced(MESSAGES, 4, 1), '#4 message_delta while block 0 is open'],
  ['no message_delta', 'anthropic-messages', spliced(MESSAGES, 5, 1), '#5 message_stop without message_delta'],
  [
    'no stop_reason',
    'anthropic-messages',
    spliced(MESSAGES, 5, 1, named('message_delta', { delta: {}, usage: { output_tokens: 1 } })),
    '#6 message_stop without a stop_reason',
  ],
  ['no end', 'anthropic-messages', MESSAGES.slice(0, -1), 'neither message_stop nor error'],
  [
    'two ends',
    'anthropic-messages',
    [...MESSAGES, named('error', { error: { type: 'api_error', message: 'x' } })],
    '#7 error after message_stop',
  ],
  [
    'a missing event line',
    'anthropic-messages',
    spliced(MESSAGES, 3, 1, { data: MESSAGES[3]!.data }),
    '#3 no event line for content_block_delta',
  ],
  ['a foreign terminator', 'anthropic-messages', [...MESSAGES, DONE], '#7 [DONE] in a Messages stream'],
  ['text without a role', 'openai-chat', CHAT.slice(1), '#0 choice 0 has no role yet'],
  [
    'a tool index that starts at 1',
    'openai-chat',
    spliced(CHAT, 2, 2, call(1, { id: 'a', type: 'function', function: { name: 'f', arguments: '' } })),
    '#2 tool call 1, expected 0',
  ],
  [
    'a tool call without a type',
    'openai-chat',
    spliced(CHAT, 2, 1, call(0, { id: 'a', function: { name: 'f', arguments: '' } })),
    '#2 tool call 0 starts with type undefined',
  ],
  [
    'a tool call without a name',
    'openai-chat',
    spliced(CHAT, 2, 2, call(0, { id: 'a', type: 'function', function: { arguments: '' } })),
    '#2 tool call 0 starts without a name',
  ],
  ['two finishes', 'openai-chat', spliced(CHAT, 5, 0, CHAT[4]!), '#5 a second finish_reason'],
  ['text after the finish', 'openai-chat', spliced(CHAT, 5, 0, CHAT[1]!), '#5 content after finish_reason'],
  ['no finish', 'openai-chat', spliced(CHAT, 4, 1), 'choice 0 never finishes'],
  ['no [DONE]', 'openai-chat', CHAT.slice(0, -1), 'no [DONE]'],
  ['two [DONE]s', 'openai-chat', [...CHAT, DONE], '#7 after done'],
  ['a chunk after the usage', 'openai-chat', spliced(CHAT, 6, 0, CHAT[5]!), '#6 after the usage chunk'],
  [
    'an id that changes',
    'openai-chat',
    spliced(CHAT, 1, 1, { data: CHAT[1]!.data.replace('chatcmpl-1', 'chatcmpl-2') }),
    '#1 id changes to "chatcmpl-2"',
  ],
  ['an event line in Chat', 'openai-chat', spliced(CHAT, 1, 1, { event: 'message', data: CHAT[1]!.data }), '#1 an event line'],
  ['data that is not JSON', 'openai-chat', spliced(CHAT, 1, 1, { data: '{' }), '#1 data is not JSON'],
  ['a chunk after an error', 'openai-chat', [{ data: '{"error":{"message":"x"}}' }, CHAT[0]!], '#1 after error'],
  [
    'a wrong sequence_number',
    'openai-responses',
    spliced(RESPONSES, 4, 1, named('response.output_text.delta', { ...PLACE, delta: 'Hi', sequence_number: 9 })),
    '#4 sequence_number 9, expected 4',
  ],
  ['no response.created', 'openai-responses', numbered(STEPS.slice(1)), '#0 the first event is response.in_progress'],
  ['response.created twice', 'openai-responses', numbered(spliced(STEPS, 1, 1, STEPS[0]!)), '#1 a second response.created'],
  [
    'an item index that skips',
    'openai-responses',
    numbered(spliced(STEPS, 2, 1, ['response.output_item.added', { output_index: 1, item: ITEM }])),
    '#2 output_index 1, expected 0',
  ],
  ['a delta before its part', 'openai-responses', numbered(spliced(STEPS, 3, 1)), '#3 response.output_text.delta outside an open part'],
  [
    'a delta of another item',
    'openai-responses',
    numbered(spliced(STEPS, 4, 1, ['response.output_text.delta', { ...PLACE, item_id: 'msg_2', delta: 'Hi' }])),
    '#4 item_id msg_2 is not item 0',
  ],
  [
    'text that is not the sum of its deltas',
    'openai-responses',
    numbered(spliced(STEPS, 4, 1)),
    '#4 response.output_text.done differs from its deltas',
  ],
  ['an item never done', 'openai-responses', numbered(spliced(STEPS, 7, 1)), '#7 item 0 was never done'],
  [
    'an item missing from the end',
    'openai-responses',
    numbered(spliced(STEPS, 8, 1, ['response.completed', { response: { id: 'resp_1', status: 'completed', output: [] } }])),
    '#8 output has 0 items, the stream had 1',
  ],
  [
    'a status that is not the event',
    'openai-responses',
    numbered(spliced(STEPS, 8, 1, ['response.completed', { response: { id: 'resp_1', status: 'failed', output: [ITEM] } }])),
    '#8 status failed in response.completed',
  ],
  ['no end', 'openai-responses', numbered(STEPS.slice(0, -1)), 'no terminal event'],
  ['two ends', 'openai-responses', numbered([...STEPS, STEPS[8]!]), '#9 response.completed after response.completed'],
  [
    'an event line that is not the type',
    'openai-responses',
    spliced(RESPONSES, 1, 1, { ...RESPONSES[1]!, event: 'x' }),
    '#1 event line x, type response.in_progress',
  ],
];

for (const [what, dialect, frames, problem] of BROKEN) {
  test(`the ${dialect} grammar finds ${what}`, () =>
    assert.equal(grammarProblems(dialect, frames).includes(problem), true, grammarProblems(dialect, frames).join('; ')));
}

test('streams recorded from Anthropic obey the grammar, and nearly all of OpenAI', () => {
  const shares = Object.keys(WHOLE).map((name) => {
    const dialect = name as DialectName;
    const streams = recorded(dialect).filter(({ provider, complete }) => complete && !provider.startsWith('compat'));
    const lawful = streams.filter(({ sse }) => grammarProblems(dialect, run(sseDecoder(), [sse!])).length === 0);
    return { dialect, enough: lawful.length >= streams.length * (dialect === 'anthropic-messages' ? 1 : 0.9) };
  });
  // The rest are Azure's opening chunk without id and object, and answers that failed.
  assert.deepEqual(
    shares.filter(({ enough }) => !enough),
    [],
  );
});
