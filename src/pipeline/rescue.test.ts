import assert from 'node:assert/strict';
import test from 'node:test';
import { answers, ask, at, chunk, overloaded, sse, stage } from '../../test/support/stage.ts';
import { factsOf } from '../catalogue/index.ts';
import { SILENCE_MS } from './call.ts';
import type { Choice } from './rooms.ts';

const streaming = { ...ask, stream: true, max_tokens: 100 };
const says = (text: string) => chunk({ content: text });
const opening = chunk({ role: 'assistant', content: '' });
const ending = [chunk({}, 'stop'), 'data: [DONE]\n\n'];

test('held back, an answer that breaks off is had from elsewhere, and the caller sees one whole answer', () => {
  const { sent, heard, pass, outcome } = stage(streaming, [at('a'), at('b')], 'openai-chat', undefined, { onCut: 'hold' });
  answers(sent[0]!.receiver, 200, sse, opening, says('hel'));
  pass(1000);
  answers(sent[1]!.receiver, 200, sse, opening, says('hel'));
  pass(1000);
  answers(sent[2]!.receiver, 200, sse, opening, says('hel'));
  answers(sent[3]!.receiver, 200, sse, opening, says('whole'), ...ending);
  assert.match(heard[0]!, /^head 200 text\/event-stream.*target=b\/m$/);
  assert.equal(heard.slice(1).join(''), `end ${opening}${says('whole')}${ending.join('')}`);
  assert.deepEqual(outcome(), ['a:broken a:broken a:broken b:stop']);
});

test('while it is held back the caller is told that there is still somebody, and then gets it all', () => {
  const { sent, heard, pass } = stage(streaming, [at('a')], 'openai-chat', undefined, { onCut: 'hold' });
  sent[0]!.receiver.onHead(200, sse);
  sent[0]!.receiver.onData(Buffer.from(opening + says('slow')));
  pass(SILENCE_MS + 1000);
  sent[0]!.receiver.onData(Buffer.from(ending.join('')));
  sent[0]!.receiver.onEnd();
  assert.deepEqual(heard.slice(1), [': keep-alive\n\n', `end ${opening}${says('slow')}${ending.join('')}`]);
});

test('an answer too large to be held back goes on to its caller', () => {
  const { sent, heard, pass } = stage(streaming, [at('a')], 'openai-chat', undefined, { onCut: 'hold' });
  sent[0]!.receiver.onHead(200, sse);
  const large = says('x'.repeat(1024 * 1024));
  for (let megabyte = 0; megabyte < 33; megabyte += 1) sent[0]!.receiver.onData(Buffer.from(large));
  assert.equal(heard.length, 0);
  pass(1000);
  assert.equal(heard.slice(1).join('') === large.repeat(33), true);
});

