/*
 * What a large batch takes: 100,000 lines (200 MB) uploaded by OpenAI's SDK, handed in at the simulated vendor, polled,
 * collected, downloaded and joined with what was asked; the gateway's memory at its highest, and all of it beside
 * reading the same lines and nothing else. Vendor and client have the second core.
 *
 *   npm run build && node bench/batch.ts [openai|anthropic]        needs Linux and util-linux for taskset
 */
import { once } from 'node:events';
import { createReadStream, createWriteStream, openAsBlob, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { tell } from './support/figures.ts';
import { answers, cpuSeconds, LOAD_CORE, requirePrograms, SERVER_CORE, scratch, startOn } from './support/processes.ts';

const LINES = Number(process.env['LINES'] ?? 100_000);
const LINE_BYTES = 2000;
const MODELS = { openai: 'gpt-6-luna', anthropic: 'claude-haiku-5-5' } as const;
const vendor = process.argv[2] === 'anthropic' ? 'anthropic' : 'openai';

requirePrograms({ taskset: 'util-linux' });

const question = (line: number) => {
  const head = `Row ${line}: `;
  return {
    custom_id: `row-${line}`,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: MODELS[vendor], messages: [{ role: 'user', content: head + 'what it says. '.repeat(200).slice(0, LINE_BYTES - 220) }] },
  };
};

async function write(file: string): Promise<number> {
  const out = createWriteStream(file);
  let bytes = 0;
  for (let line = 0; line < LINES; line += 1) {
    const text = `${JSON.stringify(question(line))}\n`;
    bytes += text.length;
    if (!out.write(text)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
  return bytes;
}

/** Seconds to read every line of a file as JSON, and do nothing with it. */
async function parse(file: string): Promise<number> {
  const startedMs = performance.now();
  let ids = 0;
  for await (const line of createInterface({ input: createReadStream(file) }))
    ids += (JSON.parse(line) as { custom_id: string }).custom_id.length;
  if (ids === 0) throw new Error('nothing was read');
  return (performance.now() - startedMs) / 1000;
}

/** The most memory a process has had at once, in bytes. */
const memoryMax = (pid: number): number => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;

const input = path.join(scratch, 'in.jsonl');
const bytes = await write(input);
const parseS = await parse(input);

const script = [
  { when: { path: 'batches' }, batch: { atOnce: 2000 } },
  { when: { customId: '*' }, timing: { firstMs: 20 } },
];
const simulator = startOn(LOAD_CORE, process.execPath, [path.join(import.meta.dirname, 'support/simulator.ts'), JSON.stringify(script)]);
const simulatorUrl = String((await once(simulator.stdout!, 'data'))[0]).trim();
const config = path.join(scratch, 'batch.yaml');
writeFileSync(
  config,
  `providers:
  openai: { dialect: openai, baseUrl: ${simulatorUrl}/v1, apiKey: sk-upstream-0123456789 }
  anthropic: { dialect: anthropic, baseUrl: ${simulatorUrl}, apiKey: sk-upstream-0123456789 }
ledger: { file: ${path.join(scratch, 'batch.sqlite')} }
log: { level: warn }
`,
);
const url = 'http://127.0.0.1:9750';
const gateway = startOn(SERVER_CORE, process.execPath, [
  path.join(import.meta.dirname, '../dist/cli/main.js'),
  ...['start', '--config', config, '--port', '9750'],
]);
await answers(`${url}/healthz`);
while ((await fetch(`${url}/readyz`)).status !== 200) await sleep(100);
const restBytes = memoryMax(gateway.pid!);
const cpuBefore = cpuSeconds(gateway.pid!);

const openai = new OpenAI({ apiKey: 'none-is-asked-for', baseURL: `${url}/v1`, maxRetries: 0, timeout: 600_000 });
const startedMs = performance.now();
const since = () => (performance.now() - startedMs) / 1000;
const blob = await openAsBlob(input);
const file = await openai.files.create({ purpose: 'batch', file: new File([blob], 'in.jsonl') });
const uploadedS = since();
let batch = await openai.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' });
const createdS = since();
while (batch.status === 'in_progress' || batch.status === 'validating' || batch.status === 'finalizing') {
  await sleep(500);
  batch = await openai.batches.retrieve(batch.id);
}
const endedS = since();
const answered = await openai.files.content(batch.output_file_id!);
let line = 0;
let rest = '';
for await (const piece of answered.body!.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + piece).split('\n');
  rest = lines.pop()!;
  for (const text of lines) {
    const { custom_id, response } = JSON.parse(text) as { custom_id: string; response: { status_code: number } };
    if (custom_id !== `row-${line}` || response.status_code !== 200) throw new Error(`line ${line} is ${text.slice(0, 200)}`);
    line += 1;
  }
}
if (line !== LINES) throw new Error(`${line} of ${LINES} lines came back`);
const joinedS = since();

const inMb = (of: number) => of / 1024 ** 2;
const pace = (inS: number) => `${Math.round(LINES / inS).toLocaleString('en')} lines/s, ${(inMb(bytes) / inS).toFixed(1)} MB/s`;
console.log(`
${LINES.toLocaleString('en')} lines, ${inMb(bytes).toFixed(0)} MB, at ${vendor}: uploaded after ${uploadedS.toFixed(1)} s, checked ${createdS.toFixed(1)}, ended ${endedS.toFixed(1)}, joined ${joinedS.toFixed(1)}
all of it: ${pace(joinedS)}; reading the same lines as JSON and nothing else: ${pace(parseS)}, ${(joinedS / parseS).toFixed(0)} times as fast`);
tell('a large batch', [
  {
    name: 'memory of the gateway at its highest',
    value: inMb(memoryMax(gateway.pid!)),
    unit: 'MB',
    target: { atMost: 300 },
    note: `${inMb(restBytes).toFixed(0)} MB before`,
  },
  {
    name: 'CPU of the gateway for a line',
    value: ((cpuSeconds(gateway.pid!) - cpuBefore) * 1e6) / LINES,
    unit: 'us',
    target: { atMost: 2000 },
  },
]);
process.exit();
