import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { hurriedWorld } from './hurried.ts';

test('a day of waits is over at once, each at its time and in order', async () => {
  const world = hurriedWorld();
  const beganMs = world.now();
  const moments: number[] = [];
  await new Promise<void>((done) => {
    world.after(86_400_000, () => {
      moments.push(world.elapsed());
      done();
    });
    world.after(1000, () => moments.push(world.elapsed()));
    world.after(2000, () => moments.push(world.elapsed()))();
  });
  assert.deepEqual([moments, world.now() - beganMs], [[1000, 86_400_000], 86_400_000]);
});

test('time does not run away from what comes over a socket', async (t) => {
  const world = hurriedWorld();
  const server = createServer((_, answer) => {
    world.after(100, () => answer.end('late'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  // Something to do every ten milliseconds, as a gateway's watch has.
  const tick = () => void world.after(10, tick, 'upkeep');
  tick();
  const callOff = world.after(1000, () => assert.fail('the answer was a second away'));
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  assert.equal(await answer.text(), 'late');
  callOff();
});

test('upkeep alone makes no time pass', async () => {
  const world = hurriedWorld();
  world.after(1000, () => assert.fail('nobody waits'), 'upkeep');
  for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(world.elapsed(), 0);
});
