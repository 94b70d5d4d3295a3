import assert from 'node:assert/strict';
import test from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Script } from '../../src/simulator/index.ts';
import { startGateway } from './gateway.ts';
import { fetchAt } from './way.ts';

const messages = [{ role: 'user' as const, content: 'hi' }];
const down: Script = [{ when: { model: 'gpt-4.1' }, fault: { status: 503 } }];
const openaiAt = (url: string) => new OpenAI({ baseURL: `${url}/v1`, fetch: fetchAt(url), apiKey: 'k', maxRetries: 0 });

test('an answer from elsewhere bears the name of the model that gave it, and its price is the one that counts', async (t) => {
  const models = { m: { targets: ['chat/gpt-4.1', 'claude/claude-sonnet-5'], retry: { tries: 1 } } };
  const { url } = await startGateway(t, down, { models });
  const { data, response } = await openaiAt(url).chat.completions.create({ model: 'm', messages }).withResponse();
  const cost = response.headers.get('x-headgate-cost-usd');
  assert.deepEqual(
    [data.model, response.headers.get('x-headgate-target'), response.headers.get('x-headgate-trail'), Number(cost) > 0],
    ['claude-sonnet-5', 'claude/claude-sonnet-5', 'chat/gpt-4.1 overloaded, claude/claude-sonnet-5 ok', true],
  );
  const page = await (await fetchAt(url)(`${url}/metrics`)).text();
  const spent = page.split('\n').filter((line) => line.startsWith('headgate_cost_usd_total{') && !line.endsWith(' 0'));
  assert.deepEqual(
    spent.map((line) => [/provider="(\w+)"/.exec(line)?.[1], line.slice(line.lastIndexOf(' ') + 1)]),
    [['claude', cost]],
  );
});

test('a question too long for one model goes to a larger one only', async (t) => {
  const tooLong = { status: 400, type: 'invalid_request_error', code: 'context_length_exceeded', message: 'too many tokens' };
  const { url, simulator } = await startGateway(t, [{ when: { model: 'gpt-4.1' }, fault: tooLong }], {
    models: { m: ['chat/gpt-4.1', 'chat/gpt-4.1-nano', 'claude/claude-sonnet-5'] },
    modelFacts: {
      'gpt-4.1': { contextTokens: 8000 },
      'gpt-4.1-nano': { contextTokens: 4000 },
      'claude-sonnet-5': { contextTokens: 16_000 },
    },
  });
  assert.equal((await openaiAt(url).chat.completions.create({ model: 'm', messages })).model, 'claude-sonnet-5');
  assert.deepEqual(
    simulator.requests.map(({ body }) => (body as { model: string }).model),
    ['gpt-4.1', 'claude-sonnet-5'],
  );
});

test('a provider’s refusal for safety is told and nobody else is asked, as an error or in mid-air of a stream', async (t) => {
  const unsafe = { status: 400, type: 'invalid_request_error', code: 'content_policy_violation', message: 'not allowed' };
  const { url, simulator } = await startGateway(t, [{ when: { model: 'gpt-4.1' }, fault: unsafe }], {
    models: { m: ['chat/gpt-4.1', 'claude/claude-sonnet-5'] },
  });
  for (const stream of [false, true]) {
    await assert.rejects(openaiAt(url).chat.completions.create({ model: 'm', messages, stream }), { status: 400 });
    await assert.rejects(
      new Anthropic({ baseURL: url, fetch: fetchAt(url), apiKey: 'k' }).messages.create({ model: 'm', max_tokens: 9, messages, stream }),
      {
        status: 400,
      },
    );
  }
  assert.equal(simulator.requests.length, 4);
});

test('a model its provider does not know is named, also where the provider does not name it', async (t) => {
  const { url } = await startGateway(t, [
    { when: { model: 'gpt-99' }, fault: { status: 404, code: 'model_not_found', message: 'not here' } },
  ]);
  const anthropic = new Anthropic({ baseURL: url, fetch: fetchAt(url), apiKey: 'k' });
  await assert.rejects(anthropic.messages.create({ model: 'chat/gpt-99', max_tokens: 9, messages }), {
    status: 404,
    message: /chat\/gpt-99: not here/,
  });
  // What a caller's own vendor says goes on unchanged; the headers name the model.
  await assert.rejects(openaiAt(url).chat.completions.create({ model: 'chat/gpt-99', messages }), (error: Error & { headers: Headers }) => {
    assert.deepEqual([error.message, error.headers.get('x-headgate-target')], ['404 not here', 'chat/gpt-99']);
    return true;
  });
});
