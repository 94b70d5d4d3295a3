import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The server under test has the first core to itself; whoever loads it and whoever it asks share the second. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

/** Where configurations, ledgers and installations of a run go; gone with it. */
export const scratch: string = mkdtempSync(path.join(tmpdir(), 'headgate-bench-'));

/** Something that serves HTTP, and the process that does. */
export interface Server {
  readonly url: string;
  readonly pid: number;
}

const started: ChildProcess[] = [];

/** Starts a program on one core; it ends with this process. */
export function startOn(core: number, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn('taskset', ['-c', String(core), command, ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
  });
  child.stdout?.resume();
  started.push(child);
  return child;
}

/** Runs a program on one core to its end, and returns what it printed. */
export async function runOn(core: number, command: string, args: readonly string[]): Promise<string> {
  const child = spawn('taskset', ['-c', String(core), command, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  for await (const chunk of child.stdout) printed += String(chunk);
  if (child.exitCode) throw new Error(`${command} ended with ${child.exitCode}`);
  return printed;
}

/** Runs one of the bench's own programs on the load core; it prints JSON. */
export async function runProgram<T>(name: string, args: object): Promise<T> {
  const file = path.join(import.meta.dirname, `${name}.ts`);
  return JSON.parse(await runOn(LOAD_CORE, process.execPath, [file, JSON.stringify(args)])) as T;
}

// SIGTERM: a master that is killed outright leaves its workers behind.
process.on('exit', () => {
  for (const child of started) child.kill('SIGTERM');
  rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
});

/** Waits until something listens and answers, for at most ten seconds. */
export async function answers(url: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      await (await fetch(url)).arrayBuffer();
      return;
    } catch {
      await sleep(100);
    }
  }
  throw new Error(`nothing answers at ${url}`);
}

/** CPU time of a process and its children so far, in seconds. */
export function cpuSeconds(pid: number): number {
  const ticks = (of: number) => {
    const fields = readFileSync(`/proc/${of}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return Number(fields[11]) + Number(fields[12]);
  };
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return [pid, ...children].reduce((sum, of) => sum + ticks(of), 0) / 100;
}

/** Names the Debian package of each program that is missing. */
export function requirePrograms(programs: Readonly<Record<string, string>>): void {
  const missing = Object.entries(programs).filter(([program]) => spawnSync('which', [program]).status !== 0);
  if (missing.length === 0) return;
  console.error(`needed and not here: ${missing.map(([program]) => program).join(', ')}`);
  console.error(`  apt-get install ${missing.map(([, name]) => name).join(' ')}`);
  process.exit(1);
}
