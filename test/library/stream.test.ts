import assert from 'node:assert/strict';
import test from 'node:test';
import { z } from 'zod';
import { HeadgateError, OutputError } from '../../src/index.ts';
import { MODELS, stage } from './stage.ts';

for (const model of MODELS) {
  test(`${model}: an answer is read as words, and whole when it is over`, async (t) => {
    const { headgate, booked } = await stage(t, [{ reply: { reasoning: 'Hm.', text: 'The Nile, of course.' } }]);
    const stream = headgate.stream({ model, input: 'Name a river.' });
    const pieces: string[] = [];
    for await (const piece of stream.textStream) pieces.push(piece);
    assert.equal(pieces.join(''), 'The Nile, of course.');
    assert.ok(pieces.length > 1);
    const { text, cost, callId } = await stream.reply();
    assert.deepEqual([text, cost, callId], [pieces.join(''), booked[0]!.cost, booked[0]!.callId]);
  });
}

test('a reply asked for without reading is read to its end, its output included', async (t) => {
  const { headgate } = await stage(t, [{ reply: { text: '{"km":7}' } }]);
  const { output } = await headgate.stream({ model: MODELS[2]!, input: 'How long?', output: z.object({ km: z.number() }) }).reply();
  assert.equal(output.km, 7);
});

test('an answer that breaks off throws where it does, once to its reader and again to who waits for all of it', async (t) => {
  const { headgate } = await stage(t, [{ reply: { text: 'one two three four' }, fault: { cutAfterEvents: 5 } }]);
  const stream = headgate.stream({ model: 'claude/claude-haiku-4-5', input: 'Count.' });
  const pieces: string[] = [];
  const reading = (async () => {
    for await (const piece of stream.textStream) pieces.push(piece);
  })();
  const broken = (error: unknown) => error instanceof HeadgateError && error.failure.kind === 'interrupted';
  await assert.rejects(reading, broken);
  await assert.rejects(stream.reply(), broken);
  assert.equal(pieces[0], 'one ');
});

test('who leaves early is booked for what was written, and waits for nothing', async (t) => {
  const { headgate, booked } = await stage(t, [{ reply: { text: 'one two three' }, fault: { stallAfterEvents: 5 } }]);
  const stream = headgate.stream({ model: 'claude/claude-haiku-4-5', input: 'Count.' });
  for await (const _ of stream.textStream) break;
  assert.equal(booked[0]?.outcome, 'cancelled');
  await assert.rejects(stream.reply(), (error) => error instanceof HeadgateError && error.failure.kind === 'cancelled');
});

test('a signal ends an answer in the middle', async (t) => {
  const { headgate, booked } = await stage(t, [{ reply: { text: 'one two three' }, fault: { stallAfterEvents: 5 } }]);
  const abort = new AbortController();
  const stream = headgate.stream({ model: 'claude/claude-haiku-4-5', input: 'Count.', signal: abort.signal });
  const reading = (async () => {
    for await (const _ of stream.textStream) abort.abort();
  })();
  await assert.rejects(reading, (error) => error instanceof HeadgateError && error.failure.kind === 'cancelled');
  assert.equal(booked[0]?.outcome, 'cancelled');
});

test('an answer is read once', async (t) => {
  const { headgate } = await stage(t);
  const stream = headgate.stream({ model: MODELS[0]!, input: 'x' });
  await stream.reply();
  await assert.rejects(async () => {
    for await (const _ of stream) assert.fail('read twice');
  }, TypeError);
});

test('an output that does not come is told by the reply, not by the words', async (t) => {
  const { headgate } = await stage(t, [{ reply: { text: 'The Nile.' } }]);
  const stream = headgate.stream({ model: MODELS[0]!, input: 'x', output: z.object({}) });
  let text = '';
  for await (const piece of stream.textStream) text += piece;
  assert.equal(text, 'The Nile.');
  await assert.rejects(stream.reply(), OutputError);
});
