import assert from 'node:assert/strict';
import test from 'node:test';
import { imported, told } from '../support/imported.ts';

const entry = (model_name: string, model: string, params: object = {}) => ({ model_name, litellm_params: { model, ...params } });
const weighted = (...targets: readonly (readonly [string, number])[]) => ({
  strategy: 'weighted',
  targets: targets.map(([to, weight]) => ({ to, weight })),
});

test('a deployment that a shuffle never draws is left out with a note', () => {
  const { config, notes } = imported('litellm', {
    model_list: [
      entry('m', 'openai/a', { weight: 2 }),
      entry('m', 'openai/b', { weight: 1 }),
      entry('m', 'anthropic/c', { weight: 0 }),
      entry('m', 'anthropic/d', { rpm: 60 }),
    ],
  });
  assert.deepEqual([Object.keys(config.providers), config.models.m], [['openai'], weighted(['openai/a', 2], ['openai/b', 1])]);
  told(notes, 'model_list[2].litellm_params.weight');
  told(notes, 'model_list[3].litellm_params.weight');
});

test('deployments with fallbacks keep their shares', () => {
  const { config } = imported('litellm', {
    model_list: [entry('m', 'openai/a', { weight: 2 }), entry('m', 'openai/b', { weight: 1 }), entry('n', 'openai/c')],
    router_settings: { fallbacks: [{ m: ['n'] }] },
  });
  assert.deepEqual(config.models.m, weighted(['openai/a', 2], ['openai/b', 1], ['openai/c', 0.000001]));
});

test('a deployment that is there twice is one target', () => {
  const { config } = imported('litellm', { model_list: [entry('m', 'openai/a'), entry('m', 'openai/a'), entry('m', 'openai/b')] });
  assert.deepEqual(config.models.m, weighted(['openai/a', 2], ['openai/b', 1]));
  const cheapest = {
    model_list: [entry('m', 'openai/a'), entry('m', 'openai/a')],
    router_settings: { routing_strategy: 'cost-based-routing' },
  };
  assert.deepEqual(imported('litellm', cheapest).config.models.m, { targets: ['openai/a'] });
});

test('no retries are one try', () => {
  const { config } = imported('litellm', { model_list: [entry('m', 'openai/a')], litellm_settings: { num_retries: 0 } });
  assert.deepEqual(config.defaults, { retry: { tries: 1 } });
});

test('deployments with keys and rates of their own are providers of their own', () => {
  const { config, notes, stdout } = imported('litellm', {
    model_list: [
      entry('m', 'openai/a', { api_key: 'sk-first-key', rpm: 60 }),
      entry('m', 'openai/a', { api_key: 'sk-second-key', rpm: 600 }),
      entry('n', 'openai/b', { api_key: 'os.environ/OPENAI_M_API_KEY' }),
      entry('o', 'openai/c', { api_key: 'os.environ/OPENAI_M_API_KEY', rpm: 60 }),
      entry('p', 'openai/d', { api_key: 'os.environ/OPENAI_M_API_KEY', rpm: 60 }),
    ],
  });
  assert.ok(!`${stdout}${notes.join()}`.includes('sk-'));
  assert.deepEqual(config, {
    providers: {
      openai: { dialect: 'openai', apiKey: '${OPENAI_M_2_API_KEY}', limits: { requestsPerMinute: 60 } },
      'openai-2': { dialect: 'openai', apiKey: '${OPENAI_M_3_API_KEY}', limits: { requestsPerMinute: 600 } },
      'openai-3': { dialect: 'openai', apiKey: '${OPENAI_M_API_KEY}' },
      'openai-4': { dialect: 'openai', apiKey: '${OPENAI_M_API_KEY}', limits: { requestsPerMinute: 60 } },
      'openai-5': { dialect: 'openai', apiKey: '${OPENAI_M_API_KEY}', limits: { requestsPerMinute: 60 } },
    },
    models: {
      m: weighted(['openai/a', 60], ['openai-2/a', 600]),
      n: { targets: ['openai-3/b'] },
      o: { targets: ['openai-4/c'] },
      p: { targets: ['openai-5/d'] },
    },
  });
  told(notes, 'model_list[0].litellm_params.api_key', 'OPENAI_M_2_API_KEY');
  told(notes, 'model_list[1].litellm_params.api_key', 'OPENAI_M_3_API_KEY');
});
