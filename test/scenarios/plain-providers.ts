import type { Network } from '../../src/model/exchange.ts';
import type { World } from '../../src/world/world.ts';

/** What a provider does with a request. */
export type Doing = 'answer' | 'error' | 'reset' | 'hang' | 'throttle';

/** Says what becomes of a request to a provider. */
export type Weather = (provider: string, nowMs: number) => Doing;

/** Providers that do one thing with a request and take no time to be played: for tens of thousands of calls. */
export interface PlainProviders {
  readonly network: Network;
  /** When each provider was asked, in the world's time. */
  readonly asked: ReadonlyMap<string, readonly number[]>;
}

interface PlainOptions {
  readonly world: World;
  readonly weather: Weather;
  readonly latencyMs: number;
  /** When the road gives up one that hangs, as the transport's time-out would. */
  readonly hangMs: number;
}

export function plainProviders({ world, weather, latencyMs, hangMs }: PlainOptions): PlainProviders {
  const asked = new Map<string, number[]>();
  return {
    asked,
    network: {
      send({ provider }, receiver) {
        const nowMs = world.elapsed();
        const moments = asked.get(provider) ?? [];
        asked.set(provider, moments);
        moments.push(nowMs);
        const doing = weather(provider, nowMs);
        const abort = world.after(doing === 'hang' ? hangMs : latencyMs, () => {
          if (doing === 'hang') return receiver.onError({ kind: 'slow', message: `${provider} was silent for ${hangMs} ms` });
          if (doing === 'reset') return receiver.onError({ kind: 'unreachable', message: `${provider} was reset` });
          const { status, body } = SAID[doing];
          receiver.onHead(status, JSON_HEADERS);
          receiver.onData(body);
          receiver.onEnd();
        });
        return { asked: true, abort, pause() {}, resume() {} };
      },
    },
  };
}

const JSON_HEADERS = { 'content-type': 'application/json' };
const json = (value: object) => Buffer.from(JSON.stringify(value));

const SAID = {
  answer: {
    status: 200,
    body: json({
      id: 'c',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'hello', refusal: null }, finish_reason: 'stop', logprobs: null }],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    }),
  },
  error: { status: 500, body: json({ error: { message: 'broken', type: 'server_error', param: null, code: null } }) },
  throttle: {
    status: 429,
    body: json({ error: { message: 'slow down', type: 'requests', param: null, code: 'rate_limit_exceeded' } }),
  },
} as const;
