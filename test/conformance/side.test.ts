import assert from 'node:assert/strict';
import test, { after, type TestContext } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { JsonObject } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';
import { startGateway, TARGETS } from './gateway.ts';
import { anthropicAt, lossesOf, openaiAt, TALKS } from './talks.ts';

const { url, simulator } = await startGateway({ after } as Pick<TestContext, 'after'>, [], { models: { house: 'claude/claude-opus-5-5' } });
const CALLERS = Object.keys(TALKS) as DialectName[];
const PAIRS = CALLERS.flatMap((caller) =>
  (Object.entries(TARGETS) as [DialectName, string][]).map(([dialect, model]) => ({ caller, dialect, model })),
);
const openai = openaiAt(url);
const anthropic = anthropicAt(url);
const last = () => simulator.requests.at(-1)!;
const hello = [{ role: 'user' as const, content: 'Hello there, how are you today?' }];
const tool = { name: 'weather', input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } } };

const counters: readonly [string, (model: string) => Promise<{ input_tokens: number }>][] = [
  ['anthropic', (model) => anthropic.messages.countTokens({ model, system: 'Be brief.', messages: hello, tools: [tool] })],
  [
    'openai',
    (model) =>
      openai.responses.inputTokens.count({
        model,
        instructions: 'Be brief.',
        input: hello,
        tools: [{ type: 'function', name: 'weather', parameters: tool.input_schema, strict: false }],
      }),
  ],
];
for (const [name, count] of counters) {
  for (const [dialect, model] of Object.entries({ ...TARGETS, newest: 'claude/claude-opus-5-5', both: 'openai/gpt-6-sol' })) {
    test(`${name} counts tokens → ${dialect}: at the provider, or estimated and said to be`, async () => {
      const from = simulator.requests.length;
      const counted = await count(model);
      assert.ok(Number.isInteger(counted.input_tokens) && counted.input_tokens > 5, JSON.stringify(counted));
      const path = simulator.requests.slice(from).map((request) => request.path);
      const native = { 'openai-chat': [], 'openai-responses': ['/v1/responses/input_tokens'], both: ['/v1/responses/input_tokens'] }[
        dialect
      ];
      assert.deepEqual(path, native ?? ['/v1/messages/count_tokens']);
      assert.deepEqual(
        lossesOf(counted).map(({ path: place }) => place),
        dialect === 'openai-chat' ? ['count'] : [],
      );
    });
  }
}

test('a count for a model nobody serves is the caller’s own not-found error', async () => {
  await assert.rejects(counters[0]![1]('nobody/none'), Anthropic.NotFoundError);
  await assert.rejects(counters[1]![1]('nobody/none'), OpenAI.NotFoundError);
});

test('models are listed in the form of the SDK that asks, the same ones, and each can be had by its id', async () => {
  const ours = (await Array.fromAsync(openai.models.list())).map(({ id }) => id);
  const theirs = (await Array.fromAsync(anthropic.models.list({ limit: 7 }))).map(({ id }) => id);
  assert.deepEqual(theirs, ours);
  assert.deepEqual(
    ['house', 'claude-opus-5-5', 'gpt-6-sol'].filter((id) => !ours.includes(id)),
    [],
  );
  const { id, object, owned_by: owner } = await openai.models.retrieve('house');
  assert.deepEqual([id, object, owner], ['house', 'model', 'claude']);
  const one = await anthropic.models.retrieve('claude-opus-5-5');
  assert.deepEqual([one.type, one.id, one.max_tokens, one.max_input_tokens], ['model', 'claude-opus-5-5', 128_000, 1_000_000]);
  await assert.rejects(openai.models.retrieve('none'), OpenAI.NotFoundError);
  await assert.rejects(anthropic.models.retrieve('none'), Anthropic.NotFoundError);
});

