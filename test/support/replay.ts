import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate } from '../../src/headgate.ts';
import type { JsonObject } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';

const SHARED = path.resolve(import.meta.dirname, '../../../shared');
const REPLAY = path.join(SHARED, 'tools/replay.mjs');

/** Why nothing can be replayed; false when it can. */
export const NO_REPLAY = existsSync(REPLAY) ? false : `there are no recordings at ${SHARED}`;

/** An upstream that answers `replay-<id>` with the recorded bytes, and what it was asked. */
interface Replay {
  readonly url: string;
  readonly requests: { readonly body: JsonObject }[];
  close(): Promise<void>;
}

/** A provider for each dialect, by the dialect's name. */
const PROVIDERS = {
  'openai-chat': { dialect: 'openai-chat', vendor: 'openai', path: '/v1' },
  'openai-responses': { dialect: 'openai-responses', vendor: 'openai', path: '/v1' },
  'anthropic-messages': { dialect: 'anthropic', vendor: 'anthropic', path: '' },
} as const satisfies Record<DialectName, object>;

/** Enough of them that recorded refusals of one do not keep the next call from being sent. */
const KEYS = Array.from({ length: 1000 }, (_, index) => `key-${index}`);

export interface Rig {
  readonly replay: Replay;
  /** Asks over a socket, as a client of the dialect; `model` is the upstream's. */
  ask(caller: DialectName, to: DialectName, model: string, body: object, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** All that came, also of an answer that broke off. */
  readonly body: string;
  /** Whether the body ended as HTTP says it should. */
  readonly ended: boolean;
}

/** A gateway before the recordings; time-outs are short, for those that stall. */
export async function startRig(): Promise<Rig> {
  const { startReplay } = (await import(pathToFileURL(REPLAY).href)) as { startReplay(options: object): Promise<Replay> };
  const replay = await startReplay({ port: 0, dir: path.join(SHARED, 'recorded') });
  const timeouts = { firstByte: '2s', stall: '600ms' };
  const providers = Object.fromEntries(
    Object.entries(PROVIDERS).map(([name, { dialect, vendor, path: base }]) => [
      name,
      { dialect, vendor, baseUrl: replay.url + base, apiKeys: KEYS, timeouts },
    ]),
  );
  const read = readConfig(JSON.stringify({ providers, ledger: 'off' }), {});
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  const headgate = await createHeadgate(read.config);
  const door = await headgate.listen({ host: '127.0.0.1', port: 0 });
  return {
    replay,
    async ask(caller, to, model, body, headers = {}) {
      const version = caller === 'anthropic-messages' ? { 'anthropic-version': '2026-10-21' } : {};
      const response = await fetch(door.url + PATHS[caller], {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...version, ...headers },
        body: JSON.stringify({ ...body, model: `${to}/${model}` }),
      });
      return { status: response.status, headers: response.headers, ...(await drained(response)) };
    },
    async close() {
      await door.close(0);
      await headgate.close();
      await replay.close();
    },
  };
}

const PATHS: Readonly<Record<DialectName, string>> = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/v1/messages',
};

async function drained({ body }: Response): Promise<{ body: string; ended: boolean }> {
  const chunks: Uint8Array[] = [];
  let ended = true;
  try {
    for await (const chunk of body ?? []) chunks.push(chunk as Uint8Array);
  } catch {
    ended = false;
  }
  return { body: Buffer.concat(chunks).toString(), ended };
}
