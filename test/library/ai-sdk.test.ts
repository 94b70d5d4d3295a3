import assert from 'node:assert/strict';
import test from 'node:test';
import { generateText, isStepCount, jsonSchema, Output, streamText, tool } from 'ai';
import { z } from 'zod';
import { HeadgateError } from '../../src/index.ts';
import { providerOf } from '../../src/library/ai-sdk/index.ts';
import type { JsonObject } from '../../src/model/json.ts';
import type { Script } from '../../src/simulator/index.ts';
import { MODELS, stage } from './stage.ts';

const weather = (asked: string[] = []) =>
  tool({
    description: 'The weather in a city.',
    inputSchema: jsonSchema<{ city: string }>({
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    }),
    execute: async ({ city }) => {
      asked.push(city);
      return `${city} is mild`;
    },
  });

/** A thought before two calls at once, and one before the words. */
const travels: Script = [
  { when: { feature: 'toolResults' }, reply: { reasoning: 'Both known.', text: 'Mild all over.' } },
  {
    when: { feature: 'tools' },
    reply: {
      reasoning: 'Two to ask.',
      toolCalls: [
        { name: 'weather', arguments: { city: 'Oslo' } },
        { name: 'weather', arguments: { city: 'Rome' } },
      ],
    },
  },
];

const thoughtsIn = ({ body }: { body: unknown }) => {
  const { messages = [], input = [] } = body as { messages?: JsonObject[]; input?: JsonObject[] };
  const blocks = messages.flatMap(({ content }) => (Array.isArray(content) ? (content as JsonObject[]) : []));
  return [...blocks, ...input].flatMap(({ type, signature, encrypted_content: sealed }) =>
    type === 'thinking' || type === 'reasoning' ? [String(signature ?? sealed)] : [],
  );
};

for (const model of MODELS) {
  test(`${model}: generateText gives words, usage and what the call came to`, async (t) => {
    const usage = { input: 100, cacheRead: 40, output: 12 };
    const { headgate, booked } = await stage(t, [{ reply: { text: 'The Nile.', usage } }]);
    const provider = providerOf(headgate, { feature: 'quiz' });
    const {
      text,
      usage: used,
      providerMetadata,
      finishReason,
    } = await generateText({ model: provider(model, { user: 'u1' }), prompt: 'Name a river.', instructions: 'Be brief.' });
    assert.equal(text, 'The Nile.');
    assert.equal(finishReason, 'stop');
    assert.deepEqual([used.inputTokens, used.inputTokenDetails.cacheReadTokens, used.outputTokens], [140, 40, 12]);
    const [row] = booked;
    assert.deepEqual([row!.feature, row!.user, row!.callId], ['quiz', 'u1', providerMetadata!['headgate']!['callId']]);
  });

  for (const streams of [false, true]) {
    test(`${model}, ${streams ? 'streamed' : 'whole'}: a loop of tools runs to its end, and thoughts go back under their seals`, async (t) => {
      const { headgate, simulator } = await stage(t, travels);
      const asked: string[] = [];
      const options = {
        model: providerOf(headgate)(model),
        prompt: 'The weather?',
        reasoning: 'low' as const,
        maxOutputTokens: 8000,
        tools: { weather: weather(asked) },
        stopWhen: isStepCount(3),
      };
      let text: string;
      if (streams) {
        const running = streamText(options);
        text = '';
        for await (const piece of running.textStream) text += piece;
        assert.deepEqual(await running.text, text);
      } else ({ text } = await generateText(options));
      assert.equal(text, 'Mild all over.');
      assert.deepEqual(asked, ['Oslo', 'Rome']);
      assert.deepEqual(
        simulator.requests.map(({ status }) => status),
        [200, 200],
      );
      if (!model.startsWith('chat')) assert.equal(thoughtsIn(simulator.requests[1]!).length, 1);
    });
  }

  test(`${model}: an object comes as its schema says`, async (t) => {
    const { headgate } = await stage(t, [{ reply: { text: '{"name":"Nile","km":6650}' } }]);
    const schema = z.object({ name: z.string(), km: z.number() });
    const { output } = await generateText({ model: providerOf(headgate)(model), prompt: 'A river.', output: Output.object({ schema }) });
    assert.deepEqual(output, { name: 'Nile', km: 6650 });
  });

  test(`${model}: pictures and documents go along`, async (t) => {
    const { headgate, simulator } = await stage(t, [{ reply: { text: 'Seen.' } }]);
    const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');
    const { text } = await generateText({
      model: providerOf(headgate)(model),
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'file', data: pixel, mediaType: 'image/png' },
            { type: 'file', data: Buffer.from('%PDF-1.4 tiny'), mediaType: 'application/pdf', filename: 'tiny.pdf' },
          ],
        },
      ],
    });
    assert.equal(text, 'Seen.');
    assert.match(JSON.stringify(simulator.requests[0]!.body), /iVBORw0KGgo.*JVBERi0xLjQ/);
  });
}