test('embeddings come as numbers and as base64, the same', async () => {
  const input = ['one', 'two'];
  const model = 'openai/text-embedding-3-small';
  const unsaid = await openai.embeddings.create({ model, input, dimensions: 8 });
  assert.equal((last().body as JsonObject)['encoding_format'], 'base64');
  const floats = await openai.embeddings.create({ model, input, dimensions: 8, encoding_format: 'float' });
  const packed = await openai.embeddings.create({ model, input, dimensions: 8, encoding_format: 'base64' });
  const vectors = floats.data.map(({ embedding }) => embedding);
  assert.deepEqual(
    vectors.map(({ length }) => length),
    [8, 8],
  );
  const close = (some: readonly (readonly number[])[]) => {
    assert.deepEqual(
      some.map((vector) => vector.map((value) => value.toFixed(5))),
      vectors.map((vector) => vector.map((value) => value.toFixed(5))),
    );
  };
  close(unsaid.data.map(({ embedding }) => embedding));
  close(
    packed.data.map(({ embedding }) => [...new Float32Array(Uint8Array.from(Buffer.from(embedding as never as string, 'base64')).buffer)]),
  );
  assert.equal((last().body as JsonObject)['model'], 'text-embedding-3-small');
  assert.ok(floats.usage.prompt_tokens > 0);
});

test('embeddings at a provider without them are a clear error of OpenAI’s, before anything is sent', async () => {
  const from = simulator.requests.length;
  await assert.rejects(openai.embeddings.create({ model: 'claude/claude-opus-5-5', input: 'one' }), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError, String(error));
    assert.match(error.message, /embeddings/);
    assert.equal(error.param, 'model');
    return true;
  });
  assert.equal(simulator.requests.length, from);
});

/** Headers a caller may send, and those that are ours or its own business. */
const KEPT = { 'x-stainless-custom': 'a', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
const PRIVATE = {
  'x-headgate-feature': 'search',
  'x-headgate-user': 'ada',
  'x-headgate-tags': 'a=b',
  'x-headgate-on-loss': 'allow',
  cookie: 'c=d',
  'x-forwarded-for': '10.0.0.1',
};

for (const { caller, dialect, model } of PAIRS) {
  test(`${caller} → ${dialect}: the caller’s key, cookies and x-headgate headers stay here; the provider gets its own key`, async () => {
    const talk = TALKS[caller](url, {
      headers: { ...PRIVATE, ...KEPT, 'anthropic-beta': 'context-1m-2025-08-07', 'openai-organization': 'org-1' },
    });
    talk.say('Hello.');
    await talk.ask(model);
    const { headers } = last();
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith('x-headgate') || name in PRIVATE),
      [],
    );
    const isKin = caller.split('-')[0] === dialect.split('-')[0];
    assert.equal(
      dialect === 'anthropic-messages' ? headers['x-api-key'] : headers['authorization'],
      dialect === 'anthropic-messages' ? 'k' : 'Bearer k',
    );
    assert.equal(headers['x-stainless-custom'], isKin ? 'a' : undefined);
    assert.equal(headers['anthropic-beta'], isKin ? 'context-1m-2025-08-07' : undefined);
  });
}

test('a relayed Messages request passes with fields and beta headers nobody here knows', async () => {
  simulator.script([{ fault: { status: 400 } }]);
  const body = {
    model: 'claude/claude-opus-5-5',
    max_tokens: 100,
    messages: [{ role: 'user', content: [{ type: 'hologram', data: [1, 2] }] }],
    of_tomorrow: { deep: [null, 1.5] },
    thinking: { type: 'deeper', block_binding: { prefix_mismatch_behavior: 'drop_block' } },
  };
  await assert.rejects(anthropic.messages.create(body as never, { headers: { 'anthropic-beta': 'of-tomorrow-2027-01-01,second' } }));
  simulator.script([]);
  assert.deepEqual(last().body, { ...body, model: 'claude-opus-5-5' });
  assert.equal(last().headers['anthropic-beta'], 'of-tomorrow-2027-01-01,second');
});

