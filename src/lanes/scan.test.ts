import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { scan, splice } from './scan.ts';

const want = new Set(['model', 'stream', 'tools']);
const read = (text: string) => {
  const bytes = Buffer.from(text);
  const spans = scan(bytes, want);
  return (
    spans && Object.fromEntries(Object.entries(spans).map(([key, span]) => [key, JSON.parse(bytes.toString('utf8', span![0], span![1]))]))
  );
};

test('the scan finds what JSON.parse finds, in any document', () => {
  const key = fc.oneof(fc.constantFrom('model', 'stream', 'tools', 'x'), fc.string());
  fc.assert(
    fc.property(fc.dictionary(key, fc.jsonValue({ maxDepth: 4 })), fc.constantFrom(undefined, 2), (object, indent) => {
      const found = read(JSON.stringify(object, null, indent));
      const parsed = JSON.parse(JSON.stringify(object));
      assert.deepEqual(
        found,
        Object.fromEntries([...want].filter((name) => Object.hasOwn(parsed, name)).map((name) => [name, parsed[name]])),
      );
    }),
    { numRuns: 500 },
  );
});

test('of a key given twice the last counts', () => assert.deepEqual(read('{"model":"a","model":"b"}'), { model: 'b' }));

test('a key may be spelled with escapes', () =>
  assert.deepEqual(read('{"a\\"b":0,"mod\\u0065l":"m","stream":true,"str\\u0065am":false}'), { model: 'm', stream: false }));

test('long strings with quotes and backslashes are passed over whole', () => {
  const text = `${'x'.repeat(40)}\\"\\\\`.repeat(50);
  assert.deepEqual(read(`{"prompt":"${text}","model":"m"}`), { model: 'm' });
});

for (const text of [
  '',
  '[]',
  '"x"',
  '{',
  '{"a"',
  '{"a":',
  '{"a":"',
  '{"a":[1',
  '{"a":1} x',
  '{"mod\\el":1}',
  '{a:1}',
  '{"a" 1}',
  '{"a":}',
]) {
  test(`what is not plainly an object is left to the parser: ${text}`, () => assert.equal(read(text), undefined));
}

test('splice replaces and inserts', () => {
  const bytes = Buffer.from('{"model":"a","n":1}');
  assert.equal(
    splice(bytes, [
      { span: scan(bytes, want)!['model']!, with: '"b"' },
      { span: [1, 1], with: '"s":true,' },
    ]).toString(),
    '{"s":true,"model":"b","n":1}',
  );
});
