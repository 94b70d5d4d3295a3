/*
 * What a relayed call costs: requests a second on one core beside nginx and Portkey in the same run,
 * and the time Headgate adds to calls and streams. Ratios, because absolute numbers belong to a machine.
 *
 *   node bench/relay.ts            needs Linux, two cores, and Debian's nginx-light and wrk
 *   node bench/relay.ts throughput | latency | streams     one part only
 */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHAT_REQUEST, REQUEST_HEADERS } from './support/bodies.ts';
import { placeOf, rawRequest } from './support/calls.ts';
import { type Figure, median, tell } from './support/figures.ts';
import { startGateway } from './support/gateway.ts';
import type { Lateness } from './support/many-streams.ts';
import { startMock, startProxy } from './support/nginx.ts';
import type { Times } from './support/open-loop.ts';
import { portkeyHeaders, startPortkey } from './support/portkey.ts';
import { LOAD_CORE, requirePrograms, runProgram, startOn } from './support/processes.ts';
import { noises, quietly } from './support/quiet.ts';
import { type Call, type Rate, saturate } from './support/wrk.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const CHAT = '/v1/chat/completions';
const BODY = CHAT_REQUEST('gpt-6-luna');

requirePrograms({ nginx: 'nginx-light', wrk: 'wrk', taskset: 'util-linux' });
const mock = await startMock(9700);
const paced = await startPaced(9701);
const gateway = await startGateway(9710, { json: mock.url, paced });

const parts = { throughput, latency, streams };
const wanted = process.argv[2];
for (const [name, part] of Object.entries(parts)) if (wanted === undefined || wanted === name) await part();
console.log(`\nforeign work during the measurements kept: at most ${Math.max(...noises).toFixed(2)} of a core`);
process.exit();

/** As many calls as fit, with attribution and usage capture on. */
async function throughput(): Promise<void> {
  const call = { path: CHAT, headers: REQUEST_HEADERS, body: BODY };
  const calls: readonly Call[] = [
    { ...call, server: gateway },
    { ...call, server: await startProxy(9720, mock.url) },
    { ...call, server: await startPortkey(9730), headers: { ...REQUEST_HEADERS, ...portkeyHeaders(mock.url) } },
  ];
  for (const each of calls) await saturate(each, 6);
  const rates: readonly Rate[][] = calls.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [which, each] of calls.entries()) rates[which]!.push(await quietly(() => saturate(each, 4)));
  const [own, nginx, portkey] = rates.map((of) => median(of.map(({ perSecond }) => perSecond))) as [number, number, number];
  const cpu = rates.map((of) => median(of.map(({ cpuUs }) => cpuUs)).toFixed(0));
  tell('relay of a 1 KB chat call, 32 connections', [
    { name: 'requests/s against Portkey', value: own / portkey, unit: 'x', target: { atLeast: 10 } },
    { name: 'requests/s against nginx', value: own / nginx, unit: 'x', target: { atLeast: 0.2 } },
  ]);
  console.log(
    `  headgate ${own.toFixed(0)}/s, ${cpu[0]} µs of CPU each; nginx ${nginx.toFixed(0)}/s, ${cpu[1]} µs; portkey ${portkey.toFixed(0)}/s, ${cpu[2]} µs`,
  );
}

/** What is added to a call that does not have to wait for others, at 1,000 calls a second. */
async function latency(): Promise<void> {
  const plan = { request: rawRequest(CHAT, BODY), perSecond: 1000, seconds: 6, until: 'whole' };
  const [added50, added99] = await added(plan, mock.url);
  tell('latency added at 1,000 calls/s, counted from the moment each was due', [
    { name: 'p50', value: added50, unit: 'ms', target: { atMost: 0.25 } },
    { name: 'p99', value: added99, unit: 'ms', target: { atMost: 2 } },
  ]);
}

async function streams(): Promise<void> {
  const short = { ...JSON.parse(CHAT_REQUEST('paced', true)), max_tokens: 1 };
  const plan = { request: rawRequest(CHAT, JSON.stringify(short)), perSecond: 200, seconds: 6, until: 'first' };
  const [, added99] = await added(plan, paced);
  const figures: Figure[] = [{ name: 'time to first byte, added, p99', value: added99, unit: 'ms', target: { atMost: 1 } }];

  const count = 2000;
  const long = { ...JSON.parse(CHAT_REQUEST('paced', true)), max_tokens: 100_000 };
  const crowd = { ...placeOf(gateway.url), request: rawRequest(CHAT, JSON.stringify(long)), streams: count, openingMs: 4000, seconds: 12 };
  const before = await gateway.heapBytes();
  const running = runProgram<Lateness>('many-streams', crowd);
  await sleep(4000 + 1000);
  const heapKiB = ((await gateway.heapBytes()) - before) / count / 1024;
  const { events, worstMs, stalls, broken, open, why } = await running;
  if (why !== undefined) console.log(`a stream was refused:\n${why}`);
  figures.push(
    { name: `streams open of ${count}, 10 events/s each`, value: open - broken, unit: '', target: { atLeast: count } },
    {
      name: 'events later than 200 ms',
      value: stalls,
      unit: '',
      target: { atMost: 0 },
      note: `of ${events}; the latest ${worstMs.toFixed(0)} ms`,
    },
    { name: 'heap of a stream', value: heapKiB, unit: 'KiB', target: { atMost: 64 } },
  );
  tell('streams', figures);
}

/** What the gateway adds to the p50 and p99 of going straight to the upstream, in milliseconds; windows take turns. */
async function added(plan: object, upstream: string): Promise<[p50: number, p99: number]> {
  const measure = (end: string) => runProgram<Times>('open-loop', { ...plan, ...placeOf(end) });
  // The first windows meet code that is not compiled yet.
  for (let warm = 0; warm < 3; warm += 1) for (const end of [gateway.url, upstream]) await measure(end);
  const [through, straight]: [Times[], Times[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    through.push(await quietly(() => measure(gateway.url)));
    straight.push(await quietly(() => measure(upstream)));
  }
  const difference = (of: 'p50Us' | 'p99Us') =>
    (median(through.map((times) => times[of])) - median(straight.map((times) => times[of]))) / 1000;
  return [difference('p50Us'), difference('p99Us')];
}

async function startPaced(port: number): Promise<string> {
  const program = path.join(import.meta.dirname, 'support/paced-upstream.ts');
  startOn(LOAD_CORE, process.execPath, [program, JSON.stringify({ port, gapMs: 100, ticks: 20 })]);
  await sleep(500);
  return `http://127.0.0.1:${port}`;
}
