import assert from 'node:assert/strict';
import test from 'node:test';
import { thriftyHeap } from './heap.ts';

test('the heap is held while pieces pass, and left alone ten seconds after the last', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const set: string[] = [];
  const moved = thriftyHeap((flag) => set.push(flag));
  const told = () => set.splice(0);

  moved();
  assert.deepEqual(told(), ['--heap-growing-percent=50', '--semi-space-growth-factor=1']);
  t.mock.timers.tick(9000);
  moved();
  t.mock.timers.tick(9000);
  assert.deepEqual(told(), []);
  t.mock.timers.tick(1000);
  assert.deepEqual(told(), ['--heap-growing-percent=0', '--semi-space-growth-factor=2']);
  moved();
  assert.equal(told().length, 2);
});
