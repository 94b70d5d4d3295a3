import assert from 'node:assert/strict';
import test from 'node:test';
import { readArguments, readWire } from './exact.ts';

const written =
  '{"id":1234567890123456789,"list":[-9007199254740993,[18446744073709551615]],"small":12345678901234,"text":"1234567890123456789"}';

test('whole numbers too big for JavaScript keep their digits in arguments, from reading to writing', () => {
  assert.equal(JSON.stringify(readArguments(written)), written);
});

test('in a wire only the input of a tool call keeps them: everybody else counts with numbers', () => {
  const wire = (seed: string) =>
    `{"seed":${seed},"messages":[{"content":[{"type":"tool_use","id":"t1","input":${written}},{"input":${seed}}]}]}`;
  assert.equal(JSON.stringify(readWire(wire('1234567890123456789'))), wire('1234567890123456800'));
});

test('everything else is read as JSON.parse reads it', () => {
  const texts = [
    '{"a":[1,null,true,"x"],"b":1.5}',
    '1e21',
    '12345678901234567e3',
    '0.12345678901234567',
    '9007199254740991',
    '"1234567890123456789"',
  ];
  for (const text of [
    ...texts,
    '{"type":"tool_use","input":1234567890123456789}',
    '{"__proto__":{"type":"tool_use"},"a":1234567890123456}',
  ]) {
    assert.deepEqual(readWire(text), JSON.parse(text));
    if (!text.includes('input')) assert.deepEqual(readArguments(text), JSON.parse(text));
  }
  assert.throws(() => readArguments('{"id":1234567890123456789'), SyntaxError);
  assert.throws(() => readWire('{"id":1234567890123456789'), SyntaxError);
});
