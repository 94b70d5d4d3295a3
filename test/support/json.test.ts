import assert from 'node:assert/strict';
import test from 'node:test';
import type { Json } from '../../src/model/json.ts';
import { chance, damaged } from './chance.ts';
import { differences, leavesOf, otherThan, pathText, withValue } from './json.ts';

const VALUE: Json = { a: [1, { b: 'x' }], c: {}, d: null };

test('every leaf is visited, empty lists and objects too', () => {
  assert.deepEqual([...leavesOf(VALUE)].map(pathText), ['a[0]', 'a[1].b', 'c', 'd']);
});

test('a changed copy differs in that place only, and leaves its original alone', () => {
  const copy = withValue(VALUE, ['a', 1, 'b'], otherThan('x'));
  assert.deepEqual(differences(VALUE, copy), ['a[1].b: "x" became "x~"']);
  assert.deepEqual(VALUE, { a: [1, { b: 'x' }], c: {}, d: null });
});

test('a field named __proto__ is a field', () => {
  const copy = withValue({}, ['__proto__'], { polluted: true });
  assert.deepEqual([Object.keys(copy as object), 'polluted' in {}], [['__proto__'], false]);
});

test('the same seed does the same damage, another seed another', () => {
  const once = [1, 2, 3].map((seed) => JSON.stringify(damaged(VALUE, chance(seed))));
  assert.deepEqual(
    once,
    [1, 2, 3].map((seed) => JSON.stringify(damaged(VALUE, chance(seed)))),
  );
  assert.equal(new Set(once).size, 3);
});
