import assert from 'node:assert/strict';
import test, { after, type TestContext } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { JsonObject } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';
import { startGateway } from './gateway.ts';
import { TALKS } from './talks.ts';

const { url, simulator } = await startGateway({ after } as Pick<TestContext, 'after'>, [], {
  models: { strict: { targets: ['claude/claude-sonnet-5'], onLoss: { behavior: 'refuse' } } },
});

/** What each caller asks that a target cannot be told, and the places by which it is told so. */
const ASKED: readonly (readonly [caller: DialectName, model: string, more: JsonObject, lost: readonly string[]])[] = [
  [
    'openai-chat',
    'claude/claude-sonnet-5',
    { temperature: 0.3, seed: 1, logit_bias: { 1: 2 }, presence_penalty: 1, n: 2, logprobs: true, tomorrow: { a: 1 } },
    ['temperature', 'seed', 'logit_bias', 'presence_penalty', 'n', 'logprobs', 'tomorrow'],
  ],
  [
    'openai-responses',
    'claude/claude-sonnet-5',
    { temperature: 0.3, truncation: 'auto', max_tool_calls: 3, text: { verbosity: 'low' }, tomorrow: 1 },
    ['temperature', 'truncation', 'max_tool_calls', 'text.verbosity', 'tomorrow'],
  ],
  [
    'openai-responses',
    'chat/gpt-4.1',
    { truncation: 'auto', max_tool_calls: 3, previous_response_id: 'resp_1' },
    ['truncation', 'max_tool_calls', 'previous_response_id'],
  ],
  [
    'anthropic-messages',
    'chat/gpt-4.1',
    { top_k: 3, thinking: { type: 'enabled', budget_tokens: 1024 }, inference_geo: 'us' },
    ['thinking.budget_tokens', 'thinking.type', 'top_k', 'inference_geo'],
  ],
  [
    'anthropic-messages',
    'responses/gpt-6-sol',
    { top_k: 3, stop_sequences: ['END'], max_tokens: 5, temperature: 0.1 },
    ['top_k', 'stop_sequences', 'max_tokens', 'temperature'],
  ],
];

/** Where a refusal says something is lost: each item begins with its place and ends with its impact. */
const placesIn = (message: string) =>
  message
    .replace(/^.*?losing something: /, '')
    .split(/ \((?:content|behavior|cost)\)(?:; |\. Send.*$)/)
    .filter(Boolean)
    .map((item) => item.slice(0, item.indexOf(': ')));

for (const [caller, model, more, lost] of ASKED) {
  for (const stream of [false, true]) {
    test(`${caller} → ${model}${stream ? ', streamed' : ''}: told to refuse, every loss is in one native 400, and nothing is sent`, async () => {
      const from = simulator.requests.length;
      const talk = TALKS[caller](url, { stream, headers: { 'x-headgate-on-loss': 'refuse' } });
      talk.say('Hello.');
      await assert.rejects(talk.ask(model, more), (error) => {
        assert.ok(error instanceof (caller === 'anthropic-messages' ? Anthropic : OpenAI).BadRequestError);
        assert.deepEqual(placesIn(error.message).toSorted(), [...lost].toSorted());
        assert.equal(error.headers?.get('x-headgate-losses'), String(lost.length));
        if (error instanceof OpenAI.BadRequestError) {
          assert.deepEqual([error.type, error.code], ['invalid_request_error', 'headgate_unsupported']);
          assert.ok(lost.includes(error.param ?? ''));
        } else {
          const { error: told, request_id } = error.error as { error: JsonObject; request_id: string };
          assert.equal(told['type'], 'invalid_request_error');
          assert.equal((told['details'] as JsonObject)['error_code'], 'headgate_unsupported');
          assert.match(request_id, /^call_/);
        }
        return true;
      });
      assert.equal(simulator.requests.length, from);
    });

    test(`${caller} → ${model}${stream ? ', streamed' : ''}: told to allow, every loss is in the SDK's final object, and counted`, async () => {
      const talk = TALKS[caller](url, { stream, headers: { 'x-headgate-on-loss': 'allow' } });
      talk.say('Hello.');
      const { losses } = await talk.ask(model, more);
      assert.equal(losses.length, lost.length, JSON.stringify(losses));
    });
  }
}

for (const [name, headers, refused] of [
  ['refuses', {}, true],
  ['is overruled by the call', { 'x-headgate-on-loss': 'behavior=allow' }, false],
] as const) {
  test(`a route that is told to refuse ${name}`, async () => {
    const talk = TALKS['openai-chat'](url, { headers });
    talk.say('Hello.');
    const asked = talk.ask('strict', { seed: 1 });
    if (refused) await assert.rejects(asked, /seed: /);
    else assert.deepEqual((await asked).losses.length, 1);
  });
}
