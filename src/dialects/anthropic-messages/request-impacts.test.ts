import assert from 'node:assert/strict';
import test from 'node:test';
import { factsOf } from '../../catalogue/index.ts';
import type { JsonObject } from '../../model/json.ts';
import { dialectOf } from '../registry.ts';
import { requestImpacts } from './request-impacts.ts';

const lossesOf = (fields: object) =>
  dialectOf('anthropic-messages')
    .encodeRequest(
      dialectOf('openai-chat').decodeRequest({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...fields }),
      factsOf('claude-sonnet-5'),
    )
    .losses.filter(({ impact }) => impact !== 'none')
    .map(({ path, impact }) => `${path} ${impact}`);

test('what a framework writes into every request is no loss', () => {
  const usual = { n: 1, frequency_penalty: 0, presence_penalty: 0, logprobs: false, modalities: ['text'] };
  assert.deepEqual(lossesOf(usual), []);
});

test('what changes the answer is', () => {
  assert.deepEqual(lossesOf({ n: 2, frequency_penalty: 1, logprobs: true, modalities: ['text', 'audio'] }), [
    'extra.openai-chat.n content',
    'extra.openai-chat.frequency_penalty behavior',
    'extra.openai-chat.logprobs behavior',
    'extra.openai-chat.modalities content',
  ]);
});

test('a search that nobody will make is content', () => {
  assert.deepEqual(lossesOf({ web_search_options: {} }), ['extra.openai-chat.web_search_options content']);
});

test('a request to be answered in the background is, one not to be is not', () => {
  assert.equal(requestImpacts({ 'openai-responses': { background: true } })['background'], 'behavior');
  assert.equal(requestImpacts({ 'openai-responses': { background: false } })['background'], 'none');
});

test('probabilities of words that nobody will tell are a loss to callers of either format of OpenAI’s', () => {
  const impacts = (fields: JsonObject) => {
    const { include, top_logprobs: top } = requestImpacts({ 'openai-responses': fields });
    return [include, top];
  };
  assert.deepEqual(impacts({ include: ['message.output_text.logprobs'], top_logprobs: 2 }), ['behavior', 'behavior']);
  assert.deepEqual(impacts({ include: ['reasoning.encrypted_content'], top_logprobs: 0 }), ['none', 'none']);
  assert.equal(requestImpacts({ 'openai-chat': { logprobs: true, top_logprobs: 2 } })['top_logprobs'], 'none');
});
