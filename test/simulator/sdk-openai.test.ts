import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { Ajv } from 'ajv';
import OpenAI from 'openai';
import { startSimulator } from '../../src/simulator/index.ts';

const simulator = await startSimulator();
after(() => simulator.close());
const openai = new OpenAI({ baseURL: `${simulator.url}/v1`, apiKey: 'key', maxRetries: 0 });

const WEATHER = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false } as const;
const CHAT_TOOL = { type: 'function', function: { name: 'get_weather', parameters: WEATHER, strict: true } } as const;
const FLAT_TOOL = { type: 'function', name: 'get_weather', parameters: WEATHER, strict: true } as const;
const PERSON = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    age: { type: 'integer', minimum: 18 },
    tags: { type: 'array', items: { enum: ['a', 'b'] }, minItems: 2 },
  },
  required: ['name', 'age', 'tags'],
  additionalProperties: false,
} as const;

test('Chat: an answer whole and streamed is the same, with usage', async () => {
  const body = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'Hello there' }] };
  const { data: whole, response, request_id } = await openai.chat.completions.create(body).withResponse();
  const stream = openai.chat.completions.stream({ ...body, stream_options: { include_usage: true } });
  const streamed = await stream.finalChatCompletion();
  assert.equal(whole.choices[0]?.message.content, 'This is a simulated answer to: Hello there');
  assert.equal(streamed.choices[0]?.message.content, whole.choices[0]?.message.content);
  assert.deepEqual(streamed.usage, whole.usage);
  assert.match(request_id ?? '', /^req_[0-9a-f]{32}$/);
  assert.equal(response.headers.get('x-ratelimit-remaining-requests'), '29999');
  assert.ok(!('headgate' in whole));
});

test('Chat: n choices, each whole, in one stream', async () => {
  const stream = openai.chat.completions.stream({ model: 'gpt-4o', n: 3, messages: [{ role: 'user', content: 'Hello' }] });
  const { choices } = await stream.finalChatCompletion();
  assert.deepEqual(
    choices.map(({ index, finish_reason, message }) => [index, finish_reason, message.content]),
    [
      [0, 'stop', 'This is a simulated answer to: Hello'],
      [1, 'stop', 'This is a simulated answer to: Hello (2)'],
      [2, 'stop', 'This is a simulated answer to: Hello (3)'],
    ],
  );
});

test('Chat: parallel calls for a list, and a final answer that shows the results arrived', async () => {
  const asked = [{ role: 'user' as const, content: 'What is the weather in Oslo, Rome and Lima?' }];
  const stream = openai.chat.completions.stream({ model: 'gpt-4o', messages: asked, tools: [CHAT_TOOL] });
  const [{ message, finish_reason } = assert.fail()] = (await stream.finalChatCompletion()).choices;
  const calls = message.tool_calls ?? [];
  assert.equal(finish_reason, 'tool_calls');
  assert.deepEqual(
    calls.map((call) => call.type === 'function' && [call.function.name, call.function.arguments]),
    ['Oslo', 'Rome', 'Lima'].map((city) => ['get_weather', JSON.stringify({ city })]),
  );
  const { parsed: _, ...said } = message;
  const answer = await openai.chat.completions.create({
    model: 'gpt-4o',
    tools: [CHAT_TOOL],
    messages: [
      ...asked,
      said as OpenAI.ChatCompletionMessageParam,
      ...calls.map(({ id }, index) => ({ role: 'tool' as const, tool_call_id: id, content: `${index} degrees` })),
    ],
  });
  assert.equal(
    answer.choices[0]?.message.content,
    'The tools answered. get_weather said: 0 degrees. get_weather said: 1 degrees. get_weather said: 2 degrees.',
  );
});

test('Chat: structured output fits its schema and parses', async () => {
  const completion = await openai.chat.completions.parse({
    model: 'gpt-4o',
    messages: [{ role: 'user', content: 'Who is it? She is 44.' }],
    response_format: { type: 'json_schema', json_schema: { name: 'person', strict: true, schema: PERSON } },
  });
  const person = completion.choices[0]?.message.parsed;
  assert.deepEqual(person, { name: 'simulated name', age: 44, tags: ['a', 'a'] });
  assert.ok(new Ajv().validate(PERSON, person));
});

test('Chat: reasoning is paid for and may eat a small cap whole', async () => {
  const completion = await openai.chat.completions.create({
    model: 'gpt-5',
    max_completion_tokens: 20,
    messages: [{ role: 'user', content: 'Hello' }],
  });
  const [choice] = completion.choices;
  assert.deepEqual([choice?.finish_reason, choice?.message.content || null], ['length', null]);
  assert.deepEqual([completion.usage?.completion_tokens, completion.usage?.completion_tokens_details?.reasoning_tokens], [20, 20]);
});

test('Responses: an answer whole and streamed; its helper accepts every event', async () => {
  const body = { model: 'gpt-5', input: 'Hello there', reasoning: { summary: 'auto' as const } };
  const whole = await openai.responses.create(body);
  const streamed = await openai.responses.stream(body).finalResponse();
  for (const response of [whole, streamed]) {
    assert.equal(response.output_text, 'This is a simulated answer to: Hello there');
    assert.deepEqual(
      response.output.map(({ type }) => type),
      ['reasoning', 'message'],
    );
    assert.equal(response.usage?.output_tokens_details.reasoning_tokens, 32);
  }
});

