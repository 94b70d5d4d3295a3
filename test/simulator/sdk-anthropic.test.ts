import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { Ajv } from 'ajv';
import { startSimulator } from '../../src/simulator/index.ts';

const simulator = await startSimulator();
after(() => simulator.close());
const anthropic = new Anthropic({ baseURL: simulator.url, apiKey: 'key', maxRetries: 0 });

const MODEL = 'claude-opus-5-5';
const WEATHER = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } as const;
const TOOLS = [{ name: 'get_weather', input_schema: WEATHER }] as unknown as Anthropic.Tool[];
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const hello: Anthropic.MessageParam[] = [{ role: 'user', content: 'Hello there' }];

test('an answer whole and streamed is the same, with usage and headers', async () => {
  const body = { model: MODEL, max_tokens: 1000, messages: hello };
  const { data: whole, response, request_id } = await anthropic.messages.create(body).withResponse();
  const streamed = await anthropic.messages.stream(body).finalMessage();
  assert.deepEqual(
    whole.content.map((block) => (block.type === 'text' ? block.text : block.type)),
    ['thinking', 'This is a simulated answer to: Hello there'],
  );
  assert.deepEqual(streamed.content, whole.content);
  assert.deepEqual(streamed.usage, whole.usage);
  assert.match(request_id ?? '', /^req_011C/);
  assert.equal(response.headers.get('anthropic-ratelimit-requests-limit'), '30000');
  assert.match(response.headers.get('anthropic-ratelimit-tokens-reset') ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.ok(!('headgate' in whole));
});

/** A question, the answer that calls a tool, and the tool's result. */
async function loop(model: string, more: Partial<Anthropic.MessageCreateParamsNonStreaming> = {}) {
  const question: Anthropic.MessageParam = { role: 'user', content: 'What is the weather in Oslo and Rome?' };
  const body = { model, max_tokens: 4000, tools: TOOLS, system: 'Be brief.', ...more };
  const first = await anthropic.messages.create({ ...body, messages: [question] });
  const results = first.content.flatMap((block) =>
    block.type === 'tool_use' ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: 'sunny' }] : [],
  );
  return { body, question, first, result: { role: 'user', content: results } satisfies Anthropic.MessageParam };
}

test('a tool loop: thoughts come back as they were, and the results are told', async () => {
  for (const model of [MODEL, 'claude-sonnet-5-5', 'claude-sonnet-5', 'claude-opus-4-6']) {
    const { body, question, first, result } = await loop(model);
    assert.equal(first.stop_reason, 'tool_use');
    const second = await anthropic.messages.create({
      ...body,
      messages: [question, { role: 'assistant', content: first.content }, result],
    });
    const third = await anthropic.messages.create({
      ...body,
      messages: [
        question,
        { role: 'assistant', content: first.content },
        result,
        { role: 'assistant', content: second.content },
        { role: 'user', content: 'Thanks' },
      ],
    });
    const text = second.content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
    assert.deepEqual(text, ['The tools answered. get_weather said: sunny. get_weather said: sunny.']);
    assert.equal(third.stop_reason, 'end_turn');
  }
});

test('thoughts that are altered, forged, or moved to another conversation are refused, in the vendor’s words', async () => {
  const { body, question, first, result } = await loop(MODEL, { thinking: { type: 'adaptive', display: 'summarized' } });
  const ask = (content: readonly Anthropic.ContentBlock[], change: Partial<typeof body> = {}, asked = question) =>
    anthropic.messages.create({ ...body, ...change, messages: [asked, { role: 'assistant', content: [...content] }, result] });
  const touched = (change: Partial<Anthropic.ThinkingBlock>) =>
    first.content.map((block) => (block.type === 'thinking' ? { ...block, ...change } : block));
  await assert.rejects(ask(touched({ thinking: 'I changed my mind' })), /blocks in the latest assistant message cannot be modified/);
  await assert.rejects(ask(touched({ signature: 'AAAA' })), /messages.1.content.0: Invalid `signature` in `thinking` block/);
  await assert.rejects(
    ask(first.content, { system: 'Be long.' }),
    /The block is bound to a different conversation. The system prompt differs/,
  );
  await assert.rejects(ask(first.content, { tools: [...TOOLS, { ...TOOLS[0]!, name: 'other' }] }), /The list of tools differs/);
  await assert.rejects(ask(first.content, {}, { role: 'user', content: 'Something else' }), /The messages before the block differ/);
  assert.equal((await ask(first.content.filter(({ type }) => type !== 'thinking'))).stop_reason, 'end_turn');
});

test('older families are not bound to the conversation, and other families’ thoughts are dropped in silence', async () => {
  const { body, question, first, result } = await loop('claude-sonnet-5');
  const messages: Anthropic.MessageParam[] = [question, { role: 'assistant', content: first.content }, result];
  assert.equal((await anthropic.messages.create({ ...body, system: 'Be long.', messages })).stop_reason, 'end_turn');
  assert.equal((await anthropic.messages.create({ ...body, model: MODEL, messages })).stop_reason, 'end_turn');
});

