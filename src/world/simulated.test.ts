import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { simulatedWorld } from './simulated.ts';

test('waits come due in order of time, then of asking, each at its own moment', () => {
  const world = simulatedWorld({ startMs: 1000 });
  const happened: [string, number][] = [];
  const note = (name: string) => () => happened.push([name, world.now()]);
  world.after(20, note('late'));
  world.after(10, note('first'));
  world.after(10, note('second'));
  world.after(0, note('now'));
  world.advance(15);
  assert.deepEqual(happened, [
    ['now', 1000],
    ['first', 1010],
    ['second', 1010],
  ]);
  assert.deepEqual([world.elapsed(), world.pending], [15, 1]);
});

test('a wait asked for while time passes happens within the same stretch', () => {
  const world = simulatedWorld();
  const moments: number[] = [];
  const tick = () => {
    moments.push(world.elapsed());
    if (moments.length < 3) world.after(5, tick);
  };
  world.after(5, tick);
  world.advance(100);
  assert.deepEqual(moments, [5, 10, 15]);
});

test('a wait called off does not happen', () => {
  const world = simulatedWorld();
  const callOff = world.after(5, () => assert.fail('called off'));
  callOff();
  callOff();
  world.advance(10);
  assert.equal(world.pending, 0);
});

test('chance repeats from its seed and stays in [0, 1)', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const [one, two] = [simulatedWorld({ seed }), simulatedWorld({ seed })];
      for (let draw = 0; draw < 20; draw += 1) {
        const value = one.random();
        assert.equal(value, two.random());
        assert.ok(value >= 0 && value < 1);
      }
    }),
  );
});
