import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { ModelEvent } from '../../src/model/reply.ts';
import { lawfulEvents } from './events.ts';
import { orderProblems } from './order.ts';

const start: ModelEvent = { type: 'start', id: 'a', model: 'm' };
const open = (index: number): ModelEvent => ({ type: 'open', index, part: { type: 'text', text: '' } });
const delta = (index: number): ModelEvent => ({ type: 'delta', index, text: 'x' });
const close = (index: number): ModelEvent => ({ type: 'close', index });
const finish: ModelEvent = { type: 'finish', finish: { reason: 'stop' } };
const fail: ModelEvent = { type: 'fail', failure: { kind: 'broken', message: 'x' } };

test('parts may grow side by side, and a failure may come at any time', () => {
  assert.deepEqual(orderProblems([start, open(0), open(1), delta(0), delta(1), close(0), close(1), finish]), []);
  assert.deepEqual(orderProblems([start, open(0), fail]), []);
  assert.deepEqual(orderProblems([fail]), []);
});

test('everything else is found and named', () => {
  assert.deepEqual(orderProblems([open(0), close(0), finish]), [
    '#0 open: before start',
    '#1 close: before start',
    '#2 finish: before start',
  ]);
  assert.deepEqual(orderProblems([start, start, finish]), ['#1 start: a second start']);
  assert.deepEqual(orderProblems([start, open(1), close(1), finish]), ['#1 open: index 1, expected 0']);
  assert.deepEqual(orderProblems([start, delta(0), finish]), ['#1 delta: part 0 is not open']);
  assert.deepEqual(orderProblems([start, open(0), close(0), close(0), finish]), ['#3 close: part 0 is not open']);
  assert.deepEqual(orderProblems([start, open(0), finish]), ['#2 finish: parts 0 are still open']);
  assert.deepEqual(orderProblems([start, finish, fail]), ['#2 fail: after finish']);
  assert.deepEqual(orderProblems([start]), ['neither finish nor fail']);
});

test('generated events obey the order they are generated to obey', () => {
  fc.assert(
    fc.property(lawfulEvents(), (events) => assert.deepEqual(orderProblems(events), [])),
    { numRuns: 300, seed: 7 },
  );
});
