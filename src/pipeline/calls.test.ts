import assert from 'node:assert/strict';
import test from 'node:test';
import { answers, ask, at, chunk, json, overloaded, reply, sse, stage } from '../../test/support/stage.ts';
import type { Failure } from '../model/failure.ts';
import { DEFAULT_RETRY } from '../policy/next.ts';
import { SILENCE_MS } from './call.ts';

test('a relayed answer reaches the caller byte for byte, and its usage the books', () => {
  const { sent, heard, outcome, calls } = stage(ask, [at('a')]);
  assert.equal(Buffer.from(sent[0]!.body!).toString(), JSON.stringify(ask));
  answers(sent[0]!.receiver, 200, json, reply.slice(0, 40), reply.slice(40));
  assert.deepEqual(heard, ['head 200 application/json losses=0 target=a/m', `end ${reply}`]);
  assert.deepEqual(outcome(), ['a:stop']);
  assert.equal(calls.running, 0);
});

test('what a provider says of the key it was called with is not passed on', () => {
  const { sent, heard, calls } = stage(ask, [at('a')]);
  const said = JSON.stringify({ error: { message: 'no good: key of a', type: 'invalid_request_error', param: 'key of a', code: null } });
  answers(sent[0]!.receiver, 400, { ...json, 'x-request-id': 'key of a' }, said.slice(0, 40), said.slice(40));
  assert.deepEqual(heard, ['fail invalid: no good: [key]']);
  assert.equal(calls.running, 0);
});

test('failures nobody saw are retried, then another target answers; all of it is booked once', () => {
  const { sent, heard, pass, outcome, trails } = stage(ask, [at('a'), at('b')]);
  for (const attempt of [0, 1, 2]) {
    answers(sent[attempt]!.receiver, overloaded[0], json, overloaded[1]);
    pass(1000);
  }
  answers(sent[3]!.receiver, 200, json, reply);
  assert.deepEqual(
    sent.map(({ provider }) => provider),
    ['a', 'a', 'a', 'b'],
  );
  assert.equal(heard.at(-1), `end ${reply}`);
  assert.deepEqual(outcome(), ['a:overloaded a:overloaded a:overloaded b:stop']);
  assert.deepEqual(trails, ['a/m overloaded, a/m overloaded, a/m overloaded, b/m ok']);
});

test('an error inside a 200 stream, before any content, is retried unseen', () => {
  const { sent, heard, pass, outcome } = stage({ ...ask, stream: true, stream_options: { include_usage: true } }, [at('a')]);
  sent[0]!.receiver.onHead(200, sse);
  sent[0]!.receiver.onData(Buffer.from(chunk({ role: 'assistant', content: '' })));
  sent[0]!.receiver.onData(
    Buffer.from(
      `data: ${JSON.stringify({ error: { message: 'busy', type: 'server_error', code: 'server_is_overloaded', param: null } })}\n\n`,
    ),
  );
  assert.deepEqual(heard, []);
  assert.equal(sent[0]!.aborted, true);
  pass(1000);
  const whole = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'hello' }), chunk({}, 'stop'), 'data: [DONE]\n\n'];
  answers(sent[1]!.receiver, 200, sse, ...whole);
  assert.equal(heard.slice(1).join('').replace(/end $/, ''), whole.join(''));
  assert.deepEqual(outcome(), ['a:overloaded a:stop']);
});

test('a refusal for safety inside a 200 stream is told, and nobody else is asked', () => {
  const { sent, heard, outcome } = stage({ ...ask, stream: true }, [at('a'), at('b')]);
  sent[0]!.receiver.onHead(200, sse);
  const error = { message: 'not allowed', type: 'invalid_request_error', code: 'content_policy_violation', param: null };
  sent[0]!.receiver.onData(Buffer.from(`data: ${JSON.stringify({ error })}\n\n`));
  assert.deepEqual([heard, outcome(), sent.length], [['fail filtered: not allowed'], ['a:filtered'], 1]);
});

