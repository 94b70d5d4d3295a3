import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Script } from '../../src/simulator/index.ts';
import { stage } from '../library/stage.ts';

/** 500 tokens asked for at most, 400 of them spent on reasoning. */
const script: Script = [
  { reply: { reasoning: 'Hm.', text: 'Rivers are', finish: 'length', usage: { input: 20, output: 500, reasoning: 400 } } },
];
const SAID = 'reasoning used 400 of 500 tokens';
const TARGETS = ['responses/gpt-6-sol', 'claude/claude-sonnet-5'];
const input = 'Tell me about rivers.';

for (const model of TARGETS) {
  test(`${model}: an answer that reasoning ate says so, to each SDK and in the books`, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'headgate-starved-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const { headgate } = await stage(t, script, { ledger: { file: path.join(folder, 'ledger.sqlite') } });
    const told: (string | null)[] = [];
    const fetch: typeof globalThis.fetch = async (...asked) => {
      const answer = await headgate.fetch(...asked);
      told.push(answer.headers.get('x-headgate-starved'));
      return answer;
    };
    const openai = new OpenAI({ baseURL: 'http://headgate/v1', apiKey: 'k', fetch });
    const anthropic = new Anthropic({ baseURL: 'http://headgate', apiKey: 'k', fetch });

    const chat = await openai.chat.completions.create({ model, max_completion_tokens: 500, messages: [{ role: 'user', content: input }] });
    assert.equal(chat.choices[0]?.finish_reason, 'length');
    const { completion_tokens, completion_tokens_details } = chat.usage!;
    assert.ok(completion_tokens - completion_tokens_details!.reasoning_tokens! <= 100, 'at most 100 are left to see');
    const response = await openai.responses.create({ model, max_output_tokens: 500, input });
    assert.equal(response.incomplete_details?.reason, 'max_output_tokens');
    const message = await anthropic.messages.create({ model, max_tokens: 500, messages: [{ role: 'user', content: input }] });
    assert.equal(message.stop_reason, 'max_tokens');
    assert.deepEqual(told, [SAID, SAID, SAID]);

    const [sum] = await headgate.ledger!.usage({ fromMs: 0, toMs: Date.now() + 86_400_000, by: [] });
    assert.deepEqual([sum?.calls, sum?.starved], [3, 3]);
    assert.deepEqual(new Set((await headgate.ledger!.records({})).map(({ starved }) => starved)), new Set([true]));
  });

  test(`${model}: in a stream it is a comment, which the SDKs read over`, async (t) => {
    const { headgate } = await stage(t, script);
    const openai = new OpenAI({ baseURL: 'http://headgate/v1', apiKey: 'k', fetch: headgate.fetch });
    const anthropic = new Anthropic({ baseURL: 'http://headgate', apiKey: 'k', fetch: headgate.fetch });
    const messages = [{ role: 'user' as const, content: input }];
    const chat = await openai.chat.completions.stream({ model, max_completion_tokens: 500, messages }).finalChatCompletion();
    assert.equal(chat.choices[0]?.finish_reason, 'length');
    assert.equal((await openai.responses.stream({ model, max_output_tokens: 500, input }).finalResponse()).status, 'incomplete');
    assert.equal((await anthropic.messages.stream({ model, max_tokens: 500, messages }).finalMessage()).stop_reason, 'max_tokens');
    const body = JSON.stringify({ model, max_tokens: 500, stream: true, messages });
    const raw = await headgate.fetch('http://headgate/v1/messages', {
      method: 'POST',
      headers: { 'anthropic-version': '2023-06-01' },
      body,
    });
    const text = await raw.text();
    assert.ok(text.endsWith(`: ${SAID}\n\n`), text.slice(-200));
  });

  test(`${model}: in process the reply says it, and an output that is missing says why`, async (t) => {
    const { headgate } = await stage(t, script);
    const question = { model, input, maxOutputTokens: 500, effort: 'high' };
    assert.deepEqual((await headgate.ask(question)).starved, { reasoning: 400, of: 500 });
    const stream = headgate.stream(question);
    assert.deepEqual((await stream.reply()).starved, { reasoning: 400, of: 500 });
    const output = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'], additionalProperties: false };
    await assert.rejects(headgate.ask({ ...question, output }), {
      problem: 'cut',
      message: `the output was cut: the answer came to its limit of tokens, and ${SAID} (set maxOutputTokens higher, or effort lower)`,
    });
  });
}