test('what a model does not take is a warning, in a stream before anything else', async (t) => {
  const { headgate } = await stage(t, [{ reply: { text: 'Yes.' } }]);
  const options = { model: providerOf(headgate)('claude/claude-sonnet-5'), prompt: 'x', seed: 7 };
  const { warnings } = await generateText(options);
  const expected = [{ type: 'unsupported', feature: 'extra.openai-chat.seed', details: 'anthropic-messages has no seed (behavior)' }];
  assert.deepEqual(warnings, expected);
  assert.deepEqual(await streamText(options).warnings, expected);
});

test('a source is told as one', async (t) => {
  const citations = [{ type: 'url' as const, url: 'https://example.org/nile', title: 'Nile', start: 0, end: 8 }];
  const { headgate } = await stage(t, [{ reply: { text: 'The Nile.', citations } }]);
  const { sources } = await generateText({ model: providerOf(headgate)('responses/gpt-6-sol'), prompt: 'x' });
  assert.deepEqual(
    sources.map((source) => source.sourceType === 'url' && [source.url, source.title]),
    [['https://example.org/nile', 'Nile']],
  );
});

test("a provider's own tool is asked for in its vendor's words", async (t) => {
  const { headgate, simulator } = await stage(t);
  const model = providerOf(headgate)('claude/claude-sonnet-5');
  await model.doGenerate({
    prompt: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }],
    tools: [{ type: 'provider', id: 'anthropic.web_search_20250305', name: 'web_search', args: { maxUses: 2 } }],
  });
  assert.deepEqual((simulator.requests[0]!.body as { tools: unknown }).tools, [
    { type: 'web_search_20250305', name: 'web_search', max_uses: 2 },
  ]);
});

test("marks for the cache, a vendor's options and our own reach where they belong", async (t) => {
  const { headgate, simulator, booked } = await stage(t);
  await generateText({
    model: providerOf(headgate)('claude/claude-sonnet-5'),
    messages: [
      { role: 'user', content: 'Long text.', providerOptions: { anthropic: { cacheControl: { type: 'ephemeral', ttl: '1h' } } } },
      { role: 'user', content: 'Short question.' },
    ],
    providerOptions: { anthropic: { service_tier: 'standard_only' }, headgate: { feature: 'search' } },
  });
  const body = simulator.requests[0]!.body as { messages: { content: JsonObject[] }[]; service_tier: string };
  assert.deepEqual(body.messages[0]!.content[0]!['cache_control'], { type: 'ephemeral', ttl: '1h' });
  assert.equal(body.service_tier, 'standard_only');
  assert.equal(booked[0]!.feature, 'search');
});

test('a call that comes to nothing rejects with its failure, and is not tried again by the AI SDK', async (t) => {
  const { headgate, simulator } = await stage(t, [{ fault: { status: 400, message: 'no' } }]);
  const model = providerOf(headgate)('chat/gpt-4.1');
  const denied = (error: unknown) => error instanceof HeadgateError && error.failure.kind === 'invalid';
  await assert.rejects(generateText({ model, prompt: 'x' }), denied);
  const errors: unknown[] = [];
  await streamText({ model, prompt: 'x', onError: ({ error }) => void errors.push(error) }).consumeStream();
  assert.ok(denied(errors[0]));
  assert.equal(simulator.requests.length, 2);
});

test('who aborts is given the reason back, or an AbortError', async (t) => {
  const { headgate } = await stage(t);
  const model = providerOf(headgate)(MODELS[2]!);
  const own = new Error('no longer wanted');
  for (const [reason, expected] of [
    [undefined, { name: 'AbortError' }],
    ['bored', { name: 'AbortError', message: 'the call was aborted' }],
    [own, own],
  ] as const) {
    const asked = {
      prompt: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'x' }] }],
      abortSignal: AbortSignal.abort(reason),
    };
    await assert.rejects(async () => model.doGenerate(asked), expected);
    await assert.rejects(async () => model.doStream(asked), expected);
  }
  const abort = new AbortController();
  const late = generateText({ model, prompt: 'x', abortSignal: abort.signal });
  abort.abort();
  await assert.rejects(late, { name: 'AbortError' });
});

test('a stream that breaks off ends with an error, and who aborts ends the call', async (t) => {
  const { headgate, booked } = await stage(t, [
    { when: { nth: 1 }, reply: { text: 'one two three' }, fault: { cutAfterEvents: 5 } },
    { reply: { text: 'one two three' }, fault: { stallAfterEvents: 5 } },
  ]);
  const model = providerOf(headgate)('claude/claude-haiku-4-5');
  const errors: unknown[] = [];
  await streamText({ model, prompt: 'x', onError: ({ error }) => void errors.push(error) }).consumeStream();
  assert.ok(errors[0] instanceof HeadgateError && errors[0].failure.kind === 'interrupted');
  const abort = new AbortController();
  for await (const _ of streamText({ model, prompt: 'x', abortSignal: abort.signal, onError: () => {} }).textStream) abort.abort();
  assert.equal(booked.at(-1)!.outcome, 'cancelled');
});
