import assert from 'node:assert/strict';
import test from 'node:test';
import { HeadgateError } from '../model/failure.ts';
import type { Part } from '../model/part.ts';
import type { ModelRequest, Turn } from '../model/request.ts';
import { pairToolResults } from './pairing.ts';

const call = (id: string): Part => ({ type: 'toolCall', id, name: 'f', arguments: '{}' });
const result = (callId: string, text = 'ok'): Part => ({ type: 'toolResult', callId, content: [{ type: 'text', text }] });
const said = (role: Turn['role'], ...parts: Part[]): Turn => ({ role, parts });
const text = (words: string): Part => ({ type: 'text', text: words });
const ask = (...turns: Turn[]): ModelRequest => ({ model: 'm', stream: false, turns });

function problem(request: ModelRequest): string {
  try {
    pairToolResults(request, 'messages', false);
    return 'none';
  } catch (error) {
    assert.ok(error instanceof HeadgateError && error.failure.kind === 'invalid');
    return error.message;
  }
}

const cases: [string, ModelRequest, string][] = [
  [
    'three parallel calls, results in any order',
    ask(
      said('user', text('q')),
      said('assistant', call('a'), call('b'), call('c')),
      said('user', result('c')),
      said('user', result('a')),
      said('user', result('b')),
    ),
    'none',
  ],
  [
    'calls as items of their own',
    ask(
      said('assistant', call('a')),
      said('assistant', call('b')),
      said('user', result('a')),
      said('user', result('b')),
      said('assistant', text('done')),
    ),
    'none',
  ],
  ['a hint between calls and results', ask(said('assistant', call('a')), said('user', text('hint')), said('user', result('a'))), 'none'],
  [
    'one of two results is missing',
    ask(said('user', text('q')), said('assistant', call('a'), call('b')), said('user', result('a')), said('assistant', text('so'))),
    'messages[1] calls tools that have no result before messages[3]: b',
  ],
  [
    'calls at the very end',
    ask(said('user', text('q')), said('assistant', call('a'))),
    'messages[1] calls tools that have no result before the end: a',
  ],
  [
    'calls that were talked over',
    ask(said('assistant', call('a')), said('user', text('never mind')), said('assistant', text('ok')), said('user', text('next'))),
    'messages[0] calls tools that have no result before messages[2]: a',
  ],
  [
    'a result given twice',
    ask(said('assistant', call('a')), said('user', result('a'), result('a', 'again'))),
    'messages[1] gives a second result for the tool call a',
  ],
  [
    'a result nobody asked for',
    ask(said('user', result('z'))),
    'messages[0] gives a result for a tool call that was not made before it: z',
  ],
  [
    'one id called twice',
    ask(said('assistant', call('a'), call('a')), said('user', result('a'))),
    'messages[0] makes a second tool call with the id a',
  ],
  [
    'every problem is told at once',
    ask(said('assistant', call('a')), said('user', result('z')), said('assistant', call('b'))),
    'messages[1] gives a result for a tool call that was not made before it: z; messages[0] calls tools that have no result before messages[2]: a; messages[2] calls tools that have no result before the end: b',
  ],
];

for (const [name, request, expected] of cases) test(`pairing: ${name}`, () => assert.equal(problem(request), expected));

test('repair supplies what is missing where it belongs, and loses no words', () => {
  const repaired = pairToolResults(
    ask(
      said('assistant', call('a'), call('b')),
      said('user', result('b'), result('b', 'again'), result('z', 'lost')),
      said('assistant', text('so')),
    ),
    'messages',
    true,
  );
  assert.deepEqual(repaired.turns, [
    said('assistant', call('a'), call('b')),
    said('user', result('b'), text('[result of the unknown tool call z]'), text('lost')),
    said('user', { type: 'toolResult', callId: 'a', content: [text('(no result provided)')], isError: true }),
    said('assistant', text('so')),
  ]);
});

test('a conversation in order is left as it is, the very same object', () => {
  const request = ask(said('assistant', call('a')), said('user', result('a')));
  assert.equal(pairToolResults(request, 'input', true), request);
});

test('a result whose call stands in a stored conversation, or in an item of another kind, is told as text', () => {
  const text = { type: 'text', text: '[result of the unknown tool call a]' };
  const answer = said('user', result('a'));
  const stored: ModelRequest = { ...ask(answer), extra: { 'openai-responses': { previous_response_id: 'resp_1' } } };
  assert.deepEqual(pairToolResults(stored, 'input', false).turns, [said('user', text as Part, ...(result('a') as ToolResult).content)]);
  const searched = said('assistant', { type: 'opaque', dialect: 'openai-responses', wire: { type: 'tool_search_call', call_id: 'a' } });
  assert.deepEqual(pairToolResults(ask(searched, answer), 'input', false).turns[1]!.parts[0], text);
  assert.match(problem(ask(searched, said('user', result('b')))), /not made before it: b/);
});

type ToolResult = Extract<Part, { type: 'toolResult' }>;
