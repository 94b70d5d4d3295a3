import type { UsageRecord } from '../../src/accounting/record.ts';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate, type HeadgateOptions } from '../../src/headgate.ts';
import type { Notice } from '../../src/model/notice.ts';
import { type SimulatedWorld, simulatedWorld } from '../../src/world/simulated.ts';
import type { World } from '../../src/world/world.ts';
import { plainProviders, type Weather } from './plain-providers.ts';

export interface RunOptions {
  /** Calls a second, evenly. */
  readonly perSecond: number;
  readonly seconds: number;
  /** In the order they are tried. */
  readonly providers?: readonly string[];
  readonly weather: (random: () => number) => Weather;
  /** Further parts of the configuration. */
  readonly config?: object;
  readonly health?: HeadgateOptions['health'];
  readonly seed?: number;
  /** Where it happens; absent: a world of that seed. */
  readonly world?: SimulatedWorld;
  /** How long a provider takes to answer; 50 unless told. */
  readonly latencyMs?: number;
  /** Done before each call, which is counted from 0. */
  readonly before?: (call: number) => void;
}

/** One call as its caller saw it; times in the world's. */
export interface Told {
  readonly askedMs: number;
  endedMs: number;
  status: number;
  /** What was said on when to ask again, if anything. */
  retryAfter?: string;
}

/** All that became of a run. */
export interface Run {
  readonly calls: readonly Told[];
  /** When each provider was asked. */
  readonly asked: ReadonlyMap<string, readonly number[]>;
  readonly notices: readonly (Notice & { readonly atElapsedMs: number })[];
  readonly records: readonly UsageRecord[];
}

export const LATENCY_MS = 50;
export const HANG_MS = 2000;
/** Of every call. */
export const DEADLINE_MS = 30_000;

/** Never opens, whatever happens. */
export const NO_BREAKER = { breaker: { failuresInRow: 1000, lasting: '1000d', failurePercent: 100, triedMin: 1_000_000 } };

/** Sends calls through the whole gateway at an even pace, in a world of its own, and waits for the last to end. */
export async function run({
  perSecond,
  seconds,
  providers = ['one'],
  weather,
  config = {},
  health,
  seed = 1,
  world = simulatedWorld({ seed }),
  latencyMs = LATENCY_MS,
  before = () => {},
}: RunOptions): Promise<Run> {
  const chance = simulatedWorld({ seed: seed + 1000 }).random;
  const { network, asked } = plainProviders({ world, weather: weather(chance), latencyMs, hangMs: HANG_MS });
  const notices: (Notice & { atElapsedMs: number })[] = [];
  const records: UsageRecord[] = [];
  const headgate = await createHeadgate(configured(providers, config), {
    world,
    network,
    onNotice: (notice) => notices.push({ ...notice, atElapsedMs: world.elapsed() }),
    onCall: (rows) => records.push(...rows),
    ...(health && { health }),
  });
  const calls: Told[] = [];
  for (let number = 0; number < perSecond * seconds; number += 1) {
    before(number);
    world.advance(Math.max(0, (number * 1000) / perSecond - world.elapsed()));
    calls.push(callOn(headgate.door, world));
  }
  world.advance(DEADLINE_MS + 10_000);
  await headgate.close(0);
  return { calls, asked, notices, records };
}

export function configured(providers: readonly string[], more: object) {
  const read = readConfig(
    JSON.stringify({
      providers: Object.fromEntries(
        providers.map((name) => [name, { dialect: 'openai-chat', baseUrl: 'http://provider.invalid/v1', apiKey: 'k' }]),
      ),
      models: { m: { targets: providers.map((name) => `${name}/m`), deadline: `${DEADLINE_MS}ms` } },
      ledger: 'off',
      ...more,
    }),
    {},
  );
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.config;
}

/** Asks once; what is returned is filled in once the answer is there. */
export function callOn(door: Awaited<ReturnType<typeof createHeadgate>>['door'], world: Pick<World, 'elapsed'>): Told {
  const told: Told = { askedMs: world.elapsed(), endedMs: Number.POSITIVE_INFINITY, status: 0 };
  door(REQUEST, {
    head(status, headers) {
      told.status = status;
      if (headers['retry-after'] !== undefined) told.retryAfter = headers['retry-after'];
    },
    write: () => true,
    end() {
      told.endedMs = world.elapsed();
    },
    onDrained() {},
  });
  return told;
}

const REQUEST = {
  method: 'POST',
  target: '/v1/chat/completions',
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] })),
};