test('with a thinking budget a tool loop without its thoughts is refused', async () => {
  const { body, question, first, result } = await loop('claude-sonnet-4-5', { thinking: { type: 'enabled', budget_tokens: 1024 } });
  assert.equal(first.content[0]?.type, 'thinking');
  const without = first.content.filter(({ type }) => type !== 'thinking');
  await assert.rejects(
    anthropic.messages.create({ ...body, messages: [question, { role: 'assistant', content: without }, result] }),
    /Expected `thinking` or `redacted_thinking`, but found `tool_use`/,
  );
});

test('the magic words redact a thought, which comes back, and refuse an answer', async () => {
  const content = 'ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB';
  const first = await anthropic.messages.create({ model: MODEL, max_tokens: 1000, messages: [{ role: 'user', content }] });
  assert.equal(first.content[0]?.type, 'redacted_thinking');
  const again: Anthropic.MessageParam[] = [
    { role: 'user', content },
    { role: 'assistant', content: first.content },
    { role: 'user', content: 'And?' },
  ];
  assert.equal((await anthropic.messages.create({ model: MODEL, max_tokens: 1000, messages: again })).stop_reason, 'end_turn');
  const refusal = 'ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL_1FAEFB6177B4672DEE07F9D3AFC62588CCD2631EDCF22E8CCC1FB35B501C9C86';
  const refused = await anthropic.messages
    .stream({ model: MODEL, max_tokens: 1000, messages: [{ role: 'user', content: refusal }] })
    .finalMessage();
  assert.deepEqual([refused.content, refused.stop_reason, refused.stop_details?.category], [[], 'refusal', 'general_harms']);
});

test('structured output fits its schema', async () => {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' }, when: { type: 'string', format: 'date' }, kind: { enum: ['sun', 'rain'] } },
    required: ['city', 'when', 'kind'],
    additionalProperties: false,
  };
  const message = await anthropic.messages.create({
    model: MODEL,
    max_tokens: 1000,
    messages: hello,
    output_config: { format: { type: 'json_schema', schema } },
  });
  const [text] = message.content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  assert.deepEqual(JSON.parse(text!), { city: 'simulated city', when: '2026-11-23', kind: 'sun' });
  assert.ok(new Ajv({ formats: { date: /^\d{4}-\d\d-\d\d$/ } }).validate(schema, JSON.parse(text!)));
});

test('pictures and documents are acknowledged, inside tool results and failed ones too', async () => {
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } } as const;
  const pdf = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0xLjQK' } } as const;
  const seen = await anthropic.messages.create({
    model: 'sim-plain',
    max_tokens: 1000,
    messages: [{ role: 'user', content: [image, pdf, { type: 'text', text: 'Look' }] }],
  });
  assert.deepEqual(
    seen.content.map((block) => block.type === 'text' && block.text),
    ['This is a simulated answer to: Look I saw 1 image/png (70 bytes), 1 application/pdf (9 bytes).'],
  );
  const told = await anthropic.messages.create({
    model: 'sim-plain',
    max_tokens: 1000,
    tools: TOOLS,
    messages: [
      ...hello,
      { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'get_weather', input: {} }] },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 't1', is_error: true, content: [{ type: 'text', text: 'no sky' }, image] }],
      },
    ],
  });
  assert.deepEqual(
    told.content.map((block) => block.type === 'text' && block.text),
    ['The tools answered. get_weather failed: no sky (with 1 image/png (70 bytes)).'],
  );
});

test('caps and stop sequences end an answer', async () => {
  const ask = (more: object) => anthropic.messages.create({ model: 'sim-plain', max_tokens: 1000, messages: hello, ...more });
  const short = await ask({ max_tokens: 3 });
  assert.deepEqual(
    [short.stop_reason, short.content.map((block) => block.type === 'text' && block.text), short.usage.output_tokens],
    ['max_tokens', ['This is a si'], 3],
  );
  const stopped = await ask({ stop_sequences: ['simulated', 'zzz'] });
  assert.deepEqual(
    [stopped.stop_reason, stopped.stop_sequence, stopped.content.map((block) => block.type === 'text' && block.text)],
    ['stop_sequence', 'simulated', ['This is a ']],
  );
  const warm = await ask({ max_tokens: 0 });
  assert.deepEqual([warm.stop_reason, warm.content], ['max_tokens', []]);
});

test('models are listed in Anthropic’s shape, page by page, with what they can do', async () => {
  const names: string[] = [];
  for await (const { id } of anthropic.models.list({ limit: 5 })) names.push(id);
  assert.ok(names.length > 10 && names.every((name) => name.startsWith('claude-')));
  const { id, capabilities, max_tokens } = await anthropic.models.retrieve(MODEL);
  assert.deepEqual([id, max_tokens, capabilities?.thinking.types.disabled.supported], [MODEL, 128_000, false]);
});

test('errors are the SDK’s own classes', async () => {
  const ask = (more: object) => anthropic.messages.create({ model: MODEL, max_tokens: 10, messages: hello, ...more });
  await assert.rejects(ask({ temperature: 1 }), Anthropic.BadRequestError);
  await assert.rejects(
    ask({ model: 'claude-99' }),
    (error: unknown) => error instanceof Anthropic.NotFoundError && /model: claude-99/.test(error.message),
  );
  await assert.rejects(
    new Anthropic({ baseURL: simulator.url, apiKey: '', maxRetries: 0 }).messages.create({ model: MODEL, max_tokens: 10, messages: hello }),
  );
});
