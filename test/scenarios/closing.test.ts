import assert from 'node:assert/strict';
import test from 'node:test';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate } from '../../src/headgate.ts';
import type { Network } from '../../src/model/exchange.ts';
import { inProcess } from '../../src/store/in-process.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { simulatedWorld } from '../../src/world/simulated.ts';
import { simulatedDisk } from '../support/simulated-disk.ts';
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

test('closing waits no longer than it may for a job and a call together', async () => {
  const world = simulatedWorld();
  const silent: Network = { send: () => ({ asked: true, abort() {}, pause() {}, resume() {} }) };
  const disk = simulatedDisk(1, (ms, work) => void world.after(ms, work));
  const ground = inProcess(await sqlite({ file: ':memory:', busyMs: 0 }), disk.mount());
  const read = readConfig('{ ledger: { file: l }, providers: { anthropic: { dialect: anthropic, apiKey: key-of-anthropic } } }', {});
  if ('problems' in read) assert.fail(read.problems.map(({ message }) => message).join('\n'));
  const headgate = await settled(createHeadgate(read.config, { world, network: silent, ground }), world);
  const terms = { caller: { key: 'k' }, dialect: 'anthropic-messages', operation: 'generate' } as const;
  const body = JSON.stringify({ model: 'claude-haiku-5-5', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] });
  await settled(headgate.jobs!.create(terms, [{ customId: 'a', body }]), world);
  void headgate.fetch('http://headgate/v1/messages', { method: 'POST', body });
  for (let step = 0; step < 20; step += 1) {
    await new Promise(setImmediate);
    world.advance(100);
  }
  const fromMs = world.elapsed();
  await settled(headgate.close(10_000), world);
  assert.ok(world.elapsed() - fromMs < 11_000, `it took ${world.elapsed() - fromMs} ms`);
});
