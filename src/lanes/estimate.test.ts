import assert from 'node:assert/strict';
import test from 'node:test';
import { estimateBodyTokens, estimateTokens, writtenEvents, writtenText } from './estimate.ts';

test('text counts by its bytes, pictures by a flat sum, however they are written', () => {
  const base64 = 'iVBORw0KGgo'.repeat(200);
  assert.deepEqual(
    [
      estimateTokens('four'),
      estimateTokens('fours'),
      estimateTokens('日本'),
      estimateTokens({ a: ['four', { b: 'four' }], c: 7, d: null }),
      estimateTokens(`data:image/png;base64,${base64}`),
      estimateTokens({ source: { data: base64 } }),
      estimateTokens('word '.repeat(100_000)),
    ],
    [1, 2, 2, 2, 1500, 1500, 125_000],
  );
});

test('a body counts by what it says, a broken one by its length', () => {
  assert.equal(estimateBodyTokens(Buffer.from('{"model":"four","n":123456789}')), 1);
  assert.equal(estimateBodyTokens(Buffer.from('{"model":"four",')), 4);
});

test('text that was written counts by its bytes, and at least one for each piece', () => {
  const long = writtenText();
  for (let piece = 0; piece < 10; piece += 1) long.add(40);
  const short = writtenText();
  for (let piece = 0; piece < 10; piece += 1) short.add(1);
  assert.deepEqual([long.tokens, short.tokens, writtenText().tokens], [100, 10, 0]);
});

test('of events only what they are longer by than the shortest is text', () => {
  const events = writtenEvents();
  // 200 bytes around a text of 1, 41 and 81 bytes.
  for (const bytes of [201, 241, 281]) events.add(bytes);
  assert.equal(events.tokens, Math.ceil((1 + 41 + 81) / 4));
});