test('relayed OpenAI requests pass with fields nobody here knows', async () => {
  simulator.script([{ fault: { status: 400 } }]);
  const chat = { model: 'openai/gpt-4.1', messages: hello, of_tomorrow: { deep: [null, 1.5] } };
  await assert.rejects(openai.chat.completions.create(chat as never));
  assert.deepEqual(last().body, { ...chat, model: 'gpt-4.1' });
  const responses = { model: 'openai/gpt-6-sol', input: [{ type: 'hologram', id: 'h' }], of_tomorrow: true };
  await assert.rejects(openai.responses.create(responses as never));
  assert.deepEqual(last().body, { ...responses, model: 'gpt-6-sol' });
  simulator.script([]);
});

test('the version a Messages caller speaks reaches the provider as it is', async () => {
  for (const version of ['2023-06-01', '2026-10-21']) {
    await anthropic.messages.create(
      { model: 'claude/claude-sonnet-5', max_tokens: 100, messages: hello },
      { headers: { 'anthropic-version': version } },
    );
    assert.equal(last().headers['anthropic-version'], version);
  }
  // Sampling is part of the old version only: by the new one it is the vendor's 400, by the old one an older model takes it.
  const warm = { model: 'claude/claude-haiku-4-5', max_tokens: 100, messages: hello, temperature: 0.5 };
  await assert.rejects(anthropic.messages.create(warm as never), /Extra inputs are not permitted/);
  await anthropic.messages.create(warm as never, { headers: { 'anthropic-version': '2023-06-01' } });
  assert.equal(last().status, 200);
});

for (const version of ['2023-06-01', '2026-10-21']) {
  test(`a Messages caller of ${version} is understood by OpenAI’s models, sampling included`, async () => {
    const old = version === '2023-06-01' ? { temperature: 0.5 } : {};
    const body = { model: 'chat/gpt-4.1', max_tokens: 100, messages: hello, ...old };
    await anthropic.messages.create(body as never, { headers: { 'anthropic-version': version } });
    assert.equal((last().body as JsonObject)['temperature'], version === '2023-06-01' ? 0.5 : undefined);
    assert.equal(last().headers['anthropic-version'], undefined);
  });
}

test('a Messages history with a thought of GPT’s goes to Claude in the caller’s own version, betas and fields included', async () => {
  const talk = TALKS['anthropic-messages'](url, {
    tools: [{ name: 'weather' }],
    headers: { 'anthropic-version': '2023-06-01', 'anthropic-beta': 'context-management-2025-06-27' },
  });
  talk.say('The weather in Oslo?');
  const { calls } = await talk.ask('responses/gpt-6-sol');
  talk.give([{ id: calls[0]!.id, text: 'cold' }]);
  const { losses } = await talk.ask('claude/claude-opus-5-5', { context_management: { edits: [] } });
  const { headers, body } = last();
  assert.deepEqual([headers['anthropic-version'], headers['anthropic-beta']], ['2023-06-01', 'context-management-2025-06-27']);
  assert.deepEqual((body as JsonObject)['context_management'], { edits: [] });
  assert.deepEqual(
    losses.filter(({ path }) => path.includes('beta')),
    [],
  );
});

test('tools a model takes on Responses only go there, and a header says so', async () => {
  const body = {
    model: 'openai/gpt-6-sol',
    messages: hello,
    tools: [{ type: 'function' as const, function: { name: 'weather', parameters: { type: 'object' } } }],
  };
  const { response } = await openai.chat.completions.create(body, { headers: { 'x-headgate-on-loss': 'refuse' } }).withResponse();
  assert.deepEqual([response.headers.get('x-headgate-dialect'), response.headers.get('x-headgate-losses')], ['openai-responses', '0']);
  assert.equal(last().path, '/v1/responses');
});

test('a model that can be called by provider/model can be looked up so', async () => {
  assert.equal((await openai.models.retrieve('claude/claude-sonnet-5')).owned_by, 'claude');
  await assert.rejects(openai.models.retrieve('nobody/claude-sonnet-5'), OpenAI.NotFoundError);
});

