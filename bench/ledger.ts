/*
 * What the ledger costs: calls booked as the gateway books them, into a file on disk, the calling
 * thread and the ledger's worker sharing one core.
 *
 *   node bench/ledger.ts        needs Linux, two cores, and util-linux for taskset
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../src/store/ledger.ts';
import { openStore } from '../src/store/open-store.ts';
import { realWorld } from '../src/world/real.ts';
import { book, nextCall } from './support/bookings.ts';
import { median, tell } from './support/figures.ts';
import { requirePrograms, SERVER_CORE, scratch } from './support/processes.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const PACED_PER_SECOND = 8_000;
const PACED_S = 3;
const SUSTAINED = 100_000;

/** Rows a second into SQLite, booked as fast as they are written, what makes the calls up included. */
async function sustained(ledger: Ledger): Promise<number> {
  const startedMs = performance.now();
  for (let number = 0; number < SUSTAINED; number += 1) {
    book(ledger, nextCall(number));
    while (ledger.state.waiting >= 5_000) await sleep(1);
  }
  await ledger.flush();
  return SUSTAINED / ((performance.now() - startedMs) / 1000);
}

/** CPU time of each record at a steady pace, in microseconds; that of making the calls up taken off. */
async function paced(ledger: Ledger | undefined): Promise<{ caller: number; all: number }> {
  const perTick = PACED_PER_SECOND / 1000;
  const [all, caller] = [process.cpuUsage(), process.threadCpuUsage()];
  const startedMs = performance.now();
  for (let ticks = 0; ticks < PACED_S * 1000; ) {
    const due = Math.min(PACED_S * 1000, Math.floor(performance.now() - startedMs));
    for (; ticks < due; ticks += 1) {
      for (let index = 0; index < perTick; index += 1) {
        const call = nextCall(ticks * perTick + index);
        if (ledger) book(ledger, call);
      }
    }
    await sleep(1);
  }
  await ledger?.flush();
  const each = ({ user, system }: NodeJS.CpuUsage) => (user + system) / (PACED_S * PACED_PER_SECOND);
  return { caller: each(process.threadCpuUsage(caller)), all: each(process.cpuUsage(all)) };
}

async function measure(title: string, journal?: { readonly directory: string }): Promise<void> {
  const store = await openStore({ file: path.join(scratch, title, 'ledger.db'), ...(journal && { journal }) }, realWorld);
  const { ledger } = store;
  await sustained(ledger);
  await paced(undefined);
  const rates: number[] = [];
  const costs: { caller: number; worker: number; all: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rates.push(await sustained(ledger));
    const without = await paced(undefined);
    const withIt = await paced(ledger);
    const [caller, all] = [withIt.caller - without.caller, withIt.all - without.all];
    costs.push({ caller, worker: all - caller, all });
  }
  if (ledger.state.dropped > 0) throw new Error(`${ledger.state.dropped} records were dropped`);
  await store.close();
  const of = (what: 'caller' | 'worker' | 'all') => median(costs.map((cost) => cost[what]));
  tell(`the ledger ${title}, on one core, ${PACED_PER_SECOND.toLocaleString('en')} calls/s for the CPU times`, [
    { name: 'rows written a second, sustained', value: median(rates), unit: '', target: { atLeast: 20_000 } },
    { name: 'recordsOf and book on the calling thread', value: of('caller'), unit: 'µs', target: { atMost: journal ? 6 : 3 } },
    { name: 'the worker', value: of('worker'), unit: 'µs', target: { atMost: 7 } },
    { name: 'both', value: of('all'), unit: 'µs', target: { atMost: journal ? 13 : 10 } },
  ]);
}

if (process.argv[2] === 'pinned') {
  await measure('with its journal', { directory: path.join(scratch, 'journal') });
  await measure('without a journal');
  process.exit();
}
requirePrograms({ taskset: 'util-linux' });
const pinned = ['-c', String(SERVER_CORE), process.execPath, import.meta.filename, 'pinned'];
process.exitCode = spawnSync('taskset', pinned, { stdio: 'inherit' }).status ?? 1;