/** A Claude that thinks, as its stream's bytes. */
const claude = {
  start: event('message_start', {
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-x',
      content: [],
      usage: { input_tokens: 9, output_tokens: 1 },
    },
  }),
  think:
    event('content_block_start', { index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } }) +
    event('content_block_delta', { index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } }),
  thought: event('content_block_stop', { index: 0 }),
  words: (index: number, ...pieces: string[]) =>
    event('content_block_start', { index, content_block: { type: 'text', text: '' } }) +
    pieces.map((text) => event('content_block_delta', { index, delta: { type: 'text_delta', text } })).join(''),
  end: (index: number) =>
    event('content_block_stop', { index }) +
    event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 7 } }) +
    event('message_stop', {}),
};
function event(type: string, body: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...body })}\n\n`;
}
const messages = (provider: string, model = 'm'): Choice => {
  const { target, ...rest } = at(provider, 'anthropic-messages');
  return { ...rest, target: { ...target, model }, facts: factsOf(model, 'anthropic') };
};

test('thoughts alone are no answer to `restart`: one that breaks off in them begins anew, unseen', () => {
  const { sent, heard, pass, outcome } = stage(streaming, [messages('a')], 'anthropic-messages', undefined, { onCut: 'restart' });
  answers(sent[0]!.receiver, 200, sse, claude.start, claude.think);
  assert.deepEqual(heard, []);
  pass(1000);
  answers(sent[1]!.receiver, 200, sse, claude.start, claude.think + claude.thought, claude.words(1, 'yes') + claude.end(1));
  const said = heard.slice(1).join('');
  assert.equal(said.split('message_start').length, 3, 'one event, named twice');
  assert.match(said, /"thinking":"hm".*"text":"yes".*message_stop/s);
  assert.deepEqual(outcome(), ['a:broken a:stop']);
});

const OLD = 'claude-haiku-4-5';
const deltas = (said: string) => [...said.matchAll(/"type":"text_delta","text":"([^"]*)"/g)].map(([, text]) => text).join('');

test('an answer that breaks off is written on by a model that can, in one answer that says so', () => {
  const { sent, heard, pass, outcome } = stage(
    streaming,
    [messages('a', 'claude-opus-5-5'), messages('b', OLD)],
    'anthropic-messages',
    undefined,
    {
      onCut: 'continue',
    },
  );
  answers(sent[0]!.receiver, 200, sse, claude.start, claude.words(0, 'Once upon', ' a'));
  pass(1000);
  assert.equal(sent.length, 2);
  const asked = JSON.parse(Buffer.from(sent[1]!.body!).toString()) as { messages: { role: string; content: unknown }[] };
  assert.deepEqual(asked.messages.at(-1), { role: 'assistant', content: [{ type: 'text', text: 'Once upon a' }] });
  answers(sent[1]!.receiver, 200, sse, claude.start, claude.words(0, ' time.') + claude.end(0));
  const said = heard.slice(1).join('');
  assert.equal(deltas(said), 'Once upon a time.');
  assert.deepEqual([said.match(/^event: message_start/gm)?.length, said.match(/^event: content_block_start/gm)?.length], [1, 1]);
  assert.match(said, /: b\/claude-haiku-4-5 writes on\n/);
  assert.match(said, /"note":"it broke off after 11 characters; b\/claude-haiku-4-5 wrote on from there"/);
  assert.match(said, /event: message_stop/);
  assert.deepEqual(outcome(), ['a:interrupted b:stop']);
});

test('what refuses to write on does not hide what broke: the caller is told of that, in the stream', () => {
  const { sent, heard, pass, outcome } = stage(streaming, [messages('a', OLD)], 'anthropic-messages', undefined, { onCut: 'continue' });
  answers(sent[0]!.receiver, 200, sse, claude.start, claude.words(0, 'Once'));
  pass(1000);
  const refusal = {
    type: 'error',
    error: { type: 'invalid_request_error', message: 'This model does not support assistant message prefill.' },
  };
  answers(sent[1]!.receiver, 400, { 'content-type': 'application/json' }, JSON.stringify(refusal));
  const said = heard.join('');
  assert.match(said, /event: error\ndata: .*before message_stop/);
  assert.doesNotMatch(said, /prefill|event: message_stop/);
  assert.deepEqual(outcome(), ['a:interrupted a:invalid']);
});

test('a begun call of a tool, and models that do not write on, end in an error as ever', () => {
  const tool = stage(streaming, [messages('a', OLD)], 'anthropic-messages', undefined, { onCut: 'continue' });
  const call = event('content_block_start', { index: 0, content_block: { type: 'tool_use', id: 't', name: 'f', input: {} } });
  answers(tool.sent[0]!.receiver, 200, sse, claude.start, call);
  const newer = stage(streaming, [messages('a', 'claude-opus-5-5'), at('b')], 'anthropic-messages', undefined, { onCut: 'continue' });
  answers(newer.sent[0]!.receiver, 200, sse, claude.start, claude.words(0, 'Once'));
  for (const { sent, heard, pass } of [tool, newer]) {
    pass(10_000);
    assert.equal(sent.length, 1);
    assert.match(heard.join(''), /event: error/);
  }
});

test('an attempt that nobody saw leaves nothing behind in the answer of the next', () => {
  const { sent, heard, pass } = stage(streaming, [messages('a', OLD)], 'anthropic-messages', undefined, { onCut: 'continue' });
  answers(sent[0]!.receiver, 200, sse, claude.start);
  pass(1000);
  answers(sent[1]!.receiver, 200, sse, claude.start, claude.words(0, 'yes') + claude.end(0));
  const said = heard.slice(1).join('');
  assert.deepEqual([said.match(/^event: message_start/gm)?.length, deltas(said)], [1, 'yes']);
  assert.doesNotMatch(said, /writes on/);
});

test('a call that is late is asked for a second time beside the first; whoever answers first is heard, both are booked', () => {
  const hedge = { share: 0.95, afterMsMin: 500 };
  const { sent, heard, pass, outcome } = stage(streaming, [at('a'), at('b')], 'openai-chat', undefined, { hedge });
  pass(400);
  assert.equal(sent.length, 1);
  pass(700);
  assert.deepEqual(
    sent.map(({ provider }) => provider),
    ['a', 'b'],
  );
  answers(sent[1]!.receiver, 200, sse, opening, says('b was'), ...ending);
  assert.equal(sent[0]!.aborted, true);
  assert.match(heard.join(''), /b was/);
  assert.deepEqual(outcome(), ['a:cancelled b:stop']);
});

test('of two attempts one may fail; the other still answers', () => {
  const { sent, heard, pass, outcome } = stage(streaming, [at('a'), at('b')], 'openai-chat', undefined, {
    hedge: { share: 0.95, afterMsMin: 500 },
  });
  pass(1100);
  answers(sent[1]!.receiver, overloaded[0], {}, overloaded[1]);
  answers(sent[0]!.receiver, 200, sse, opening, says('a after all'), ...ending);
  assert.match(heard.join(''), /a after all/);
  assert.deepEqual(outcome(), ['b:overloaded a:stop']);
});

test('without a first word in time a stream is had from elsewhere', () => {
  const { sent, heard, pass, outcome } = stage(streaming, [{ ...at('a'), firstContentMs: 3000 }, at('b')]);
  sent[0]!.receiver.onHead(200, sse);
  sent[0]!.receiver.onData(Buffer.from(opening));
  pass(3600);
  answers(sent[1]!.receiver, 200, sse, opening, says('here'), ...ending);
  assert.match(heard.join(''), /here/);
  assert.deepEqual(outcome(), ['a:slow b:stop']);
});

test('a later attempt may take longer to its first word', () => {
  const { sent, pass } = stage(streaming, [{ ...at('a'), firstContentMs: 2000, timeoutGrowth: 2 }]);
  sent[0]!.receiver.onHead(200, sse);
  pass(4000);
  assert.deepEqual(
    sent.map(({ patience = 1, aborted }) => [patience, aborted]),
    [
      [1, true],
      [2, false],
    ],
  );
  pass(3500);
  assert.equal(sent[1]!.aborted, true);
});
