import assert from 'node:assert/strict';
import test from 'node:test';
import { HeadgateError } from '../model/failure.ts';
import { ANSWER_BYTES_MAX, pieces } from './pieces.ts';

test('pieces are joined in order, and one alone is not copied', () => {
  const one = Buffer.from('a');
  const kept = pieces();
  kept.add(one);
  assert.equal(kept.joined(), one);
  kept.add(Buffer.from('b'));
  assert.equal(kept.joined().toString(), 'ab');
});

test('an answer that does not end is broken before it fills the memory', () => {
  const kept = pieces();
  const quarter = Buffer.alloc(ANSWER_BYTES_MAX / 4);
  for (let count = 0; count < 4; count += 1) kept.add(quarter);
  assert.throws(
    () => kept.add(Buffer.from('x')),
    (error) => error instanceof HeadgateError && error.failure.kind === 'broken',
  );
});