test('one OpenAI format served through the other keeps the headers OpenAI knows', async () => {
  const tools = [{ type: 'function' as const, function: { name: 'weather', parameters: tool.input_schema } }];
  const headers = { ...KEPT, ...PRIVATE, 'idempotency-key': 'once', 'openai-organization': 'org-1', 'openai-project': 'proj-1' };
  await openai.chat.completions.create({ model: 'openai/gpt-6-sol', messages: hello, tools }, { headers });
  assert.equal(last().path, '/v1/responses');
  const { 'openai-organization': org, 'openai-project': project, 'idempotency-key': key, authorization, cookie } = last().headers;
  assert.deepEqual([org, project, key, authorization, cookie], ['org-1', 'proj-1', undefined, 'Bearer k', undefined]);
});

test('a Claude is asked in the newest version, unless what is asked exists in the older one only', async () => {
  const body = { messages: hello, model: 'claude/claude-haiku-4-5' };
  await openai.chat.completions.create(body);
  assert.equal(last().headers['anthropic-version'], '2026-10-21');
  await openai.chat.completions.create({ ...body, temperature: 0.5 });
  assert.equal(last().headers['anthropic-version'], '2023-06-01');
});

/** Requests that lose something at every target of another dialect, each in its caller's words. */
const LOSSY: Readonly<Record<DialectName, JsonObject>> = {
  'openai-chat': { seed: 7, verbosity: 'low', logit_bias: { 1: 1 } },
  'openai-responses': { truncation: 'auto', max_tool_calls: 3, text: { verbosity: 'low' } },
  'anthropic-messages': { top_k: 5, inference_geo: 'us', thinking: { type: 'enabled', budget_tokens: 1024 } },
};
for (const { caller, dialect, model } of PAIRS) {
  if (caller === dialect) continue;
  const headers = { 'anthropic-version': '2023-06-01' };
  test(`${caller} → ${dialect}: as many losses in the header as in the answer, and as many in a stream’s last object`, async () => {
    const ask = (more: object) => {
      const body = { model, ...LOSSY[caller], ...more };
      if (caller === 'openai-chat') return openai.chat.completions.create({ ...body, messages: hello } as never).withResponse();
      if (caller === 'openai-responses') return openai.responses.create({ ...body, input: hello } as never).withResponse();
      return anthropic.messages.create({ ...body, max_tokens: 4000, messages: hello } as never, { headers }).withResponse();
    };
    const { data, response } = await ask({});
    const told = lossesOf(data as object);
    assert.ok(told.length >= 2, JSON.stringify(told));
    assert.equal(response.headers.get('x-headgate-losses'), String(told.length));
    assert.match(response.headers.get('x-headgate-call-id') ?? '', /^call_/);
    assert.equal(response.headers.get('x-headgate-target'), model);

    const talk = TALKS[caller](url, { stream: true, headers: caller === 'anthropic-messages' ? headers : {} });
    talk.say(hello[0]!.content);
    assert.deepEqual((await talk.ask(model, LOSSY[caller])).losses, told);
  });
  test(`${caller} → ${dialect}: a caller who refuses what would be lost gets every loss in one 400 of its own kind`, async () => {
    const from = simulator.requests.length;
    const talk = TALKS[caller](url, { headers: { ...headers, 'x-headgate-on-loss': 'refuse' } });
    talk.say('Hello.');
    const { BadRequestError } = caller === 'anthropic-messages' ? Anthropic : OpenAI;
    await assert.rejects(talk.ask(model, LOSSY[caller]), (error) => {
      assert.ok(error instanceof BadRequestError, String(error));
      assert.ok(error.message.split(';').length >= 2, error.message);
      return true;
    });
    assert.equal(simulator.requests.length, from);
  });
}

test('an answer that loses nothing has no report and says so in its header', async () => {
  const { data, response } = await openai.chat.completions.create({ model: 'claude/claude-sonnet-5', messages: hello }).withResponse();
  assert.ok(!('headgate' in data));
  assert.equal(response.headers.get('x-headgate-losses'), '0');
});
