import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createLine, PRIORITIES, type Priority } from './line.ts';

interface One {
  readonly name: string;
  readonly caller: string;
  readonly priority: Priority;
}
const one = (name: string, priority: Priority = 'normal'): One => ({ name, caller: name[0]!, priority });
const namesOf = (line: ReturnType<typeof createLine<One>>) => {
  const names: string[] = [];
  for (let next = line.next(); next; next = line.next()) names.push(next.name);
  return names;
};

test('callers take turns, however many each has waiting', () => {
  const line = createLine<One>(() => 10);
  for (const name of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) line.join(one(name));
  assert.deepEqual(namesOf(line), ['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
});

test('pressing ones go first', () => {
  const line = createLine<One>(() => 10);
  line.join(one('a1', 'low'));
  line.join(one('b1'));
  line.join(one('c1', 'high'));
  assert.deepEqual(namesOf(line), ['c1', 'b1', 'a1']);
});

test('in a full line the least pressing of the greediest leaves; who is greediest itself is not let in', () => {
  const line = createLine<One>(() => 4);
  for (const name of ['a1', 'a2', 'a3', 'b1']) line.join(one(name));
  assert.equal(line.join(one('a4'))?.name, 'a4');
  assert.equal(line.join(one('c1'))?.name, 'a3');
  assert.equal(line.join(one('d1', 'low'))?.name, 'd1');
  assert.equal(line.join(one('e1', 'high'))?.name, 'a2');
  assert.deepEqual(namesOf(line), ['e1', 'a1', 'b1', 'c1']);
});

test('low priority fills four fifths of the line', () => {
  const line = createLine<One>(() => 10);
  const turned = Array.from({ length: 10 }, (_, n) => line.join(one(`${n}`, 'low')) !== undefined);
  assert.equal(turned.filter(Boolean).length, 2);
  assert.equal(line.join(one('x')), undefined);
});

test('a line without room lets nobody wait', () => {
  const line = createLine<One>(() => 0);
  const who = one('a1', 'high');
  assert.equal(line.join(who), who);
});

test('whoever joins is served once, leaves, or is turned away, and the line is never longer than it may be', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(5), fc.constantFrom(...PRIORITIES), fc.nat(9)), { maxLength: 80 }), (steps) => {
      const line = createLine<One>(() => 8);
      const inside = new Set<One>();
      for (const [n, [caller, priority, act]] of steps.entries()) {
        const who: One = { name: `${n}`, caller: `${caller}`, priority };
        if (act < 6) {
          inside.add(who);
          const out = line.join(who);
          if (out) assert.equal(inside.delete(out), true);
        } else if (act < 8) {
          const next = line.next();
          assert.equal(next ? inside.delete(next) : inside.size === 0, true);
        } else {
          const [first] = inside;
          if (first) {
            line.leave(first);
            inside.delete(first);
          }
        }
        assert.ok(line.length === inside.size && line.length <= 8);
      }
    }),
  );
});
