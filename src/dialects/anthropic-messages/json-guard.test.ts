import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { jsonGuard } from './json-guard.ts';

test('lets any JSON object through, wherever it is cut', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.boolean(), fc.nat(), (object, spaced, cut) => {
      const text = JSON.stringify(object, null, spaced ? 2 : undefined);
      const guard = jsonGuard();
      const at = cut % (text.length + 1);
      assert.equal(guard.push(text.slice(0, at)) + guard.push(text.slice(at)), text);
      assert.equal(guard.withheld, '');
    }),
  );
});

test('never lets through what JSON.parse would refuse', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(), fc.string({ minLength: 1, maxLength: 3 }), (object, at, junk) => {
      const whole = JSON.stringify(object);
      const place = at % (whole.length + 1);
      const text = whole.slice(0, place) + junk + whole.slice(place);
      const guard = jsonGuard();
      guard.push(text);
      assert.equal(guard.withheld === '' && isComplete(text), guard.withheld === '' && parses(text));
      if (parses(text)) assert.equal(guard.withheld, '');
    }),
  );
});

const parses = (text: string) => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
};

/** Whether every bracket outside strings is closed. */
function isComplete(text: string): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[{}[\]]/gs)) {
    if (token.startsWith('"') && (token.length < 2 || !token.endsWith('"'))) return false;
    depth += token === '{' || token === '[' ? 1 : token === '}' || token === ']' ? -1 : 0;
  }
  return depth === 0 && text.trim() !== '';
}

const CASES: readonly [text: string, sent: string, withheld: string][] = [
  ['{"a": nope}', '{"a": n', 'ope}'],
  ['{"a":1}{"b":2}', '{"a":1}', '{"b":2}'],
  ['{"a":01}', '{"a":0', '1}'],
  ['{"a":1,}', '{"a":1,', '}'],
  ['{"a":[1}', '{"a":[1', '}'],
  ["{'a':1}", '{', "'a':1}"],
  ['{"a":"line\nbreak"}', '{"a":"line', '\nbreak"}'],
  ['{"a":"\\x"}', '{"a":"\\', 'x"}'],
  ['{"a":-1.5e+3 , "b" : [ ] }\n', '{"a":-1.5e+3 , "b" : [ ] }\n', ''],
  ['{"a":1.5', '{"a":1.5', ''],
  ['[1]', '', '[1]'],
  ['ls -la', '', 'ls -la'],
];

for (const [text, sent, withheld] of CASES) {
  test(`of ${JSON.stringify(text)} it sends ${JSON.stringify(sent)}`, () => {
    const guard = jsonGuard();
    const pieces = [...text].map((character) => guard.push(character));
    assert.deepEqual({ sent: pieces.join(''), withheld: guard.withheld }, { sent, withheld });
  });
}
