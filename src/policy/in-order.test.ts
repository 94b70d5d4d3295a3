import assert from 'node:assert/strict';
import test from 'node:test';
import { inOrder } from './in-order.ts';

const targets = [
  { name: 'a', weight: 1 },
  { name: 'b', weight: 3 },
  { name: 'c', weight: 0.5 },
];
const order = (random: number) =>
  inOrder(targets, random)
    .map(({ name }) => name)
    .join('');

test('one target is drawn by weight, the others follow as written', () => {
  assert.deepEqual([0, 0.2, 0.23, 0.88, 0.9, 0.999].map(order), ['abc', 'abc', 'bac', 'bac', 'cab', 'cab']);
});