test('an answer that breaks off unseen, whole or streamed, is asked for again', () => {
  const whole = stage(ask, [at('a')]);
  whole.sent[0]!.receiver.onHead(200, json);
  whole.sent[0]!.receiver.onData(Buffer.from(reply.slice(0, 40)));
  whole.sent[0]!.receiver.onError({ kind: 'interrupted', message: 'broke off' });
  whole.pass(1000);
  answers(whole.sent[1]!.receiver, 200, json, reply);
  assert.equal(whole.heard.at(-1), `end ${reply}`);
  const streamed = stage({ ...ask, stream: true }, [at('a')]);
  answers(streamed.sent[0]!.receiver, 200, sse, chunk({ role: 'assistant', content: '' }));
  streamed.pass(1000);
  assert.deepEqual([whole.outcome(), streamed.sent.length], [['a:broken a:stop'], 2]);
});

test('a stream cut after content ends in an explicit error, never in a clean end, and is not tried again', () => {
  const { sent, heard, outcome } = stage({ ...ask, stream: true }, [at('a'), at('b')]);
  answers(sent[0]!.receiver, 200, sse, chunk({ role: 'assistant', content: '' }), chunk({ content: 'hel' }));
  const said = heard.join('');
  assert.equal(sent.length, 1);
  assert.match(said, /"error":\{/);
  assert.doesNotMatch(said, /\[DONE\]/);
  assert.deepEqual(outcome(), ['a:interrupted']);
});

test('a Messages caller of a Chat provider gets whole Messages events, and the pieces as they come', () => {
  const { sent, heard } = stage({ ...ask, max_tokens: 100, stream: true }, [at('a')], 'anthropic-messages');
  const upstream = JSON.parse(Buffer.from(sent[0]!.body!).toString());
  assert.deepEqual([upstream.max_tokens, upstream.stream_options], [100, { include_usage: true }]);
  sent[0]!.receiver.onHead(200, sse);
  sent[0]!.receiver.onData(Buffer.from(chunk({ role: 'assistant', content: '' }) + chunk({ content: 'hel' })));
  const early = heard.join('');
  assert.match(early, /event: message_start/);
  assert.match(early, /"text":"hel"/);
  sent[0]!.receiver.onData(Buffer.from(`${chunk({ content: 'lo' })}${chunk({}, 'stop')}data: [DONE]\n\n`));
  assert.match(heard.join(''), /event: message_stop\ndata: \{"type":"message_stop"\}\n\nend $/);
});

test('a request that would lose content is refused with the list, unless the caller allows it', () => {
  const body = { ...ask, messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }] }] };
  const refused = stage(body, [at('a', 'anthropic-messages')]);
  assert.equal(refused.sent.length, 0);
  assert.match(refused.heard.join(), /^fail lossy: .*messages\[0\]/);
  assert.deepEqual(refused.outcome(), ['']);
  const allowed = stage(body, [at('a', 'anthropic-messages')], 'openai-chat', 'allow');
  assert.equal(allowed.sent.length, 1);
});

test('a refusal names fields as their caller wrote them', () => {
  const { heard } = stage({ ...ask, n: 3 }, [at('a', 'anthropic-messages')]);
  assert.match(heard.join(), /^fail lossy: .*: n: /);
});

test('a target that would lose content is passed over for one that would not', () => {
  const body = { ...ask, messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }] }] };
  assert.deepEqual(
    stage(body, [at('a', 'anthropic-messages'), at('b')]).sent.map(({ provider }) => provider),
    ['b'],
  );
});

test('a caller who leaves stops the provider at once, and the attempt is booked', () => {
  const { sent, running, outcome } = stage({ ...ask, stream: true }, [at('a')]);
  sent[0]!.receiver.onHead(200, sse);
  running.cancel();
  running.cancel();
  assert.equal(sent[0]!.aborted, true);
  assert.deepEqual(outcome(), ['a:cancelled']);
});

