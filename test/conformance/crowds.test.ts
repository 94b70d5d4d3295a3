import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import Anthropic, { type APIError as AnthropicError } from '@anthropic-ai/sdk';
import OpenAI, { type APIError as OpenAIError } from 'openai';
import { startSimulator } from '../../src/simulator/index.ts';
import { startGateway } from './gateway.ts';

const messages = [{ role: 'user' as const, content: 'hi' }];

/** A provider that is given one call at once, and has one: a stream that does not end until `hangUp`. */
async function occupied(t: TestContext, queue: number, others?: readonly string[]) {
  const simulator = await startSimulator({ port: 0, script: [{ when: { contains: 'talk for ever' }, fault: { stallAfterEvents: 4 } }] });
  t.after(() => simulator.close());
  const plain = { dialect: 'openai-chat', vendor: 'openai', baseUrl: `${simulator.url}/v1`, apiKey: 'k' };
  const gateway = await startGateway(t, [], {
    providers: { tight: { ...plain, concurrency: { max: 1, queue } }, wide: plain },
    models: { m: ['tight/gpt-4.1', ...(others ?? [])] },
  });
  const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'k', maxRetries: 0 });
  const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: 'k', maxRetries: 0 });
  const talk = await openai.chat.completions.create({ model: 'm', stream: true, messages: [{ role: 'user', content: 'talk for ever' }] });
  await talk[Symbol.asyncIterator]().next();
  t.after(() => talk.controller.abort());
  return { ...gateway, simulator, openai, anthropic, hangUp: () => talk.controller.abort() };
}

const told = ({ status, headers }: OpenAIError | AnthropicError) => [
  status,
  headers!.get('x-should-retry'),
  Number(headers!.get('retry-after')) >= 1,
  Number(headers!.get('retry-after-ms')) >= 1000,
];

test('whom a crowded provider has no place for is told so by its own SDK’s error, and when to come back', async (t) => {
  const { openai, anthropic, simulator, hangUp, notices } = await occupied(t, 0);
  const chat = () => openai.chat.completions.create({ model: 'm', messages });
  const message = () => anthropic.messages.create({ model: 'm', max_tokens: 9, messages });
  await assert.rejects(chat(), (error: OpenAIError) => {
    assert.deepEqual(
      [error.constructor.name, error.type, ...told(error)],
      ['InternalServerError', 'server_error', 503, 'true', true, true],
    );
    return true;
  });
  await assert.rejects(message(), (error: AnthropicError) => {
    assert.deepEqual([error.type, ...told(error)], ['overloaded_error', 529, 'true', true, true]);
    return true;
  });
  assert.equal(simulator.requests.length, 1);
  hangUp();
  const patient = new Anthropic({ baseURL: anthropic.baseURL, apiKey: 'k', maxRetries: 2 });
  assert.equal((await patient.messages.create({ model: 'm', max_tokens: 9, messages })).type, 'message');
  assert.deepEqual(
    notices.flatMap((notice) => (notice.type === 'shedding' ? [`${notice.upstream} ${notice.state}`] : [])),
    ['tight on', 'tight off'],
  );
});

test('who waits gets its turn when a place is free', async (t) => {
  const { openai, simulator, hangUp, headgate } = await occupied(t, 1);
  const waiting = openai.chat.completions.create({ model: 'm', messages }, { headers: { 'x-headgate-priority': 'high' } });
  // The one who comes next is turned away, and by then the first stands in line.
  await assert.rejects(openai.chat.completions.create({ model: 'm', messages }), { status: 503 });
  assert.deepEqual([simulator.requests.length, headgate.running], [1, 2]);
  hangUp();
  assert.equal((await waiting).object, 'chat.completion');
});

test('where there is another target, nobody who has no place is turned away', async (t) => {
  const { openai } = await occupied(t, 0, ['wide/gpt-4.1']);
  const { response } = await openai.chat.completions.create({ model: 'm', messages }).withResponse();
  assert.equal(response.headers.get('x-headgate-trail'), 'tight/gpt-4.1 crowded, wide/gpt-4.1 ok');
});
