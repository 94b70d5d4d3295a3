/*
 * What the journal is held to: how fast a gateway starts behind a million records, and what the whole ledger
 * costs a relayed call.
 *
 *   node bench/journal.ts            needs Linux, two cores, and Debian's nginx-light and wrk
 *   node bench/journal.ts recovery | relay     one part only
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { recordWriter } from '../src/store/journal-record.ts';
import { LAYOUT_RECORD, packed } from '../src/store/layout.ts';
import { openStore } from '../src/store/open-store.ts';
import { pushRow } from '../src/store/row.ts';
import { realWorld } from '../src/world/real.ts';
import { CHAT_REQUEST, REQUEST_HEADERS } from './support/bodies.ts';
import { nextCall, recordsFor } from './support/bookings.ts';
import { median, tell } from './support/figures.ts';
import { startGateway } from './support/gateway.ts';
import { startMock } from './support/nginx.ts';
import { requirePrograms, scratch } from './support/processes.ts';
import { quietly } from './support/quiet.ts';
import { saturate } from './support/wrk.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const RECORDS = Number(process.env['RECORDS'] ?? 1_000_000);
const SEGMENT_RECORDS = 32_000;

requirePrograms({ nginx: 'nginx-light', wrk: 'wrk', taskset: 'util-linux' });
const parts = { recovery, relay };
const wanted = process.argv[2];
for (const [name, part] of Object.entries(parts)) if (wanted === undefined || wanted === name) await part();
process.exit();

/** A process that died left this many records behind. */
async function recovery(): Promise<void> {
  const directory = path.join(scratch, 'left');
  leaveBehind(directory);
  const beganMs = performance.now();
  const store = await openStore({ file: path.join(scratch, 'recovery', 'ledger.db'), journal: { directory } }, realWorld);
  const startedMs = performance.now();
  await store.ledger.flush();
  const caughtUpMs = performance.now();
  const [sum] = await store.ledger.usage({ fromMs: 0, toMs: Date.now() + 86_400_000, by: [] });
  if (sum?.attempts !== RECORDS) throw new Error(`${sum?.attempts} of ${RECORDS} records came back`);
  await store.close();
  tell(`a start behind ${RECORDS.toLocaleString('en')} records`, [
    { name: 'until calls are taken', value: startedMs - beganMs, unit: 'ms', target: { atMost: 2_000 } },
    { name: 'records taken over a second', value: RECORDS / ((caughtUpMs - startedMs) / 1000), unit: '', target: { atLeast: 20_000 } },
  ]);
}

function leaveBehind(directory: string): void {
  const slot = path.join(directory, '1');
  mkdirSync(slot, { recursive: true });
  const writer = recordWriter();
  for (let count = 0, segment = 1; count < RECORDS; segment += 1) {
    const fd = openSync(path.join(slot, `${String(segment).padStart(8, '0')}.journal`), 'w');
    writer.add(LAYOUT_RECORD);
    for (let left = SEGMENT_RECORDS; left > 0 && count < RECORDS; left -= 1, count += 1) {
      const row: Parameters<typeof pushRow>[0] = [];
      pushRow(row, recordsFor(nextCall(count))[0]!);
      writer.add(packed(row));
    }
    writeSync(fd, writer.take());
    closeSync(fd);
  }
}

/** The same call relayed with a ledger and without one. */
async function relay(): Promise<void> {
  const mock = await startMock(9800);
  const upstreams = { json: mock.url, paced: mock.url };
  const call = { path: '/v1/chat/completions', headers: REQUEST_HEADERS, body: CHAT_REQUEST('gpt-6-luna') };
  const calls = [
    { ...call, server: await startGateway(9810, upstreams) },
    { ...call, server: await startGateway(9811, upstreams, 'off') },
  ];
  for (const each of calls) await saturate(each, 6);
  const rates: number[][] = calls.map(() => []);
  const cpu: number[][] = calls.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [which, each] of calls.entries()) {
      const { perSecond, cpuUs } = await quietly(() => saturate(each, 4));
      rates[which]!.push(perSecond);
      cpu[which]!.push(cpuUs);
    }
  }
  const [withLedger, without] = rates.map(median) as [number, number];
  const [cpuWith, cpuWithout] = cpu.map(median) as [number, number];
  tell('relay of a 1 KB chat call, 32 connections, gateway on one core', [
    { name: 'requests/s lost to the ledger', value: (1 - withLedger / without) * 100, unit: '%', target: { atMost: 10 } },
    { name: 'CPU of the ledger for each call', value: cpuWith - cpuWithout, unit: 'µs', target: { atMost: 13 } },
  ]);
  console.log(
    `  with ledger ${withLedger.toFixed(0)}/s, ${cpuWith.toFixed(0)} µs; without ${without.toFixed(0)}/s, ${cpuWithout.toFixed(0)} µs`,
  );
}
