import assert from 'node:assert/strict';
import test from 'node:test';
import { deltas } from './read-stream.ts';

const stream = (...pieces: string[]) => ReadableStream.from(pieces.map((piece) => new TextEncoder().encode(piece)));
const chunk = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
const word = (content: string) => chunk({ choices: [{ delta: { content } }] });

test('words and usage are read however the bytes are cut', async () => {
  const whole = `: hello\n\n${word('Rhône')}${chunk({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 5 } })}data: [DONE]\n\n`;
  const bytes = new TextEncoder().encode(whole);
  for (const size of [1, 7, 1000]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
    assert.deepEqual(await Array.fromAsync(deltas(ReadableStream.from(pieces))), [
      { text: 'Rhône' },
      { usage: { prompt_tokens: 3, completion_tokens: 5 } },
    ]);
  }
});

test('a stream that stops without its end is a failure', async () => {
  assert.deepEqual(await Array.fromAsync(deltas(stream(word('Rh')))), [
    { text: 'Rh' },
    { failure: 'the connection closed before its end' },
  ]);
});

test('an error inside a stream is a failure', async () => {
  const steps = await Array.fromAsync(deltas(stream(chunk({ error: { message: 'overloaded' } }), 'data: [DONE]\n')));
  assert.deepEqual(steps, [{ failure: 'overloaded' }]);
});
