import assert from 'node:assert/strict';
import test from 'node:test';
import { failureOf } from '../model/failure.ts';
import { modelsAnswer } from './models.ts';
import type { ModelListing } from './rooms.ts';
import { routeOf } from './routes.ts';

const model = (id: string, more: Partial<ModelListing> = {}): ModelListing => ({ id, createdS: 1_790_000_000, provider: 'acme', ...more });
const MODELS = ['a', 'b', 'c', 'd', 'e'].map((id) => model(id));

const listings = (models: readonly ModelListing[]) => ({
  models: () => models,
  model: (id: string) => models.find((each) => each.id === id),
});
const openai = (target: string, models = MODELS) => modelsAnswer(listings(models), routeOf(target)!, 'openai-chat');
const anthropic = (target: string, models = MODELS) => modelsAnswer(listings(models), routeOf(target)!, 'anthropic-messages');

test('OpenAI clients get the whole list, unpaged', () => {
  assert.deepEqual(openai('/v1/models?limit=1', [model('smart')]), {
    object: 'list',
    data: [{ id: 'smart', object: 'model', created: 1_790_000_000, owned_by: 'acme' }],
  });
});

test('Anthropic clients get every field their SDK has, unknown ones as null', () => {
  const known = model('smart', { displayName: 'Smart', contextTokens: 200_000, outputTokensMax: 64_000 });
  const shape = {
    type: 'model',
    created_at: '2026-09-21T14:13:20Z',
    lifecycle: 'active',
    line: null,
    deprecated_at: null,
    retires_at: null,
    capabilities: null,
  };
  assert.deepEqual(anthropic('/v1/models', [known, model('plain')]), {
    data: [
      { ...shape, id: 'smart', display_name: 'Smart', max_input_tokens: 200_000, max_tokens: 64_000 },
      { ...shape, id: 'plain', display_name: 'plain', max_input_tokens: null, max_tokens: null },
    ],
    has_more: false,
    first_id: 'smart',
    last_id: 'plain',
  });
  assert.deepEqual(anthropic('/v1/models', []), { data: [], has_more: false, first_id: null, last_id: null });
});

const PAGES: readonly (readonly [query: string, ids: string, hasMore: boolean])[] = [
  ['limit=2', 'ab', true],
  ['limit=2&after_id=b', 'cd', true],
  ['limit=2&after_id=d', 'e', false],
  ['after_id=e', '', false],
  ['limit=2&before_id=d', 'bc', true],
  ['limit=2&before_id=c', 'ab', false],
  ['before_id=a', '', false],
];

for (const [query, ids, hasMore] of PAGES)
  test(`the page ${query} of abcde is "${ids}"`, () => {
    const { data, has_more } = anthropic(`/v1/models?${query}`) as { data: { id: string }[]; has_more: boolean };
    assert.deepEqual([data.map(({ id }) => id).join(''), has_more], [ids, hasMore]);
  });

for (const query of ['limit=0', 'limit=1001', 'limit=few', 'after_id=z', 'before_id='])
  test(`the page ${query} is refused by the field's name`, () => {
    let failure: unknown;
    try {
      anthropic(`/v1/models?${query}`);
    } catch (error) {
      failure = failureOf(error);
    }
    const { kind, param } = failure as { kind: string; param: string };
    assert.deepEqual([kind, param], ['invalid', query.split('=')[0]]);
  });

test('one model is shown by its id, slashes and all, and a missing one is missing', () => {
  assert.deepEqual(openai('/v1/models/team%2Fsmart', [model('team/smart')]), {
    id: 'team/smart',
    object: 'model',
    created: 1_790_000_000,
    owned_by: 'acme',
  });
  assert.throws(
    () => openai('/v1/models/none'),
    (error) => failureOf(error).kind === 'missing',
  );
});
