/*
 * What the journal is held to: how fast a gateway starts behind a million records, what a frozen database takes
 * of memory, and what the whole ledger costs a relayed call.
 *
 *   node bench/journal.ts            needs Linux, two cores, and Debian's nginx-light and wrk
 *   node bench/journal.ts recovery | frozen | relay     one part only
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { recordWriter } from '../src/store/journal-record.ts';
import { LAYOUT_RECORD, packed } from '../src/store/layout.ts';
import { openStore } from '../src/store/open-store.ts';
import { pushRow } from '../src/store/row.ts';
import { realWorld } from '../src/world/real.ts';
import { CHAT_REQUEST, REQUEST_HEADERS } from './support/bodies.ts';
import { book, nextCall, recordsFor } from './support/bookings.ts';
import { median, tell } from './support/figures.ts';
import { startGateway } from './support/gateway.ts';
import { startMock } from './support/nginx.ts';
import { requirePrograms, scratch } from './support/processes.ts';
import { quietly } from './support/quiet.ts';
import { saturate } from './support/wrk.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const RECORDS = Number(process.env['RECORDS'] ?? 1_000_000);
const SEGMENT_RECORDS = 32_000;
/** A minute at 10,000 calls a second. */
const FROZEN = 600_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

requirePrograms({ nginx: 'nginx-light', wrk: 'wrk', taskset: 'util-linux' });
const parts = { recovery, frozen, relay };
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

/** Another process holds the database for as long as it takes to book these. */
async function frozen(): Promise<void> {
  const file = path.join(scratch, 'frozen', 'ledger.db');
  const store = await openStore({ file, busyMs: 100, journal: { directory: path.join(scratch, 'frozen', 'journal') } }, realWorld);
  const { ledger } = store;
  for (let number = 0; number < 50_000; number += 1) book(ledger, nextCall(number));
  await ledger.flush();
  const other = new DatabaseSync(file);
  other.exec('begin immediate');
  const before = memory();
  for (let number = 0; number < FROZEN; number += 1) {
    book(ledger, nextCall(number));
    if (number % 1_000 === 0) await sleep(1);
  }
  const grown = memory() - before;
  const { waiting, dropped } = ledger.state;
  other.exec('rollback');
  other.close();
  const beganMs = performance.now();
  await ledger.flush();
  const perSecond = FROZEN / ((performance.now() - beganMs) / 1000);
  await store.close();
  if (waiting !== FROZEN || dropped > 0) throw new Error(`${waiting} of ${FROZEN} waited, ${dropped} were dropped`);
  tell(`${FROZEN.toLocaleString('en')} calls while the database takes nothing`, [
    { name: 'memory they take', value: grown / 1024 ** 2, unit: 'MB', target: { atMost: 16 } },
    { name: 'records taken over a second, afterwards', value: perSecond, unit: '', target: { atLeast: 20_000 } },
  ]);
}

/** Bytes of live heap and buffers, after a full collection. */
function memory(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
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
