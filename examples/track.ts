// Whose calls were they? Existing clients are put on an account, their call sites untouched, and the ledger tells.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { createHeadgate, formatUsd, track } from '../src/index.ts';
import { startSimulator } from '../src/simulator/index.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'headgate-example-'));
const simulator = await startSimulator({ port: 0 });
const headgate = await createHeadgate({
  config: { ledger: { file: path.join(folder, 'headgate.sqlite') } },
  env: {
    OPENAI_API_KEY: 'simulated',
    OPENAI_BASE_URL: `${simulator.url}/v1`,
    ANTHROPIC_API_KEY: 'simulated',
    ANTHROPIC_BASE_URL: simulator.url,
  },
});

// Clients as a program has them; with a gateway elsewhere, `baseURL` in the place of `fetch`.
const openai = new OpenAI({ fetch: headgate.fetch, apiKey: 'none needed' });
const anthropic = new Anthropic({ fetch: headgate.fetch, apiKey: 'none needed' });

const search = track(openai, { feature: 'search', tags: { team: 'blue' } });
const support = track(anthropic, { feature: 'support', user: 'user-17' });
await search.responses.create({ model: 'gpt-6-luna', input: 'Where does the Danube rise?' });
await support.messages.create({ model: 'claude-haiku-5-5', max_tokens: 200, messages: [{ role: 'user', content: 'My order is late.' }] });

const hourMs = 3_600_000;
const sums = await headgate.ledger!.usage({ by: ['feature'], fromMs: Date.now() - hourMs, toMs: Date.now() + hourMs });
for (const { feature, calls, cost } of sums) console.log(`${feature}: ${calls} call, $ ${formatUsd(cost)}`);

await headgate.close();
await simulator.close();
rmSync(folder, { recursive: true });
