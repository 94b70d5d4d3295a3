import { setImmediate } from 'node:timers/promises';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate } from '../../src/headgate.ts';
import { createSimulator, networkOf, type Script } from '../../src/simulator/index.ts';
import { type SimulatedWorld, simulatedWorld } from '../../src/world/simulated.ts';

/*
 * A workload whose every number can be worked out by hand: a gateway in a world of its own, asked so many
 * calls of each kind, answered by the simulator with the tokens and after the time the script says.
 */

/** So many calls of one kind, and what each of them is. */
export const CALLS = {
  /** Cheap, mostly read from cache, 0.4 s. */
  search: { count: 40, model: 'small', feature: 'search', tokens: { input: 1000, cacheRead: 3000, output: 500 }, seconds: 0.4 },
  /** Dear, writes its cache, thinks, 2 s. */
  chat: {
    count: 10,
    model: 'large',
    feature: 'chat',
    tokens: { input: 2000, cacheRead: 5000, cacheWrite5m: 1000, output: 1000, reasoning: 300 },
    seconds: 2,
  },
  /** The cloud has no such model, the local server answers instead. */
  moved: { count: 5, model: 'gone', feature: 'chat', tokens: { input: 100, output: 10 }, seconds: 0.4 },
  /** Refused by the provider as wrong. */
  wrong: { count: 2, model: 'small', feature: 'search', tokens: {}, seconds: 0 },
  /** Turned away by a provider that does not know our key, which is then left alone: there can be only one. */
  failed: { count: 1, model: 'down', feature: 'search', tokens: {}, seconds: 0 },
  /** Of a model without a price, for no feature. */
  unpriced: { count: 3, model: 'free', feature: undefined, tokens: { input: 100, output: 50 }, seconds: 0.4 },
} as const;

type Kind = keyof typeof CALLS;

/** Calls for a model nobody knows. */
export const UNROUTABLE = 4;

const SCRIPT: Script = [
  { when: { contains: 'kind:wrong' }, fault: { status: 400, message: 'wrong' } },
  { when: { contains: 'kind:failed' }, fault: { status: 401, message: 'wrong key' } },
  { when: { model: 'sim-gone' }, fault: { status: 404, message: 'no such model' } },
  ...(['search', 'chat', 'moved', 'unpriced'] as const).map((kind) => ({
    when: { contains: `kind:${kind}` },
    reply: { text: 'done', usage: CALLS[kind].tokens },
    timing: { firstMs: CALLS[kind].seconds * 1000 },
  })),
];

const CONFIG = `
ledger: off
providers:
  local: { dialect: openai-chat, baseUrl: "http://local/v1", apiKey: k }
  cloud: { dialect: anthropic, baseUrl: "http://cloud", apiKey: k }
  broke: { dialect: openai-chat, baseUrl: "http://broke/v1", apiKey: k }
models:
  small: local/sim-small
  large: cloud/sim-large
  gone: [cloud/sim-gone, local/sim-small]
  down: broke/sim-down
  free: local/sim-free
prices:
  local/sim-small: { input: $1, cacheRead: $0.1, output: $4 }
  cloud/sim-large: { input: $3, cacheRead: $0.3, cacheWrite5m: $3.75, output: $15 }
metrics: { features: [search, chat] }
`;

/** The page of metrics before anybody called, and after everybody did. */
export async function runWorkload(): Promise<{ readonly before: string; readonly after: string }> {
  const read = readConfig(CONFIG, {});
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  const world = simulatedWorld();
  const network = networkOf(createSimulator({ world, script: SCRIPT }), world, () => ({ authorization: 'Bearer k', 'x-api-key': 'k' }));
  const headgate = await createHeadgate(read.config, { world, network });
  const page = async () => (await headgate.fetch('http://headgate/metrics')).text();
  const before = await page();
  for (const kind of Object.keys(CALLS) as Kind[]) {
    const { count, model, feature } = CALLS[kind];
    for (let number = 0; number < count; number += 1) await ask(headgate.fetch, world, model, `kind:${kind} number ${number}`, feature);
  }
  for (let number = 0; number < UNROUTABLE; number += 1) await ask(headgate.fetch, world, 'nobody-knows', 'hi');
  const after = await page();
  await headgate.close();
  return { before, after };
}

async function ask(fetch: typeof globalThis.fetch, world: SimulatedWorld, model: string, content: string, feature?: string): Promise<void> {
  const headers = { 'content-type': 'application/json', ...(feature && { 'x-headgate-feature': feature }) };
  const body = JSON.stringify({ model, max_tokens: 5000, messages: [{ role: 'user', content }] });
  let over = false;
  const answered = fetch('http://headgate/v1/chat/completions', { method: 'POST', headers, body })
    .then((answer) => answer.arrayBuffer())
    .finally(() => {
      over = true;
    });
  while (!over) {
    await setImmediate();
    world.advance(1);
  }
  await answered;
}
