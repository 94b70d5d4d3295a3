/*
 * What a ledger that has grown costs: ten million rows of thirty days, of a thousand users who have a key, a
 * feature and two models each. A daily report over them, and calls beside calls that begin with an empty ledger.
 *
 *   node bench/grown.ts               needs Linux, two cores, and Debian's nginx-light and wrk; 6 GB of disk
 *   node bench/grown.ts reports       without the calls, which wait for a quiet machine
 *   ROWS=1000000 node bench/grown.ts  for a smaller one
 */
import path from 'node:path';
import type { UsageRecord } from '../src/accounting/record.ts';
import { connect } from '../src/store/connect.ts';
import type { Database, Value } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import { pushRow, rowsIn } from '../src/store/row.ts';
import { usage } from '../src/store/usage.ts';
import { createWrite } from '../src/store/write.ts';
import { CHAT_REQUEST } from './support/bodies.ts';
import { nextCall, recordsFor } from './support/bookings.ts';
import { placeOf, rawRequest } from './support/calls.ts';
import { median, tell } from './support/figures.ts';
import { startGateway } from './support/gateway.ts';
import { startMock } from './support/nginx.ts';
import type { Times } from './support/open-loop.ts';
import { requirePrograms, runProgram, scratch } from './support/processes.ts';
import { noises, quietly } from './support/quiet.ts';

const ROWS = Number(process.env['ROWS'] ?? 10_000_000);
const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const DAYS = 30;
const DAY_MS = 86_400_000;
const toMs = Math.ceil(Date.now() / DAY_MS) * DAY_MS;
const fromMs = toMs - DAYS * DAY_MS;

const template = recordsFor(nextCall(0))[0]!;

requirePrograms({ nginx: 'nginx-light', wrk: 'wrk', taskset: 'util-linux' });
const file = path.join(scratch, 'grown', 'ledger.db');
const db = await connect({ file });
await migrate(db);
await fill(db);
await reports(db);
await db.close();
if (process.argv[2] !== 'reports') {
  await calls();
  console.log(`\nforeign work during the measurements kept: at most ${Math.max(...noises).toFixed(2)} of a core`);
}
process.exit();

async function fill(into: Database): Promise<void> {
  const write = createWrite(into);
  const startedMs = performance.now();
  for (let number = 0; number < ROWS; number += 1_000) {
    const values: Value[] = [];
    for (let index = number; index < number + 1_000; index += 1) pushRow(values, recordAt(index));
    await write(rowsIn(values));
  }
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(`${ROWS.toLocaleString('en')} rows in ${seconds.toFixed(0)} s, ${(ROWS / seconds).toFixed(0)} a second`);
}

function recordAt(number: number): UsageRecord {
  const user = (number * 7919) % 1000;
  return {
    ...template,
    callId: `call_${String(number).padStart(12, '0')}`,
    endedAtMs: fromMs + Math.floor((number / ROWS) * (toMs - fromMs - DAY_MS)),
    user: `user-${user}`,
    key: `key-${user % 50}`,
    feature: `feature-${user % 20}`,
    model: `model-${(user + (number % 2)) % 10}`,
  };
}

/** Reports people ask for every day, each in milliseconds. */
async function reports(from: Database): Promise<void> {
  const days = { fromMs, toMs, every: 'day' } as const;
  const asked = {
    'by model': () => usage(from, { ...days, by: ['model'] }),
    'by feature and model': () => usage(from, { ...days, by: ['feature', 'model'] }),
    'of one key': () => usage(from, { ...days, by: ['model'], where: { key: 'key-7' } }),
    'by tag': () => usage(from, { ...days, by: ['tag:team'] }),
  };
  const figures = [];
  for (const [name, ask] of Object.entries(asked)) {
    const took: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      const startedMs = performance.now();
      await ask();
      took.push(performance.now() - startedMs);
    }
    figures.push({ name: `${DAYS} days ${name}`, value: median(took), unit: 'ms', target: { atMost: 200 } });
  }
  tell(`daily reports over ${ROWS.toLocaleString('en')} rows`, figures);
}

/** The p99 of calls at 1,000 a second beside those of a gateway whose ledger is empty; windows take turns. */
async function calls(): Promise<void> {
  const mock = await startMock(9700);
  const upstreams = { json: mock.url, paced: mock.url };
  const empty = await startGateway(9710, upstreams);
  const grown = await startGateway(9711, upstreams, `{ file: ${file} }`);
  const plan = { request: rawRequest('/v1/chat/completions', CHAT_REQUEST('gpt-6-luna')), perSecond: 1000, seconds: 6, until: 'whole' };
  const measure = (url: string) => runProgram<Times>('open-loop', { ...plan, ...placeOf(url) });
  for (let warm = 0; warm < 2; warm += 1) for (const { url } of [empty, grown]) await measure(url);
  const times: Times[][] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [which, { url }] of [empty, grown].entries()) times[which]!.push(await quietly(() => measure(url)));
  }
  const [without, withRows] = times.map((of) => median(of.map(({ p99Us }) => p99Us))) as [number, number];
  tell(`calls at 1,000 a second, ${ROWS.toLocaleString('en')} rows in the ledger against none`, [
    { name: 'p99 against p99', value: withRows / without, unit: 'x', target: { atMost: 1.05 } },
  ]);
  console.log(`  empty ${(without / 1000).toFixed(2)} ms, grown ${(withRows / 1000).toFixed(2)} ms`);
}
