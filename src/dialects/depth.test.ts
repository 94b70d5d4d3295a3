import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { deeperThan } from './depth.ts';

const depthOf = (value: unknown): number =>
  value === null || typeof value !== 'object' ? 0 : 1 + Math.max(0, ...Object.values(value).map(depthOf));

test('depth told from bytes is the depth of the document', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6, stringUnit: 'grapheme' }), fc.integer({ min: 0, max: 8 }), fc.boolean(), (text, max, spaced) => {
      const value: unknown = JSON.parse(text);
      // Strings full of brackets, quotes and backslashes must not count, short ones and long ones.
      const tricky = { value, short: '"[{\\', long: '[{"\\'.repeat(20), '[[[': 1 };
      const json = Buffer.from(JSON.stringify(tricky, null, spaced ? 2 : undefined));
      assert.equal(deeperThan(json, max), depthOf(tricky) > max);
    }),
  );
});

test('a hundred thousand brackets are too deep, told without recursion', () => {
  assert.equal(deeperThan(Buffer.from('['.repeat(100_000)), 128), true);
});

test('text that never closes a string is left to the parser', () => {
  for (const text of ['{"a', `{"${'a'.repeat(100)}`, `{"a\\`]) assert.equal(deeperThan(Buffer.from(text + ''.padEnd(10)), 2), false);
});
