import type { Exchange, Network, OutgoingRequest, Receiver } from '../../src/model/exchange.ts';
import type { Provider } from '../../src/model/provider.ts';
import { createSimulator, type Fault } from '../../src/simulator/index.ts';
import type { World } from '../../src/world/world.ts';
import { faultAt, forecast, type Weather } from './weather.ts';

/** What every provider answers, where nothing goes wrong. */
export const WORDS = 'one two three four five six seven eight nine ten';

/** An attempt as a provider saw it. */
export interface Seen {
  readonly provider: string;
  readonly model: string;
  readonly key: number;
  readonly atMs: number;
  readonly fault: Fault | undefined;
  /** When the gateway gave it up, if it did. */
  abortedMs?: number;
  /** When its last byte, or its end, was told. */
  endedMs?: number;
}

/** The providers of one scenario behind a network of their own, in the world's time. */
export interface Sky {
  readonly network: Network;
  readonly seen: readonly Seen[];
  /** What was done against the will of a provider: asked earlier than it said. */
  readonly tooEarly: readonly string[];
  /** The gateway starts anew, and cannot know what it was told before. */
  forget(): void;
}

/** Waits longer than this are not insisted on (`WAIT_MS_MAX`). */
const INSISTS_MS = 60_000;

export function createSky(
  world: World,
  random: () => number,
  providers: ReadonlyMap<string, Provider>,
  badUntilMs: number,
  models: readonly string[],
): Sky {
  const weather = new Map<string, readonly Weather[]>([...providers.keys()].map((name) => [name, forecast(random, badUntilMs)]));
  const simulator = createSimulator({ world, models });
  const seen: Seen[] = [];
  const tooEarly: string[] = [];
  const notBeforeMs = new Map<string, number>();
  /** Which process asks: what a provider says to one that is gone is heard by nobody. */
  let life = 0;

  function forget(): void {
    life += 1;
    notBeforeMs.clear();
  }

  function heed(request: OutgoingRequest, model: string, nowMs: number): void {
    for (const who of [`${request.provider}/${model}`, `${request.provider}/${model}#${request.key}`]) {
      const earliest = notBeforeMs.get(who) ?? 0;
      if (nowMs < earliest - 1) tooEarly.push(`${who} asked at ${nowMs.toFixed(0)}, ${(earliest - nowMs).toFixed(0)} ms too early`);
    }
  }

  /** Notes how long it asked to be left alone, once the gateway has read it. */
  function insist({ provider, key }: OutgoingRequest, model: string, fault: Fault | undefined): void {
    if (!fault?.retryAfter) return;
    const { retryAfter, status } = fault;
    const ms = 'ms' in retryAfter ? retryAfter.ms : 'seconds' in retryAfter ? retryAfter.seconds * 1000 : 0;
    const who = status === 429 ? `${provider}/${model}#${key}` : `${provider}/${model}`;
    notBeforeMs.set(who, Math.max(notBeforeMs.get(who) ?? 0, world.elapsed() + Math.min(INSISTS_MS, ms)));
  }

  function send(request: OutgoingRequest, receiver: Receiver): Exchange {
    const provider = providers.get(request.provider)!;
    const model = (JSON.parse(Buffer.from(request.body!).toString()) as { model: string }).model;
    const nowMs = world.elapsed();
    const fault = faultAt(weather.get(request.provider)!, nowMs, random);
    heed(request, model, nowMs);
    const entry: Seen = { provider: request.provider, model, key: request.key ?? 0, atMs: nowMs, fault };
    seen.push(entry);
    return converse(request, receiver, provider, entry, model, fault);
  }

  function converse(
    request: OutgoingRequest,
    receiver: Receiver,
    provider: Provider,
    entry: Seen,
    model: string,
    fault: Fault | undefined,
  ): Exchange {
    const bornIn = life;
    let over = false;
    let answering = false;
    let paused = false;
    const waiting: (() => void)[] = [];
    let left = (): void => {};
    let callOff = (): void => {};

    /** Fails it unless something comes in time, as the transport would. */
    function expect(): void {
      callOff();
      const ms = answering ? provider.stallMs : provider.firstByteMs * (request.patience ?? 1);
      callOff = world.after(ms, () => {
        if (over || paused) return;
        finish(() => receiver.onError({ kind: 'slow', message: `${provider.name} was silent for ${ms} ms` }));
      });
    }
    function finish(tell: () => void): void {
      if (over) return;
      over = true;
      entry.endedMs = world.elapsed();
      callOff();
      left();
      tell();
    }
    function pass(tell: () => void): void {
      if (over) return;
      if (paused) return void waiting.push(tell);
      tell();
      if (!over) expect();
    }

    expect();
    const begin = world.after(5 + random() * 200, () => {
      simulator.script([
        { reply: { text: WORDS }, timing: { firstMs: 50 + random() * 500, chunkMs: random() * 100 }, ...(fault && { fault }) },
      ]);
      const { provider: _, key: __, patience: ___, ...rest } = request;
      left = simulator.handle(
        { ...rest, headers: { ...request.headers, authorization: 'Bearer simulated' }, body: request.body ?? new Uint8Array() },
        {
          head: (status, headers) =>
            pass(() => {
              answering = true;
              receiver.onHead(status, headers);
            }),
          write: (bytes) => pass(() => receiver.onData(Buffer.from(bytes))),
          end: () =>
            pass(() =>
              finish(() => {
                receiver.onEnd();
                if (bornIn === life) insist(request, model, fault);
              }),
            ),
          reset: () =>
            pass(() =>
              finish(() => receiver.onError({ kind: answering ? 'interrupted' : 'unreachable', message: `${provider.name} was reset` })),
            ),
        },
      );
    });
    return {
      asked: true,
      abort() {
        if (over) return;
        over = true;
        entry.abortedMs = world.elapsed();
        begin();
        callOff();
        left();
      },
      pause() {
        paused = true;
      },
      resume() {
        paused = false;
        while (!paused && !over && waiting.length > 0) waiting.shift()!();
      },
    };
  }

  return { network: { send }, seen, tooEarly, forget };
}
