import assert from 'node:assert/strict';
import test, { after, type TestContext } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import type { JsonObject } from '../../src/model/json.ts';
import { startGateway, TARGETS } from './gateway.ts';
import { anthropicAt } from './talks.ts';

// Anthropic's SDK has the server hold the conversations of its tool runner: each round it sends only what is new.
const { url, simulator } = await startGateway({ after } as Pick<TestContext, 'after'>);
const { beta } = anthropicAt(url);
const user = (content: string) => ({ role: 'user' as const, content });

function weatherRun(at: Anthropic, model: string, stream: boolean) {
  const cities: string[] = [];
  const weather = betaTool({
    name: 'weather',
    description: 'The weather of a city',
    inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
    run: ({ city }) => `${cities.push(city)} degrees in ${city}`,
  });
  const messages = [user('use the weather tool for Oslo and Rome')];
  return { cities, runner: at.beta.messages.toolRunner({ model, max_tokens: 2000, stream, messages, tools: [weather] }) };
}
const textOf = (content: readonly { readonly type: string; readonly text?: string }[]) => content.map(({ text }) => text ?? '').join('');

for (const [dialect, model] of Object.entries(TARGETS)) {
  for (const stream of [false, true]) {
    for (const onLoss of ['content=refuse', 'allow']) {
      test(`Anthropic’s tool runner → ${dialect}${stream ? ', streamed' : ''}, ${onLoss}: both results reach the model`, async () => {
        const at = anthropicAt(url).withOptions({ defaultHeaders: { 'x-headgate-on-loss': onLoss } });
        const { cities, runner } = weatherRun(at, model, stream);
        assert.match(textOf((await runner.runUntilDone()).content), /1 degrees in Oslo.*2 degrees in Rome/);
        assert.deepEqual(cities, ['Oslo', 'Rome']);
      });
    }
  }
}

test('a conversation that Claude holds goes on with what is new', async () => {
  const thread = beta.messages.thread({ model: TARGETS['anthropic-messages'], max_tokens: 2000 });
  await thread.send(user('My name is Ada.'));
  const { usage } = await thread.send(user('What is my name?'));
  const { messages, thread: sent } = simulator.requests.at(-1)!.body as { messages: readonly JsonObject[]; thread: JsonObject };
  assert.deepEqual([messages.length, sent['type']], [1, 'continue']);
  assert.ok(usage.input_tokens > 10, 'what came before is counted');
});

for (const model of [TARGETS['openai-chat'], TARGETS['openai-responses']]) {
  test(`nobody holds a conversation at ${model}: the SDK is told in Anthropic’s words, and sends it whole if it may`, async () => {
    const from = simulator.requests.length;
    const thread = beta.messages.thread({ model, max_tokens: 2000 });
    await assert.rejects(async () => thread.send(user('My name is Ada.')), Anthropic.ThreadUnsupportedRequestError);
    assert.equal(simulator.requests.length, from);
    const whole = beta.messages.thread({ model, max_tokens: 2000, unsupportedRequestBehavior: 'continue_unthreaded' });
    await whole.send(user('My name is Ada.'));
    await whole.send(user('What is my name?'));
    assert.match(JSON.stringify(simulator.requests.at(-1)!.body), /My name is Ada.*What is my name/);
  });
}

for (const targets of [
  ['claude/claude-sonnet-5', 'responses/gpt-6-sol'],
  ['responses/gpt-6-sol', 'claude/claude-sonnet-5'],
]) {
  test(`${targets.join(', then ')}: a run that Claude holds goes on elsewhere when Claude goes down`, async (t) => {
    const down = [{ when: { model: 'claude-*', nth: [2, 3, 4, 5, 6] }, fault: { status: 529 } }];
    const { url: routed } = await startGateway(t, down, { models: { m: { targets, retry: { tries: 1 } } } });
    const { runner } = weatherRun(anthropicAt(routed), 'm', false);
    assert.match(textOf((await runner.runUntilDone()).content), /1 degrees in Oslo.*2 degrees in Rome/);
  });
}
