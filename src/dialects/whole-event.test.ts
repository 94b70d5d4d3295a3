import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { isWholeEvent } from './whole-event.ts';

const event = (data: string) => Buffer.from(`event: x\ndata: ${data}\n`);

test('whatever JSON can say is whole', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), (value, text) => isWholeEvent(event(JSON.stringify({ value, text, deep: { text } })))),
  );
});

test('no JSON object is whole without its last letters, whatever stands in it', () => {
  const texts = fc.string({ unit: 'grapheme' });
  fc.assert(
    fc.property(texts, texts, fc.nat(), (one, two, cut) => {
      const data = JSON.stringify({ type: one, index: 0, delta: { type: two, text: one } });
      return !isWholeEvent(event(data.slice(0, cut % data.length) || '{'));
    }),
  );
});

for (const [what, data] of [
  ['a number that is none', '{"a":-}'],
  ['an escape that is none', '{"a":"\\x"}'],
  ['a comma too many', '{"a":1,}'],
  ['a value with something after it', '{"a":1} b'],
  ['a string across lines', '{"a":"x\n"}'],
] as const) {
  test(`${what} is not whole`, () => {
    assert.equal(isWholeEvent(event(data)), false);
  });
}

test('an event of several lines of data, and one of none, are read as the standard says', () => {
  assert.deepEqual([isWholeEvent(Buffer.from('data: {\ndata: "a":1}\n')), isWholeEvent(Buffer.from(': comment\n'))], [true, true]);
});
