/*
 * What being in process costs: the same Chat call by the bare OpenAI SDK, by the same SDK on `headgate.fetch`, by
 * `headgate.ask`, and by the Vercel AI SDK on its own provider and on ours; CPU of this process for each call, as
 * ratios in one run. With a ledger, whose thread is of this process and counted, unless LEDGER=off.
 *
 *   node bench/inprocess.ts        needs Debian's nginx-light
 */
import path from 'node:path';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText } from 'ai';
import OpenAI from 'openai';
import { createHeadgate } from '../src/index.ts';
import { providerOf } from '../src/library/ai-sdk/index.ts';
import { CHAT_REQUEST } from './support/bodies.ts';
import { median, tell } from './support/figures.ts';
import { startMock } from './support/nginx.ts';
import { requirePrograms, scratch } from './support/processes.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 7);
const CALLS = Number(process.env['CALLS'] ?? 1500);
const AT_ONCE = 8;

requirePrograms({ nginx: 'nginx-light' });
const mock = await startMock(9720);
const headgate = await createHeadgate({
  config: {
    providers: { openai: { dialect: 'openai-chat', vendor: 'openai', baseUrl: `${mock.url}/v1`, apiKey: 'k' } },
    ledger: process.env['LEDGER'] === 'off' ? 'off' : { file: path.join(scratch, 'inprocess.sqlite') },
  },
  env: {},
});

const model = 'gpt-4.1';
const body = JSON.parse(CHAT_REQUEST(model)) as OpenAI.ChatCompletionCreateParamsNonStreaming;
const [instructions, input] = body.messages.map(({ content }) => content as string) as [string, string];
const options = { apiKey: 'k', maxRetries: 0 };
const bare = new OpenAI({ ...options, baseURL: `${mock.url}/v1` });
const inside = new OpenAI({ ...options, fetch: headgate.fetch });
const vercel = createOpenAI({ apiKey: 'k', baseURL: `${mock.url}/v1` }).chat(model);
const ours = providerOf(headgate)(model);
const asked = { instructions, prompt: input, temperature: 1, maxRetries: 0 };

const SUBJECTS = {
  bare: () => bare.chat.completions.create(body),
  fetch: () => inside.chat.completions.create(body),
  ask: () => headgate.ask({ model, instructions, input, sampling: { temperature: 1 } }),
  vercel: () => generateText({ model: vercel, ...asked }),
  aiSdk: () => generateText({ model: ours, ...asked }),
} satisfies Record<string, () => Promise<unknown>>;
type Subject = keyof typeof SUBJECTS;

/** Microseconds of CPU for each of so many calls. */
async function cpuOf(call: () => Promise<unknown>, calls: number): Promise<number> {
  const before = process.cpuUsage();
  let left = calls;
  const one = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

const taken = Object.fromEntries(Object.keys(SUBJECTS).map((name) => [name, []])) as unknown as Record<Subject, number[]>;
for (const call of Object.values(SUBJECTS)) await cpuOf(call, CALLS);
for (let round = 0; round < ROUNDS; round += 1)
  for (const [name, call] of Object.entries(SUBJECTS)) taken[name as Subject].push(await cpuOf(call, CALLS));

const cpu = Object.fromEntries(Object.entries(taken).map(([name, all]) => [name, median(all)])) as Record<Subject, number>;
tell(
  `CPU for one call: ${Object.entries(cpu)
    .map(([name, us]) => `${name} ${us.toFixed(0)} µs`)
    .join(', ')}`,
  [
    { name: 'headgate.fetch against the bare SDK', value: cpu.fetch / cpu.bare, unit: 'x', target: { atMost: 1.3 } },
    { name: 'ask against the bare SDK', value: cpu.ask / cpu.bare, unit: 'x', target: { atMost: 1 } },
    { name: 'ask against the Vercel AI SDK', value: cpu.ask / cpu.vercel, unit: 'x', target: { atMost: 1 } },
    { name: 'the AI SDK on Headgate against its own provider', value: cpu.aiSdk / cpu.vercel, unit: 'x', target: { atMost: 1.3 } },
  ],
);
await headgate.close();
process.exit();
