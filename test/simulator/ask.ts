import type { JsonObject } from '../../src/model/json.ts';
import { createSimulator, type SimulatorOptions } from '../../src/simulator/index.ts';
import { type SimulatedWorld, simulatedWorld } from '../../src/world/simulated.ts';

/** What came back, as far as it came. */
export interface Answered {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body, where it is JSON. */
  readonly json: JsonObject;
  readonly end: 'end' | 'reset' | 'open';
  /** When each write came, in milliseconds after the request. */
  readonly writtenAtMs: readonly number[];
}

export const CHAT = '/v1/chat/completions';
export const RESPONSES = '/v1/responses';
export const MESSAGES = '/v1/messages';

/** A simulator without a socket in a world without a clock: each question is answered before the next line. */
export function simulator(options: SimulatorOptions = {}) {
  const world: SimulatedWorld = simulatedWorld();
  const simulated = createSimulator({ world, ...options });
  return {
    world,
    requests: simulated.requests,
    script: simulated.script,
    ask(path: string, body: JsonObject | string | undefined, headers: Record<string, string> = {}, waitMs = 3_600_000): Answered {
      const startMs = world.elapsed();
      const chunks: Buffer[] = [];
      const writtenAtMs: number[] = [];
      let status: number | undefined;
      let answered: Readonly<Record<string, string>> = {};
      let end: Answered['end'] = 'open';
      const vendor: Record<string, string> = path.includes('messages')
        ? { 'anthropic-version': '2026-10-21', 'x-api-key': 'key' }
        : { authorization: 'Bearer key' };
      const left = simulated.handle(
        {
          method: body === undefined ? 'GET' : 'POST',
          path,
          headers: { ...vendor, ...headers },
          body: Buffer.from(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)),
        },
        {
          head: (code, fields) => {
            status = code;
            answered = fields;
          },
          write: (bytes) => {
            chunks.push(Buffer.from(bytes));
            writtenAtMs.push(world.elapsed() - startMs);
          },
          end: () => {
            end = 'end';
          },
          reset: () => {
            end = 'reset';
          },
        },
      );
      // Nothing is pending unless the answer takes its time: then it gets it.
      if (world.pending > 0) world.advance(waitMs);
      left();
      const text = Buffer.concat(chunks).toString();
      return { status, headers: answered, text, json: jsonOf(text), end, writtenAtMs };
    },
  };
}

function jsonOf(text: string): JsonObject {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return {};
  }
}

/** The data of a stream's events. */
export const eventsOf = (text: string): JsonObject[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)) as JsonObject);
