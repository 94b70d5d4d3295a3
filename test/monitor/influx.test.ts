import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import type { Money } from '../../src/model/money.ts';
import { createSpill, FOREIGN_MS } from '../../src/monitor/export/spill.ts';
import { createInflux } from '../../src/monitor/influx/influx.ts';
import { realDisk } from '../../src/store/real-disk.ts';
import { post } from '../../src/transport/post.ts';
import { realWorld } from '../../src/world/real.ts';
import { startInflux, withoutInflux } from '../support/influx.ts';
import { usageRecord } from '../support/usage-record.ts';

const ATTEMPTS = 30_000;
/** The load runs through these, the server is killed and started again between them. */
const PARTS = 10;

test('a real InfluxDB that is killed under load and comes back has every attempt once', { skip: withoutInflux() }, async (t) => {
  const server = await startInflux();
  t.after(() => server.stop());
  await server.query('create database llm');
  const changes: string[] = [];
  const influx = createInflux({
    world: realWorld,
    post,
    address: { url: server.url, version: 1, database: 'llm' },
    instance: 'a',
    retryMs: 20,
    onChange: (state) => changes.push(state),
  });
  let cost = 0n;
  for (let number = 0; number < ATTEMPTS; number += 1) {
    if (number === (ATTEMPTS / PARTS) * 3) await server.kill();
    if (number === (ATTEMPTS / PARTS) * 7) await server.restart();
    // Many at the same millisecond, of the same tags, and in no order.
    const endedAtMs = Date.UTC(2026, 0, 1) + ((number * 7) % 50);
    const costFloor = BigInt(number) * 1_000n;
    cost += costFloor / 1_000n;
    influx.add(usageRecord({ callId: `call_${number}`, user: `user ${number}`, endedAtMs, costFloor: costFloor as Money }));
    if (number % 1000 === 0) await later(20);
  }
  while (influx.waiting > 0) await later(20);
  await influx.close();

  const [counted] = await server.query('select count(call_id), sum(cost_nano_usd) from headgate_attempts', 'llm');
  const calls = await server.query('select call_id from headgate_attempts', 'llm');
  assert.deepEqual(counted?.slice(1), [ATTEMPTS, Number(cost)]);
  assert.equal(new Set(calls.map(([, id]) => id)).size, ATTEMPTS);
  assert.deepEqual([changes.slice(0, 2), influx.dropped], [['failing', 'recovered'], 0]);
});

test('what a gateway could not send before it ended is written by the next, once', { skip: withoutInflux() }, async (t) => {
  const server = await startInflux();
  t.after(() => server.stop());
  await server.query('create database llm');
  const directory = mkdtempSync(path.join(tmpdir(), 'headgate-spill-'));
  t.after(() => rmSync(directory, { recursive: true }));
  let nowMs = Date.now();
  const start = (mark: string) =>
    createInflux({
      world: realWorld,
      post,
      address: { url: server.url, version: 1, database: 'llm' },
      instance: 'a',
      retryMs: 20,
      spill: createSpill({ directory, bytesMax: 1e8, mark }, realDisk, () => nowMs),
    });
  await server.kill();
  const first = start('aaaaaaaa');
  for (let number = 0; number < 12_000; number += 1) first.add(usageRecord({ callId: `call_${number}`, endedAtMs: nowMs + (number % 3) }));
  while (first.waiting > 1) await later(20);
  await first.close();
  await server.restart();
  nowMs += FOREIGN_MS;
  const second = start('bbbbbbbb');
  while (second.waiting > 0) await later(20);
  await second.close();
  const calls = await server.query('select call_id from headgate_attempts', 'llm');
  assert.deepEqual([calls.length, new Set(calls.map(([, id]) => id)).size, second.dropped], [12_000, 12_000, 0]);
});

test('a real InfluxDB takes the good lines of a batch that has bad ones, whatever letters they hold', {
  skip: withoutInflux(),
}, async (t) => {
  const server = await startInflux();
  t.after(() => server.stop());
  await server.query('create database llm');
  const influx = createInflux({ world: realWorld, post, address: { url: server.url, version: 1, database: 'llm' }, instance: 'a:1' });
  const features = ['plain', 'a, b=c', 'päper\nclip', 'end\\', '"quoted"'];
  for (const feature of features) influx.add(usageRecord({ feature, user: `${feature}"\\` }));
  influx.add(usageRecord({ durationMs: Number.NaN }));
  await influx.close();

  const rows = await server.query('select feature, "user", duration_ms from headgate_attempts', 'llm');
  assert.deepEqual(rows.map(([, feature, user]) => [feature, user]).sort(), [
    ['"quoted"', '"quoted""\\'],
    ['a, b=c', 'a, b=c"\\'],
    ['end', 'end\\"\\'],
    ['plain', 'plain"\\'],
    ['päper clip', 'päper\nclip"\\'],
  ]);
  assert.equal(influx.dropped, 1);
});
