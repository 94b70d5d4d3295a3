import assert from 'node:assert/strict';
import test from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { startGateway, TARGETS } from './gateway.ts';
import { fetchAt } from './way.ts';

const openaiAt = (url: string) => new OpenAI({ baseURL: `${url}/v1`, fetch: fetchAt(url), apiKey: 'k', maxRetries: 0 });
const anthropicAt = (url: string) => new Anthropic({ baseURL: url, fetch: fetchAt(url), apiKey: 'k', maxRetries: 0 });
const hi = [{ role: 'user' as const, content: 'hi' }];

const callers: [string, (url: string, model: string) => Promise<unknown>, typeof OpenAI | typeof Anthropic][] = [
  ['chat', (url, model) => openaiAt(url).chat.completions.create({ model, messages: hi }), OpenAI],
  ['responses', (url, model) => openaiAt(url).responses.create({ model, input: 'hi' }), OpenAI],
  ['messages', (url, model) => anthropicAt(url).messages.create({ model, max_tokens: 10, messages: hi }), Anthropic],
];

/** What the provider does, and what class of error both SDKs should make of it. */
const rows: [string, { status: number; type?: string; code?: string }, 'RateLimitError' | 'InternalServerError' | 'BadRequestError'][] = [
  ['rate limit', { status: 429 }, 'RateLimitError'],
  ['server error', { status: 500 }, 'InternalServerError'],
  ['our key refused there', { status: 401 }, 'InternalServerError'],
  ['bad request', { status: 400 }, 'BadRequestError'],
];

for (const [name, ask, sdk] of callers) {
  for (const [dialect, model] of Object.entries(TARGETS)) {
    for (const [what, fault, expected] of rows) {
      test(`${name} → ${dialect}: ${what} is a ${expected} of the caller's own SDK, with our id on it`, async (t) => {
        const { url } = await startGateway(t, [{ fault: { ...fault, retryAfter: { ms: 1 } } }]);
        await assert.rejects(ask(url, model), (error) => {
          assert.ok(error instanceof sdk[expected], `${(error as Error).constructor.name}: ${(error as Error).message}`);
          assert.match(String((error as { requestID?: string }).requestID), /^call_/);
          return true;
        });
      });
    }
  }
  test(`${name}: a model nobody serves is a NotFoundError that names it`, async (t) => {
    const { url } = await startGateway(t);
    await assert.rejects(
      ask(url, 'gpt-4.1x-nope/none'),
      (error) => error instanceof sdk.NotFoundError && /gpt-4\.1x-nope/.test(error.message),
    );
  });
}