test('Responses: encrypted reasoning is taken back as it was and refused when touched', async () => {
  const asked = [{ role: 'user' as const, content: 'What is the weather in Oslo?' }];
  const first = await openai.responses.create({ model: 'gpt-6-sol', input: asked, tools: [FLAT_TOOL], store: false });
  const results = first.output.flatMap((item) =>
    item.type === 'function_call' ? [{ type: 'function_call_output' as const, call_id: item.call_id, output: 'sunny' }] : [],
  );
  const second = await openai.responses.create({
    model: 'gpt-6-sol',
    input: [...asked, ...(first.output as OpenAI.Responses.ResponseInput), ...results],
    tools: [FLAT_TOOL],
    store: false,
  });
  assert.equal(second.output_text, 'The tools answered. get_weather said: sunny.');
  const touched = first.output.map((item) =>
    item.type === 'reasoning' ? { ...item, encrypted_content: `${item.encrypted_content?.slice(0, -4)}AAAA` } : item,
  );
  await assert.rejects(
    openai.responses.create({
      model: 'gpt-6-sol',
      input: [...asked, ...(touched as OpenAI.Responses.ResponseInput), ...results],
      tools: [FLAT_TOOL],
    }),
    {
      status: 400,
      code: 'invalid_encrypted_content',
    },
  );
});

test('Responses: what was stored is remembered by its id, what was not is not found', async () => {
  const first = await openai.responses.create({ model: 'gpt-4o', input: 'What is the weather in Oslo?', tools: [FLAT_TOOL] });
  const [call] = first.output;
  assert.ok(call?.type === 'function_call');
  const output = [{ type: 'function_call_output' as const, call_id: call.call_id, output: 'sunny' }];
  const second = await openai.responses.create({ model: 'gpt-4o', previous_response_id: first.id, input: output });
  assert.equal(second.output_text, 'The tools answered. get_weather said: sunny.');
  assert.equal((await openai.responses.retrieve(first.id)).id, first.id);
  const unstored = await openai.responses.create({ model: 'gpt-4o', input: 'Hello', store: false });
  await assert.rejects(openai.responses.create({ model: 'gpt-4o', previous_response_id: unstored.id, input: 'And?' }), {
    status: 400,
    code: 'previous_response_not_found',
  });
  await assert.rejects(
    openai.responses.create({ model: 'gpt-4o', input: [{ type: 'item_reference', id: 'rs_unknown' }] }),
    OpenAI.NotFoundError,
  );
});

test('Responses: structured output parses; a custom tool gets text', async () => {
  const parsed = await openai.responses.parse({
    model: 'gpt-5',
    input: 'Who is 30?',
    text: { format: { type: 'json_schema', name: 'person', strict: true, schema: PERSON } },
  });
  assert.deepEqual(parsed.output_parsed, { name: 'simulated name', age: 30, tags: ['a', 'a'] });
  const called = await openai.responses.create({ model: 'gpt-5', input: 'Use it', tools: [{ type: 'custom', name: 'run_code' }] });
  assert.deepEqual(
    called.output.flatMap((item) => (item.type === 'custom_tool_call' ? [[item.name, item.input]] : [])),
    [['run_code', 'simulated input']],
  );
});

test('tokens are counted as they will be billed', async () => {
  const { input_tokens } = await openai.responses.inputTokens.count({ model: 'gpt-4o', input: 'Hello there, how are you?' });
  const { usage } = await openai.responses.create({ model: 'gpt-4o', input: 'Hello there, how are you?' });
  assert.deepEqual([input_tokens, usage?.input_tokens], [7, 7]);
});

test('embeddings are unit vectors, equal for equal texts, as floats and as base64', async () => {
  const asked = { model: 'text-embedding-3-small', input: ['one', 'two', 'one'], dimensions: 32 };
  const decoded = await openai.embeddings.create(asked);
  const floats = await openai.embeddings.create({ ...asked, encoding_format: 'float' });
  const [one, two, again] = floats.data.map(({ embedding }) => embedding);
  assert.equal(one?.length, 32);
  assert.ok(Math.abs(Math.hypot(...one!) - 1) < 1e-6);
  assert.deepEqual(again, one);
  assert.notDeepEqual(two, one);
  assert.deepEqual(decoded.data[0]?.embedding.map(Math.fround), one?.map(Math.fround));
});

test('models are listed in OpenAI’s shape, and unknown ones are not found', async () => {
  const { data } = await openai.models.list();
  assert.ok(data.some(({ id }) => id === 'gpt-5'));
  assert.ok(!data.some(({ id }) => id.startsWith('claude')));
  assert.equal((await openai.models.retrieve('gpt-5')).id, 'gpt-5');
  await assert.rejects(openai.models.retrieve('gpt-99'), OpenAI.NotFoundError);
  await assert.rejects(openai.chat.completions.create({ model: 'gpt-99', messages: [{ role: 'user', content: 'x' }] }), {
    status: 404,
    code: 'model_not_found',
  });
});
