import assert from 'node:assert/strict';
import test from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { HeadgateError } from '../../src/index.ts';
import { MODELS, stage } from '../library/stage.ts';

const headers = { 'x-headgate-max-visible-tokens': '500' };
const messages = [{ role: 'user' as const, content: 'Tell me about rivers.' }];
const LIMITS: Readonly<Record<string, object>> = {
  'chat/gpt-4.1': { max_completion_tokens: 500 },
  'responses/gpt-6-sol': { max_output_tokens: 500 + 16_384 },
  'claude/claude-sonnet-5': { max_tokens: 500 + 32_768 },
};

for (const model of MODELS) {
  test(`${model}: 500 tokens to see are 500 and what reasoning may take, for each SDK and in process`, async (t) => {
    const { headgate, simulator } = await stage(t);
    const openai = new OpenAI({ baseURL: 'http://headgate/v1', apiKey: 'k', fetch: headgate.fetch });
    const anthropic = new Anthropic({ baseURL: 'http://headgate', apiKey: 'k', fetch: headgate.fetch });
    await openai.chat.completions.create({ model, messages, max_completion_tokens: 3 }, { headers });
    await openai.responses.create({ model, input: 'Tell me about rivers.' }, { headers });
    await anthropic.messages.create({ model, messages, max_tokens: 3 }, { headers });
    await headgate.ask({ model, input: 'Tell me about rivers.', maxVisibleTokens: 500 });
    const limits = simulator.requests.map(({ body }) =>
      Object.fromEntries(Object.entries(body as object).filter(([field]) => /^max_.*tokens$/.test(field))),
    );
    assert.deepEqual(new Set(limits.map((each) => JSON.stringify(each))), new Set([JSON.stringify(LIMITS[model])]));
    assert.equal(limits.length, 4);
  });
}

test('more than a model can write is refused by the name of the header, and is nothing to send', async (t) => {
  const { headgate, simulator } = await stage(t);
  const openai = new OpenAI({ baseURL: 'http://headgate/v1', apiKey: 'k', fetch: headgate.fetch, maxRetries: 0 });
  const asked = (tokens: string) =>
    openai.responses.create({ model: MODELS[1]!, input: 'x' }, { headers: { 'x-headgate-max-visible-tokens': tokens } });
  await assert.rejects(asked('200000'), {
    status: 400,
    message: /maxVisibleTokens: the model writes at most 128000 tokens \(content\)/,
  });
  await assert.rejects(asked('many'), { status: 400, message: /x-headgate-max-visible-tokens must be a whole number of tokens/ });
  await assert.rejects(headgate.ask({ model: MODELS[1]!, input: 'x', maxVisibleTokens: 0.5 }), /maxVisibleTokens must be a whole number/);
  assert.equal(simulator.requests.length, 0);
});

test('what is left when the model cannot write both is reported, or refused where losses are', async (t) => {
  const { headgate } = await stage(t);
  const question = { model: MODELS[1]!, input: 'x', effort: 'high', maxVisibleTokens: 100_000 };
  const { losses } = await headgate.ask(question);
  assert.deepEqual(
    losses.filter(({ path }) => path === 'maxVisibleTokens').map(({ impact, note }) => [impact, note]),
    [['behavior', 'the model writes at most 128000 tokens, of which reasoning may need 32768: 95232 may be left to see']],
  );
  await assert.rejects(headgate.ask({ ...question, onLoss: 'refuse' }), (error: HeadgateError) => error.failure.kind === 'lossy');
});

test('budgets and ceilings see the limit that is sent', async (t) => {
  const { headgate } = await stage(t, [], { models: { small: { targets: ['responses/gpt-6-sol'], callTokensMax: 10_000 } } });
  await assert.rejects(headgate.ask({ model: 'small', input: 'x', maxVisibleTokens: 500 }), /10000/);
  await headgate.ask({ model: 'small', input: 'x', maxVisibleTokens: 500, effort: 'low' });
});
