import assert from 'node:assert/strict';
import test from 'node:test';
import { answers, ask, at, chunk, json, overloaded, reply, sse, stage } from '../../test/support/stage.ts';
import type { Admission, Choice } from './rooms.ts';

/** A stage whose provider `a` is given one call at once; others wait. */
const oneAtATime = (choices: Choice[] = [at('a')], body: object = ask, admission: Partial<Admission> = {}, waitingMax = 10_000) =>
  stage(body, choices, 'openai-chat', undefined, admission, new Map(), new Map([['a', { underWayMax: 1, waitingMax, waitMsMax: 30_000 }]]));

const slowDown = { ...json, 'retry-after': '3' };
const tooMany = JSON.stringify({ error: { message: 'slow down', type: 'requests', param: null, code: 'rate_limit_exceeded' } });

test('who stood in line while the provider asked to be left alone leaves it alone', () => {
  const { sent, start, pass, outcome } = oneAtATime();
  start();
  answers(sent[0]!.receiver, 429, slowDown, tooMany);
  assert.equal(sent.length, 1);
  pass(2999);
  assert.equal(sent.length, 1);
  pass(1);
  answers(sent[1]!.receiver, 200, json, reply);
  answers(sent[2]!.receiver, 200, json, reply);
  assert.deepEqual(outcome().toSorted(), ['a:stop', 'a:throttled a:stop']);
});

test('who stood in line while a breaker opened goes elsewhere, however many they are', () => {
  const { sent, start, pass, outcome, calls } = oneAtATime([at('a'), at('b')], ask, { retry: { ...ONCE, patienceMs: 60_000 } });
  for (let n = 0; n < 5000; n += 1) start();
  for (let n = 0; n < 8; n += 1) {
    pass(100);
    answers(sent.findLast(({ provider }) => provider === 'a')!.receiver, overloaded[0], json, overloaded[1]);
  }
  assert.equal(sent.filter(({ provider }) => provider === 'a').length, 8);
  for (const { provider, receiver } of sent) if (provider === 'b') answers(receiver, 200, json, reply);
  assert.deepEqual([calls.running, outcome().length, outcome().filter((how) => how === 'b:stop').length], [0, 5001, 4993]);
});

test('a wait in line is neither a late first word nor a reason for a second attempt', () => {
  const hedge = { share: 0.95, afterMsMin: 500 };
  const { sent, start, pass, outcome } = oneAtATime([{ ...at('a'), firstContentMs: 2000 }], { ...ask, stream: true }, { hedge });
  answers(sent[0]!.receiver, 200, sse, chunk({ role: 'assistant', content: 'hi' }), chunk({}, 'stop'), 'data: [DONE]\n\n');
  start();
  sent[1]!.receiver.onHead(200, sse);
  sent[1]!.receiver.onData(Buffer.from(chunk({ role: 'assistant', content: 'a long answer' })));
  start();
  pass(10_000);
  assert.equal(sent.length, 2);
  sent[1]!.receiver.onData(Buffer.from(`${chunk({}, 'stop')}data: [DONE]\n\n`));
  sent[1]!.receiver.onEnd();
  answers(sent[2]!.receiver, 200, sse, chunk({ role: 'assistant', content: 'hi' }), chunk({}, 'stop'), 'data: [DONE]\n\n');
  assert.deepEqual(outcome(), ['a:stop', 'a:stop', 'a:stop']);
});

test('a wait in line is not our overhead', () => {
  const { sent, start, pass, overheads } = oneAtATime();
  start();
  pass(300);
  answers(sent[0]!.receiver, 200, json, reply);
  answers(sent[1]!.receiver, 200, json, reply);
  assert.deepEqual(overheads, ['0.00', '0.00']);
});

test('one who never got to be sent and is sent later has not been retried', () => {
  const { sent, start, booked, pass } = oneAtATime();
  start();
  answers(sent[0]!.receiver, 429, slowDown, tooMany);
  pass(3000);
  answers(sent[1]!.receiver, 200, json, reply);
  answers(sent[2]!.receiver, 200, json, reply);
  assert.deepEqual(booked.map(({ attempts }) => attempts.map(({ reason }) => reason)).toSorted(), [['first'], ['first', 'retry']]);
});

test('a provider that is taken out of the configuration between two attempts is not asked, and its place is free', () => {
  const { sent, start, pass, outcome, gone, calls } = oneAtATime([at('a'), at('b')]);
  start();
  gone.add('a');
  answers(sent[0]!.receiver, overloaded[0], json, overloaded[1]);
  pass(1000);
  assert.deepEqual(
    sent.map(({ provider }) => provider),
    ['a', 'b', 'b'],
  );
  answers(sent[1]!.receiver, 200, json, reply);
  answers(sent[2]!.receiver, 200, json, reply);
  assert.deepEqual([outcome().toSorted(), calls.running], [['a:overloaded b:stop', 'b:stop'], 0]);
});

const ONCE: Admission['retry'] = {
  triesPerTarget: 1,
  triesInAll: 2,
  patienceMs: 2000,
  waitMsMax: 10_000,
  backoffMs: 500,
  backoffMsMax: 8000,
};
