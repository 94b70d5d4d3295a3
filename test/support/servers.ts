/*
 * Real servers for tests: installed by the machine, started here on loopback, on free ports, as an ordinary
 * user, in a folder that goes away with the test's process. Without the program a suite says that it was
 * skipped; where CI is set that is a failure.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { accessSync, chmodSync, chownSync, constants, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Where Debian keeps server programs that are not on everybody's path. */
const HIDDEN = ['/usr/lib/postgresql/*/bin', '/usr/sbin', '/sbin'];

/** The file of a program, or undefined where it is not installed. */
export function programFile(name: string): string | undefined {
  const folders = [
    ...(process.env['PATH'] ?? '').split(path.delimiter),
    ...HIDDEN.flatMap((pattern) => globSync(pattern).sort().reverse()),
  ];
  return folders.map((folder) => path.join(folder, name)).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** For a test's `skip`: why it cannot run here, or false. */
export function without(...programs: string[]): string | false {
  const missing = programs.filter((name) => programFile(name) === undefined);
  if (missing.length === 0) return false;
  const reason = `${missing.join(' and ')} not installed`;
  if (process.env['CI']) throw new Error(`${reason}: in CI every suite runs`);
  return reason;
}

/*
 * Below what Linux and macOS give to outgoing connections: a port from there that is free now may be one end
 * of another test's connection by the time a server asks for it.
 */
const [LOWEST_PORT, HIGHEST_PORT] = [20_000, 32_000];
const handedOut = new Set<number>();

/** A port nobody listens on, and none that this process was given before. */
export async function freePort(): Promise<number> {
  const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
  if (handedOut.has(port) || !(await isFree(port))) return freePort();
  handedOut.add(port);
  return port;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** Debian's nobody. Some servers refuse to run as root. */
const NOBODY = 65_534;
const asUser = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** A new folder that the servers may write, gone when the process ends. */
export function serverFolder(name: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), `headgate-${name}-`));
  chmodSync(folder, 0o755);
  if ('uid' in asUser) chownSync(folder, NOBODY, NOBODY);
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A file in a server's folder. */
export function serverFile(folder: string, name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  if ('uid' in asUser) chownSync(file, NOBODY, NOBODY);
  return file;
}

/** Runs a program to its end, as the servers' user. */
export function runProgram(name: string, args: readonly string[], folder: string): void {
  const { status, stderr, error } = spawnSync(programFile(name)!, args, { cwd: folder, encoding: 'utf8', ...asUser });
  if (status !== 0) throw new Error(`${name} failed: ${error?.message ?? stderr}`);
}

/** A server that runs. */
export interface RunningServer {
  /** What it has printed so far. */
  readonly output: string;
  /** Stops it and its children as a machine that hangs does: connections stay and nothing answers. */
  freeze(): void;
  thaw(): void;
  /** Ends it; resolves when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const READY_MS = 30_000;

/** Starts a program that serves until stopped. `ready`: what it prints once it does, or a question to ask it until it says yes. */
export async function startServer(
  name: string,
  args: readonly string[],
  { folder, ready, env = {} }: { folder: string; ready: RegExp | (() => Promise<boolean>); env?: Readonly<Record<string, string>> },
): Promise<RunningServer> {
  const child = spawn(programFile(name)!, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...asUser,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const kill = () => signal(child, 'SIGKILL');
  process.on('exit', kill);
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const isReady = async () => (ready instanceof RegExp ? ready.test(output) : ready().catch(() => false));
  const startedMs = Date.now();
  while (!(await isReady())) {
    if (child.exitCode !== null || Date.now() - startedMs > READY_MS) {
      kill();
      throw new Error(`${name} did not start:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    get output() {
      return output;
    },
    freeze: () => signal(child, 'SIGSTOP'),
    thaw: () => signal(child, 'SIGCONT'),
    async stop(how = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(how);
        await gone;
      }
      process.off('exit', kill);
    },
  };
}

/** Tells a process and all that came from it. */
function signal({ pid, exitCode }: ChildProcess, how: NodeJS.Signals): void {
  if (pid === undefined || exitCode !== null) return;
  for (const one of [pid, ...descendants(pid)]) {
    try {
      process.kill(one, how);
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

function descendants(pid: number): number[] {
  const children = globSync(`/proc/${pid}/task/*/children`).flatMap((file) => {
    try {
      return readFileSync(file, 'utf8').trim().split(' ').filter(Boolean).map(Number);
    } catch {
      return [];
    }
  });
  return [...children, ...children.flatMap(descendants)];
}
