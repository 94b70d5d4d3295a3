import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { answers, SERVER_CORE, type Server, scratch, startOn } from './processes.ts';

export interface Gateway extends Server {
  /** Bytes of live JavaScript heap and buffers, after a full collection. */
  heapBytes(): Promise<number>;
}

/** Headgate as people run it: a key to show, usage captured into the ledger, all in one process on one core. */
export async function startGateway(
  port: number,
  upstreams: { json: string; paced: string },
  ledger = `{ file: ${path.join(scratch, 'ledger', 'headgate.db')} }`,
): Promise<Gateway> {
  const file = path.join(scratch, `headgate-${port}.yaml`);
  writeFileSync(
    file,
    `server: { keys: [{ id: bench, key: bench-key-0123456789 }] }
providers:
  openai: { dialect: openai, baseUrl: ${upstreams.json}/v1, apiKey: sk-upstream-0123456789, connections: 4096 }
  anthropic: { dialect: anthropic, baseUrl: ${upstreams.json}, apiKey: sk-upstream-0123456789, connections: 4096 }
  paced: { dialect: openai-chat, baseUrl: ${upstreams.paced}/v1, apiKey: sk-upstream-0123456789, connections: 4096 }
models:
  paced: { targets: [paced/gpt-6-luna] }
ledger: ${ledger}
log: { level: warn }
`,
  );
  const main = path.join(import.meta.dirname, '../../src/cli/main.ts');
  const reporter = path.join(import.meta.dirname, 'heap-reporter.ts');
  const args = ['--expose-gc', '--import', reporter, main, 'start', '--config', file, '--port', String(port)];
  const child = startOn(SERVER_CORE, process.execPath, args);
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/healthz`);
  while ((await fetch(`${url}/readyz`)).status !== 200) await sleep(100);
  return { url, pid: child.pid!, heapBytes: () => heapOf(child) };
}

async function heapOf(child: ChildProcess): Promise<number> {
  child.send('heap');
  const [bytes] = (await once(child, 'message')) as [number];
  return bytes;
}