const gaveUp: readonly [string, (staged: ReturnType<typeof stage>) => void, object | undefined][] = [
  ['its caller left', ({ running }) => running.cancel(), { input: 3 }],
  ['its deadline passed', ({ pass }) => pass(61_000), { input: 3 }],
  [
    'the provider was silent for too long',
    ({ sent }) => sent[0]!.receiver.onError({ kind: 'slow', message: 'a did not begin to answer' }),
    { input: 3 },
  ],
  ['the provider could not be reached', ({ sent }) => sent[0]!.receiver.onError({ kind: 'unreachable', message: 'no' }), undefined],
  ['the provider refused', ({ sent }) => answers(sent[0]!.receiver, overloaded[0], json, overloaded[1]), undefined],
];

for (const [name, end, counted] of gaveUp) {
  test(`a question that was sent and never answered, because ${name}, counts ${counted ? 'as read' : 'nothing'}`, () => {
    const staged = stage(ask, [at('a')], undefined, undefined, { deadlineMs: 60_000, retry: { ...DEFAULT_RETRY, triesInAll: 1 } });
    end(staged);
    assert.deepEqual(
      staged.booked.flatMap(({ attempts }) => attempts.map((attempt) => attempt.counted)),
      [counted],
    );
  });
}

test('past its deadline a call ends with one failure, even while it waits to retry', () => {
  const waiting = stage(ask, [at('a')]);
  waiting.pass(61_000);
  assert.deepEqual(waiting.heard, ["fail slow: the call's deadline of 60000 ms has passed"]);
  assert.equal(waiting.sent[0]!.aborted, true);
  assert.deepEqual(waiting.outcome(), ['a:slow']);
});

test('into a long silence of a stream a comment is said, and later failures are told in-band', () => {
  const { sent, heard, pass } = stage({ ...ask, stream: true }, [at('a')]);
  pass(SILENCE_MS + 1000);
  assert.equal(heard[1], ': keep-alive\n\n');
  const failure: Failure = { kind: 'denied', message: 'no' };
  sent[0]!.receiver.onError(failure);
  assert.match(heard.at(-1)!, /^end data: \{"error":\{/);
});

test('waiting for a provider is not our overhead, whatever ends the wait', () => {
  const answered = stage(ask, [at('a')]);
  answered.pass(700);
  answers(answered.sent[0]!.receiver, 200, json, reply);
  const silent = stage({ ...ask, stream: true }, [at('a')]);
  silent.pass(SILENCE_MS + 1000);
  const late = stage(ask, [at('a')]);
  late.pass(61_000);
  assert.deepEqual(
    [answered, silent, late].map(({ overheads }) => overheads),
    [['0.00'], ['0.00'], ['0.00']],
  );
});

test('the provider’s own id of the request is told, whatever became of it', () => {
  const ids = [
    [200, { 'x-request-id': 'req_1' }, reply],
    [200, { 'request-id': 'req_2' }, reply],
    [400, { 'x-request-id': 'req_3' }, '{"error":{"message":"no","type":"invalid_request_error"}}'],
  ] as const;
  const told = ids.map(([status, headers, body]) => {
    const { sent, upstreamIds } = stage(ask, [at('a')]);
    answers(sent[0]!.receiver, status, { ...json, ...headers }, body);
    return upstreamIds;
  });
  assert.deepEqual(told, [['req_1'], ['req_2'], ['req_3']]);
});

test('an error in a Messages stream bears the id of the call, as one outside does', () => {
  const { sent, heard, pass } = stage({ ...ask, max_tokens: 100, stream: true }, [at('a')], 'anthropic-messages');
  pass(SILENCE_MS + 1000);
  sent[0]!.receiver.onError({ kind: 'denied', message: 'no' });
  assert.match(heard.at(-1)!, /^end event: error\n.*"request_id":"call_/);
});

test('an answer in the other form than asked is told in the form asked', () => {
  const { sent, heard } = stage({ ...ask, stream: true }, [at('a')]);
  answers(sent[0]!.receiver, 200, json, reply);
  const said = heard.join('');
  assert.match(said, /^head 200 text\/event-stream/);
  assert.match(said, /"content":"hello"/);
  assert.match(said, /data: \[DONE\]/);
});

test('usage that only we asked for is read and not passed on', () => {
  const { sent, heard } = stage({ ...ask, stream: true }, [at('a')]);
  assert.match(Buffer.from(sent[0]!.body!).toString(), /"include_usage":true/);
  const usage = `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm-1', choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } })}\n\n`;
  answers(
    sent[0]!.receiver,
    200,
    sse,
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'x' }) + chunk({}, 'stop') + usage,
    'data: [DONE]\n\n',
  );
  assert.doesNotMatch(heard.join(''), /"choices":\[\]/);
  assert.match(heard.join(''), /\[DONE\]/);
});

test('what a provider still sends after its answer is complete goes along, and the call ends as it should', () => {
  const events = [
    ['response.created', { response: { id: 'resp_1', status: 'in_progress', model: 'm-1', output: [] } }],
    ['response.completed', { response: { id: 'resp_1', status: 'completed', model: 'm-1', output: [], usage } }],
  ].map(([type, body]) => `event: ${type}\ndata: ${JSON.stringify({ type, ...(body as object) })}\n\n`);
  const body = { model: 'm', input: 'hi', stream: true };
  const { sent, heard, outcome } = stage(body, [at('a', 'openai-responses')], 'openai-responses');
  answers(sent[0]!.receiver, 200, sse, ...events, 'data: [DO', 'NE]\n\n');
  assert.equal(heard.slice(1).join(''), `${events.join('')}data: [DONE]\n\nend `);
  assert.deepEqual(outcome(), ['a:stop']);
});

const usage = {
  input_tokens: 3,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 2,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 5,
};
const complete = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'x' }), chunk({}, 'stop'), 'data: [DONE]\n\n'];