test('an answer with words enough says nothing of the kind', async (t) => {
  const { headgate } = await stage(t, [
    { reply: { text: 'Rivers are', finish: 'length', usage: { input: 20, output: 500, reasoning: 100 } } },
  ]);
  const body = JSON.stringify({ model: TARGETS[0], max_output_tokens: 500, input });
  const answer = await headgate.fetch('http://headgate/v1/responses', { method: 'POST', body });
  assert.deepEqual([answer.status, answer.headers.get('x-headgate-starved')], [200, null]);
});

const RIVERS = 'Rivers are long.';
const second = (usage: object): Script => [
  { when: { nth: 1 }, reply: { reasoning: 'Hm.', text: 'Rivers', finish: 'length', usage: { input: 20, output: 500, reasoning: 400 } } },
  { reply: { text: RIVERS, ...usage } },
];
for (const model of TARGETS) {
  test(`${model}: onStarved retry asks once more with a larger limit, both booked`, async (t) => {
    const { headgate, simulator, booked } = await stage(t, second({}), { defaults: { onStarved: 'retry' } });
    const openai = new OpenAI({ baseURL: 'http://headgate/v1', apiKey: 'k', fetch: headgate.fetch });
    const chat = await openai.chat.completions.create({ model, max_completion_tokens: 500, messages: [{ role: 'user', content: input }] });
    assert.equal(chat.choices[0]!.message.content, RIVERS);
    const limits = simulator.requests.map(
      ({ body }) =>
        (body as Record<string, number>)['max_tokens'] ??
        (body as Record<string, number>)['max_output_tokens'] ??
        (body as Record<string, number>)['max_completion_tokens'],
    );
    assert.deepEqual(limits, [500, 1300]);
    assert.deepEqual(
      booked.map(({ reason, starved, last }) => [reason, starved, last]),
      [
        ['first', true, false],
        ['starved', undefined, true],
      ],
    );
  });
}

test('a second answer that fails, or that a budget has no room for, leaves the first', async (t) => {
  const failing: Script = [...second({}).slice(0, 1), { when: { nth: 2 }, fault: { status: 400 } }];
  const { headgate, booked } = await stage(t, failing, { defaults: { onStarved: 'retry' } });
  const reply = await headgate.ask({ model: TARGETS[0]!, input, maxOutputTokens: 500 });
  assert.deepEqual([reply.text, reply.starved?.reasoning, booked.length], ['Rivers', 400, 2]);
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-starved-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const budgets = [{ limit: '$0.012', period: 'day' }];
  const poor = await stage(t, second({}), {
    defaults: { onStarved: 'retry' },
    budgets,
    ledger: { file: path.join(folder, 'ledger.sqlite') },
  });
  const answer = await poor.headgate.ask({ model: TARGETS[0]!, input, maxOutputTokens: 500 });
  assert.deepEqual([answer.text, poor.booked.length], ['Rivers', 1]);
});

test('a second answer keeps to the ceilings of its call', async (t) => {
  for (const ceiling of [{ callCostMax: '$0.012' }, { callTokensMax: 1000 }]) {
    const { headgate, booked } = await stage(t, second({}), { defaults: { onStarved: 'retry', ...ceiling } });
    const answer = await headgate.ask({ model: TARGETS[0]!, input, maxOutputTokens: 500 });
    assert.deepEqual([answer.text, booked.length], ['Rivers', 1], JSON.stringify(ceiling));
  }
});

test('what a reader of a stream has seen stays', async (t) => {
  const { headgate, booked } = await stage(t, second({}), { defaults: { onStarved: 'retry' } });
  const said = await Array.fromAsync(headgate.stream({ model: TARGETS[0]!, input, maxOutputTokens: 500 }));
  assert.ok(said.length > 0);
  assert.equal(booked.length, 1);
});
