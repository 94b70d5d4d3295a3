import Anthropic from '@anthropic-ai/sdk';
import OpenAI, { toFile } from 'openai';
import { createSimulator, fetchFrom, type SimulatorOptions } from '../../src/simulator/index.ts';
import { simulatedWorld } from '../../src/world/simulated.ts';

export const HOUR_MS = 3_600_000;

/** Both official SDKs at a simulator in a world whose time is told to pass. */
export function batchWorld(options: SimulatorOptions = {}) {
  const world = simulatedWorld();
  const simulator = createSimulator({ world, ...options });
  const fetch = fetchFrom(simulator);
  const openaiFor = (apiKey: string) => new OpenAI({ apiKey, baseURL: 'http://simulated/v1', fetch, maxRetries: 0 });
  const openai = openaiFor('key');
  const anthropic = new Anthropic({ apiKey: 'key', baseURL: 'http://simulated', fetch, maxRetries: 0 });
  return {
    world,
    simulator,
    openai,
    openaiFor,
    anthropic,
    /** What a POST without an SDK is answered, whose copies of a large body would be a few too many. */
    post(path: string, headers: Record<string, string>, body: Uint8Array) {
      let answer = '';
      simulator.handle(
        { method: 'POST', path, headers: { authorization: 'Bearer key', ...headers }, body },
        {
          head: (status) => {
            answer += `${status} `;
          },
          write: (bytes) => {
            answer += Buffer.from(bytes).toString();
          },
          end() {},
          reset() {},
        },
      );
      return answer;
    },
    /** Uploads lines, one JSON text each, as a batch's input. */
    upload: async (lines: readonly (object | string)[]) =>
      openai.files.create({ purpose: 'batch', file: await toFile(Buffer.from(jsonl(lines)), 'input.jsonl') }),
    /** The lines of a file; none when there is no file. */
    read: async (fileId: string | null | undefined) => (fileId ? linesIn(await (await openai.files.content(fileId)).text()) : []),
  };
}

export const jsonl = (lines: readonly (object | string)[]): string =>
  lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');

/** One line of an output or error file. */
export interface OutputLine {
  readonly id: string;
  readonly custom_id: string;
  readonly response: { readonly status_code: number; readonly request_id: string; readonly body: Record<string, unknown> } | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

const linesIn = (text: string): OutputLine[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as OutputLine);

/** A Chat line that asks for a greeting of its own. */
export const chatLine = (customId: string, body: object = {}) => ({
  custom_id: customId,
  method: 'POST',
  url: '/v1/chat/completions',
  body: { model: 'gpt-4o', messages: [{ role: 'user', content: `Hello ${customId}` }], ...body },
});

/** A Messages request for the same. */
export const messageLine = (customId: string, params: object = {}) => ({
  custom_id: customId,
  params: { model: 'claude-opus-5-5', max_tokens: 1000, messages: [{ role: 'user' as const, content: `Hello ${customId}` }], ...params },
});

export const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `line-${index + 1}`);
