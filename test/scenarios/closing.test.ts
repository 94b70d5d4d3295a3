import assert from 'node:assert/strict';
import test from 'node:test';
import { createHeadgate } from '../../src/headgate.ts';
import { simulatedWorld } from '../../src/world/simulated.ts';
import { plainProviders } from './plain-providers.ts';
import { callOn, configured, LATENCY_MS } from './run.ts';
import { settled } from './scenario.ts';

async function gateway(latencyMs: number) {
  const world = simulatedWorld();
  const { network } = plainProviders({ world, weather: () => 'answer', latencyMs, hangMs: 0 });
  const outcomes: string[] = [];
  const headgate = await createHeadgate(configured(['one'], {}), {
    world,
    network,
    onCall: (records) => outcomes.push(...records.map(({ outcome }) => outcome)),
  });
  return { world, headgate, outcomes };
}

test('closing lets calls under way end, and tells those that come later to ask again', async () => {
  const { world, headgate, outcomes } = await gateway(LATENCY_MS);
  const before = callOn(headgate.door, world);
  const closed = headgate.close();
  const after = callOn(headgate.door, world);
  await settled(closed, world);
  assert.deepEqual(
    [before, after.status, after.retryAfter, outcomes],
    [{ askedMs: 0, endedMs: LATENCY_MS, status: 200 }, 503, '1', ['ok']],
  );
  assert.ok(world.elapsed() < 2 * LATENCY_MS);
});

test('closing waits no longer than it may', async () => {
  const { world, headgate } = await gateway(20_000);
  callOn(headgate.door, world);
  await settled(headgate.close(1000), world);
  assert.ok(headgate.running === 1 && world.elapsed() < 1100);
});

test('the second to close waits for the first', async () => {
  const { world, headgate } = await gateway(LATENCY_MS);
  callOn(headgate.door, world);
  await settled(Promise.all([headgate.close(), headgate.close()]), world);
  assert.ok(headgate.running === 0 && world.elapsed() < 2 * LATENCY_MS);
});
