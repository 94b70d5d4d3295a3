/*
 * `headgate start`, told to stop under load again and again while another takes over, as when a fleet is updated.
 * `STOPS` says how often; CI says 50.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startSimulator } from '../../src/simulator/index.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { simulatedWorld } from '../../src/world/simulated.ts';
import { recount } from '../support/books.ts';
import { type Question, startSteadyCallers } from './steady-callers.ts';

const STOPS = Number(process.env['STOPS'] ?? 3);
const SEED = Number(process.env['SEED'] ?? 1);
const CALLERS = 24;
const PAUSE_MS_MAX = 20;
const LIFE_MS_MAX = 400;
/** Much longer than the pauses and the looks at /readyz: by its end every caller has been told, and nobody connects. */
const DRAIN = '1s';

const folder = mkdtempSync(path.join(tmpdir(), 'headgate-stop-'));
const children = new Set<ChildProcess>();
const simulator = await startSimulator({
  script: [
    // Longer than the drain, so that some end after it.
    { when: { model: 'gpt-5', feature: 'stream' }, reply: { text: 'one two three four five six seven eight' }, timing: { chunkMs: 150 } },
    { reply: { text: 'Oslo, Rome and Lima.' }, timing: { firstMs: 10, chunkMs: 5 } },
  ],
});
test.after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (model: string, stream: boolean, more: object = {}): string =>
  JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Name three cities.' }], ...more });
const limited = { max_tokens: 50 };

const QUESTIONS: readonly Question[] = [
  { path: '/v1/chat/completions', body: ask('plain', false), ends: /Oslo, Rome and Lima\./ },
  { path: '/v1/messages', body: ask('plain', false, limited), ends: /Oslo, Rome and Lima\./ },
  { path: '/v1/chat/completions', body: ask('plain', true), ends: /data: \[DONE\]\n\n\r\n0\r\n\r\n$/ },
  { path: '/v1/messages', body: ask('slow', true, limited), ends: /"message_stop"\}\n\n\r\n0\r\n\r\n$/ },
];

test(`told to stop ${STOPS} times under load, no call fails, no stream is cut, the ledger has every answer`, async (t) => {
  const chance = simulatedWorld({ seed: SEED }).random;
  const file = path.join(folder, 'ledger.sqlite');
  const config = path.join(folder, 'headgate.json');
  writeFileSync(
    config,
    JSON.stringify({
      server: { port: 0, drain: DRAIN },
      providers: { openai: { dialect: 'openai', baseUrl: `${simulator.url}/v1`, apiKey: 'sk-stop-0123456789' } },
      models: { plain: 'openai/gpt-5-mini', slow: 'openai/gpt-5' },
      ledger: { file, journal: { dir: path.join(folder, 'journal') } },
      log: { level: 'silent' },
    }),
  );
  const callers = startSteadyCallers({ count: CALLERS, pauseMsMax: PAUSE_MS_MAX, chance, questions: QUESTIONS });
  const exits: unknown[] = [];
  const stopped: Promise<void>[] = [];

  async function serve() {
    const child = start(config);
    const url = await address(child);
    await callers.open(url);
    return { child, url };
  }
  async function stop({ child, url }: Awaited<ReturnType<typeof serve>>): Promise<void> {
    const over = once(child, 'exit');
    child.kill('SIGTERM');
    exits.push(await over);
    children.delete(child);
    callers.gone(url);
  }

  let serving = await serve();
  let spare = serve();
  for (let number = 0; number < STOPS; number += 1) {
    const [next] = await Promise.all([spare, pause(chance() * LIFE_MS_MAX)]);
    if (number < STOPS - 1) spare = serve();
    stopped.push(stop(serving));
    serving = next;
  }
  await Promise.all(stopped);
  await callers.stop();
  await stop(serving);

  const db = sqlite({ file, busyMs: 1000 });
  const { records, sums, again } = await recount(db);
  await db.close();
  const booked = new Set(records.map(({ callId }) => callId));
  const missing = callers.answered.filter((id) => !booked.has(id)).length;
  t.diagnostic(`${callers.answered.length} calls answered by ${STOPS + 1} gateways`);
  assert.deepEqual(
    { failures: callers.failures, exits, missing, sums },
    { failures: [], exits: Array(STOPS + 1).fill([0, null]), missing: 0, sums: again },
  );
});

function start(config: string): ChildProcess {
  const child = spawn(process.execPath, ['src/cli/main.ts', 'start', '--config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: path.join(folder, 'compiled') },
  });
  children.add(child);
  return child;
}

/** Where it says it listens. */
async function address(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const [, url] = /listens on (http\S+)/.exec(line) ?? [];
    if (url) return url;
  }
  throw new Error('it ended without a word of where it listens');
}
