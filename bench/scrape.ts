/*
 * What monitoring costs: a scrape of the most series there may be, and the counting of a call.
 *
 *   node bench/scrape.ts
 */
import { readConfig } from '../src/config/read.ts';
import { createHeadgate } from '../src/headgate.ts';
import { createMetrics } from '../src/monitor/metrics/metrics.ts';
import { createSimulator, networkOf } from '../src/simulator/index.ts';
import { realWorld } from '../src/world/real.ts';
import { usageRecord } from '../test/support/usage-record.ts';
import { percentile, tell } from './support/figures.ts';

const SCRAPES = Number(process.env['SCRAPES'] ?? 1000);
const COUNTS = 1_000_000;

const read = readConfig(
  `{ ledger: off, metrics: { seriesMax: 2600 }, providers: { a: { dialect: openai-chat, baseUrl: "http://a", apiKey: k } }, models: { m: a/sim-m, n: a/sim-n, o: a/sim-o } }`,
  {},
);
if ('problems' in read) throw new Error(JSON.stringify(read.problems));
const headgate = await createHeadgate(read.config, { network: networkOf(createSimulator({ world: realWorld }), realWorld) });
for (let number = 0; number < 600; number += 1) {
  const answer = await headgate.fetch('http://headgate/v1/chat/completions', {
    method: 'POST',
    headers: { 'x-headgate-feature': `feature ${number % 200}` },
    body: JSON.stringify({ model: 'mno'[number % 3], messages: [{ role: 'user', content: 'hi' }] }),
  });
  await answer.arrayBuffer();
}
const door = await headgate.listen({ host: '127.0.0.1', port: 0 });
const scrape = async () => (await fetch(`${door.url}/metrics`)).text();
const series = (await scrape()).split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
const took: number[] = [];
for (let number = 0; number < SCRAPES; number += 1) {
  const began = performance.now();
  await scrape();
  took.push(performance.now() - began);
}
took.sort((a, b) => a - b);
await door.close(0);
await headgate.close();

const metrics = createMetrics();
for (let number = 0; number < 600; number += 1)
  metrics.count([usageRecord({ feature: `feature ${number % 200}`, model: `model ${number % 3}` })]);
const written: number[] = [];
for (let number = 0; number < SCRAPES; number += 1) {
  const began = performance.now();
  metrics.text();
  written.push(performance.now() - began);
}
written.sort((a, b) => a - b);
const calls = Array.from({ length: 100 }, (_, number) => [
  usageRecord({ feature: `feature ${number}`, tier: 'default', firstContentMs: 90, overheadMs: 0.2 }),
]);
const count = () => {
  for (let number = 0; number < COUNTS; number += 1) metrics.count(calls[number % 100]!);
};
count();
const began = performance.now();
count();
const nanoseconds = ((performance.now() - began) * 1e6) / COUNTS;

tell('monitoring', [
  { name: `scrape of ${series} series, p50`, value: percentile(took, 0.5), unit: 'ms', target: { atMost: 50 } },
  { name: `scrape of ${series} series, p99`, value: percentile(took, 0.99), unit: 'ms', target: { atMost: 50 } },
  { name: 'of it the gateway’s own thread, p50', value: percentile(written, 0.5), unit: 'ms', target: { atMost: 5 } },
  { name: 'counting a call', value: nanoseconds, unit: 'ns', target: { atMost: 2000 } },
]);
