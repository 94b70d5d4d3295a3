import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { cpuSeconds, LOAD_CORE, runOn, type Server, scratch } from './processes.ts';

/** A call to repeat as fast as answers come back. */
export interface Call {
  readonly server: Server;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Rate {
  readonly perSecond: number;
  /** CPU time of the server for one request, all its threads: the steadier figure where the machine is shared. */
  readonly cpuUs: number;
}

/** Requests a second over 32 connections, each sending the next when it has its answer. Throws when an answer is not a 200. */
export async function saturate({ server, path: target, headers, body }: Call, seconds: number): Promise<Rate> {
  const script = path.join(scratch, 'call.lua');
  const lines = Object.entries(headers).map(([name, value]) => `wrk.headers[${lua(name)}] = ${lua(value)}`);
  writeFileSync(script, ['wrk.method = "POST"', `wrk.body = ${lua(body)}`, ...lines].join('\n'));
  const before = cpuSeconds(server.pid);
  const printed = await runOn(LOAD_CORE, 'wrk', ['-t1', '-c32', `-d${seconds}s`, '-s', script, server.url + target]);
  const spent = cpuSeconds(server.pid) - before;
  if (/Non-2xx|Socket errors/.test(printed)) throw new Error(`${server.url} failed under load:\n${printed}`);
  const read = (pattern: RegExp) => Number(pattern.exec(printed)?.[1]);
  return { perSecond: read(/Requests\/sec:\s+([\d.]+)/), cpuUs: (spent * 1e6) / read(/(\d+) requests in/) };
}

// With spaces: `[[` would open a long string of its own.
const lua = (text: string) => ` [==[${text}]==] `;
