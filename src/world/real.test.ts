import assert from 'node:assert/strict';
import test from 'node:test';
import { realWorld } from './real.ts';

test('a wait longer than a timer can hold does not fire at once', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let fired = false;
  const callOff = realWorld.after(1e12, () => {
    fired = true;
  });
  t.mock.timers.tick(60_000);
  assert.equal(fired, false);
  callOff();
});

test('a wait happens after its time and not before, unless called off', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const happened: string[] = [];
  realWorld.after(10, () => happened.push('kept'));
  realWorld.after(10, () => happened.push('called off'))();
  t.mock.timers.tick(9);
  assert.deepEqual(happened, []);
  t.mock.timers.tick(1);
  assert.deepEqual(happened, ['kept']);
});

test('a process stays for what is to come and not for upkeep', () => {
  const stays = (upkeep?: 'upkeep') => {
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const callOff = realWorld.after(60_000, () => {}, upkeep);
    const after = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    callOff();
    return after - before;
  };
  assert.deepEqual([stays(), stays('upkeep')], [1, 0]);
});