test('a connection that breaks, or a caller who leaves, after the answer is complete takes nothing away', () => {
  const broken = stage({ ...ask, stream: true }, [at('a')]);
  broken.sent[0]!.receiver.onHead(200, sse);
  for (const text of complete) broken.sent[0]!.receiver.onData(Buffer.from(text));
  broken.sent[0]!.receiver.onError({ kind: 'interrupted', message: 'reset' });
  assert.doesNotMatch(broken.heard.join(''), /error/);
  assert.deepEqual(broken.outcome(), ['a:stop']);
  const left = stage({ ...ask, stream: true }, [at('a')]);
  left.sent[0]!.receiver.onHead(200, sse);
  for (const text of complete) left.sent[0]!.receiver.onData(Buffer.from(text));
  left.running.cancel();
  assert.deepEqual(left.outcome(), ['a:stop']);
});

test('a provider that holds its connection open after a complete answer does not hold up the caller', () => {
  const { sent, heard, outcome, pass } = stage({ ...ask, stream: true }, [at('a')]);
  sent[0]!.receiver.onHead(200, sse);
  for (const text of complete) sent[0]!.receiver.onData(Buffer.from(text));
  pass(2000);
  assert.equal(heard.at(-1), 'end ');
  assert.equal(sent[0]!.aborted, true);
  assert.deepEqual(outcome(), ['a:stop']);
});

for (const [said, headers] of [
  ['called JSON', json],
  ['called nothing', {}],
] as const) {
  test(`a stream ${said} is told by its first byte`, () => {
    const { sent, heard, outcome } = stage({ ...ask, stream: true }, [at('a')]);
    answers(sent[0]!.receiver, 200, headers, '\n', ...complete);
    assert.match(heard[0]!, /^head 200 text\/event-stream/);
    assert.equal(heard.slice(1).join(''), `\n${complete.join('')}end `);
    assert.deepEqual(outcome(), ['a:stop']);
  });
}

test('a whole answer called nothing, or text, is JSON all the same', () => {
  for (const headers of [{}, { 'content-type': 'text/plain' }]) {
    const { sent, heard } = stage(ask, [at('a')]);
    answers(sent[0]!.receiver, 200, headers, reply);
    assert.deepEqual(heard, ['head 200 application/json losses=0 target=a/m', `end ${reply}`]);
  }
});

test('a translated stream called nothing is told by its first byte', () => {
  const { sent, heard } = stage({ ...ask, max_tokens: 100, stream: true }, [at('a')], 'anthropic-messages');
  answers(sent[0]!.receiver, 200, {}, ...complete);
  assert.match(heard.join(''), /event: message_stop/);
});
