import assert from 'node:assert/strict';
import test from 'node:test';
import { guessDialect, routeOf } from './routes.ts';

const PLACES: readonly (readonly [target: string, place: string])[] = [
  ['/v1/chat/completions', 'generate openai-chat'],
  ['/openai/v1/chat/completions', 'generate openai-chat'],
  ['/openai/chat/completions', 'generate openai-chat'],
  ['//v1/chat/completions', 'generate openai-chat'],
  ['/v1/chat/completions/', 'generate openai-chat'],
  ['/v1/responses', 'generate openai-responses'],
  ['/v1/responses/input_tokens', 'count openai-responses'],
  ['/v1/embeddings', 'embed openai-chat'],
  ['/v1/messages', 'generate anthropic-messages'],
  ['/v1/messages?beta=true', 'generate anthropic-messages'],
  ['/anthropic/v1/messages?beta=true', 'generate anthropic-messages'],
  ['/anthropic/messages/count_tokens', 'count anthropic-messages'],
  ['/v1/models', 'models'],
  ['/anthropic/v1/models?limit=5&after_id=a', 'models ?limit=5&after_id=a'],
  ['/v1/models/smart', 'model smart'],
  ['/v1/models/openai/gpt-6-sol', 'model openai/gpt-6-sol'],
  ['/v1/models/openai%2Fgpt-6-sol', 'model openai/gpt-6-sol'],
  ['/openai/models/smart', 'model smart'],
  ['/v1/models/100%', 'model 100%'],
  ['/healthz', 'health'],
  ['/readyz?verbose', 'health'],
  ['/', 'nowhere'],
  ['/v1', 'nowhere'],
  ['/chat/completions', 'nowhere'],
  ['/models/smart', 'nowhere'],
  ['/v1/v1/messages', 'nowhere'],
  ['/openai/v1/messages', 'nowhere'],
  ['/anthropic/v1/chat/completions', 'nowhere'],
  ['/v1/chat/completions/../../etc', 'nowhere'],
];

for (const [target, place] of PLACES)
  test(`${target} leads to ${place}`, () => {
    const route = routeOf(target);
    const { does } = route?.endpoint ?? {};
    const found =
      route?.endpoint.does === 'call'
        ? `${route.endpoint.operation} ${route.endpoint.dialect}`
        : does === 'models'
          ? `${route?.modelId === undefined ? 'models' : `model ${route.modelId}`}${route?.query ? ` ?${route.query}` : ''}`
          : (does ?? 'nowhere');
    assert.equal(found, place);
  });

test('a request whose path says nothing speaks the dialect its headers speak', () => {
  const guess = (target: string, headers = {}) => guessDialect({ method: 'GET', target, headers });
  assert.deepEqual(
    [
      guess('/nothing'),
      guess('/nothing', { 'anthropic-version': '2026-10-21' }),
      guess('/anthropic/nothing'),
      guess('/openai/nothing', { 'anthropic-version': '2026-10-21' }),
      guess('/v1/messages/nothing'),
      guess('/v1/responses/nothing'),
    ],
    ['openai-chat', 'anthropic-messages', 'anthropic-messages', 'openai-chat', 'anthropic-messages', 'openai-responses'],
  );
});
