import assert from 'node:assert/strict';
import test from 'node:test';
import { createNotices } from '../model/notice.ts';
import type { Priority } from '../policy/line.ts';
import { simulatedWorld } from '../world/simulated.ts';
import { createCrowd } from './crowd.ts';

/** A provider that takes two at once, with room for four to wait. */
function stage(limits = { underWayMax: 2, waitingMax: 4, waitMsMax: 5000 }) {
  const world = simulatedWorld();
  const told: string[] = [];
  const notices = createNotices(world.now);
  notices.hear((notice) => told.push('state' in notice ? `${notice.type} ${notice.state}` : notice.type));
  const crowd = createCrowd(new Map([['p', limits]]), world, notices);
  const heard: string[] = [];
  const places = new Map<string, () => void>();
  return {
    world,
    crowd,
    told,
    heard,
    /** Asks for a place under a name; its first letter is the caller. */
    enter: (name: string, priority: Priority = 'normal', remainingMs = 60_000) =>
      crowd.enter({ provider: 'p', caller: name[0]!, priority, remainingMs }, (place) => {
        if (typeof place === 'function') places.set(name, place);
        heard.push(typeof place === 'function' ? `${name} in` : `${name} ${place.kind} ${place.retryAfterMs}`);
      }),
    leave: (name: string) => places.get(name)!(),
  };
}

test('beyond its limit calls wait, and callers take turns', () => {
  const { enter, leave, heard } = stage();
  for (const name of ['a1', 'a2', 'a3', 'a4', 'b1']) enter(name);
  assert.deepEqual(heard, ['a1 in', 'a2 in']);
  for (const name of ['a1', 'a2', 'a3']) leave(name);
  assert.deepEqual(heard, ['a1 in', 'a2 in', 'a3 in', 'b1 in', 'a4 in']);
});

test('a place is given back once, however often it is asked', () => {
  const { enter, leave, heard, crowd } = stage();
  for (const name of ['a1', 'a2', 'a3', 'a4']) enter(name);
  leave('a1');
  leave('a1');
  assert.deepEqual(heard, ['a1 in', 'a2 in', 'a3 in']);
  assert.deepEqual(crowd.states(), [{ provider: 'p', underWay: 2, underWayMax: 2, waiting: 1 }]);
});

test('who waited long enough, or as long as its call can, is turned away with a time to come back', () => {
  const { enter, heard, world, told, leave } = stage();
  for (const name of ['a1', 'a2', 'a3']) enter(name);
  enter('b1', 'normal', 1000);
  world.advance(1000);
  world.advance(4000);
  assert.deepEqual(heard.slice(2), ['b1 crowded 1000', 'a3 crowded 1000']);
  leave('a1');
  assert.deepEqual(told, ['shedding on', 'shedding off']);
});

test('a full line turns away the greediest, and lets the pressing in', () => {
  const { enter, heard, leave } = stage();
  for (const name of ['x1', 'x2', 'a1', 'a2', 'a3', 'b1']) enter(name);
  enter('c1', 'high');
  assert.equal(heard.at(-1), 'a3 crowded 2500');
  leave('x1');
  assert.equal(heard.at(-1), 'c1 in');
});

test('who called it off is not let in any more', () => {
  const { enter, heard, leave } = stage();
  for (const name of ['a1', 'a2']) enter(name);
  const callOff = enter('b1');
  enter('c1');
  callOff();
  leave('a1');
  assert.deepEqual(heard, ['a1 in', 'a2 in', 'c1 in']);
});

test('a provider without a limit keeps nobody', () => {
  const { crowd } = stage();
  let entered = 0;
  for (let n = 0; n < 1000; n += 1) crowd.enter({ provider: 'q', caller: 'a', priority: 'low', remainingMs: 1 }, () => (entered += 1));
  assert.equal(entered, 1000);
});

test('a new limit holds for those who come from then on', () => {
  const { crowd, enter, heard, leave } = stage();
  for (const name of ['a1', 'a2', 'a3']) enter(name);
  crowd.configure(new Map([['p', { underWayMax: 1, waitingMax: 4, waitMsMax: 5000 }]]));
  leave('a1');
  assert.deepEqual(heard, ['a1 in', 'a2 in']);
  leave('a2');
  assert.equal(heard.at(-1), 'a3 in');
});

test('where nobody may wait, shedding is over once half the places are free', () => {
  const { enter, leave, told } = stage({ underWayMax: 2, waitingMax: 0, waitMsMax: 5000 });
  for (const name of ['a1', 'a2', 'a3']) enter(name);
  assert.deepEqual(told, ['shedding on']);
  leave('a1');
  assert.deepEqual(told, ['shedding on', 'shedding off']);
});

test('thousands who wait and have nothing to do there any more are let go one after another', () => {
  const { crowd } = stage({ underWayMax: 1, waitingMax: 100_000, waitMsMax: 5000 });
  const here = { provider: 'p', caller: 'a', priority: 'normal', remainingMs: 1000 } as const;
  let first = () => {};
  crowd.enter(here, (place) => (first = place as () => void));
  let left = 0;
  for (let n = 0; n < 50_000; n += 1)
    crowd.enter(here, (place) => {
      left += 1;
      (place as () => void)();
    });
  first();
  assert.equal(left, 50_000);
});
