import assert from 'node:assert/strict';
import test from 'node:test';
import { imported, told } from '../support/imported.ts';

const balanced = (...targets: object[]) => ({ strategy: { mode: 'loadbalance' }, targets });
const inOrder = (...targets: object[]) => ({ strategy: { mode: 'fallback' }, targets });
const openai = (model: string) => ({ provider: 'openai', override_params: { model } });
const weighted = (...targets: readonly (readonly [string, number])[]) => ({
  strategy: 'weighted',
  targets: targets.map(([to, weight]) => ({ to, weight })),
});

test('shares of a loadbalance within another are parts of its share', () => {
  const { config } = imported(
    'portkey',
    balanced({ ...balanced({ ...openai('a'), weight: 1 }, openai('b')), weight: 0.5 }, { ...openai('c'), weight: 0.5 }),
  );
  assert.deepEqual(config.models.default, weighted(['openai/a', 0.25], ['openai/b', 0.25], ['openai/c', 0.5]));
});

test('a fallback within a loadbalance keeps its share: its first target has all of it', () => {
  const { config, notes } = imported(
    'portkey',
    balanced({ ...inOrder(openai('a'), openai('b')), weight: 0.7 }, { ...openai('c'), weight: 0.3 }),
  );
  assert.deepEqual(config.models.default, weighted(['openai/a', 0.7], ['openai/b', 0.000001], ['openai/c', 0.3]));
  told(notes, 'model "default"', 'openai/b', 'weigh next to nothing');
});

test('a loadbalance within a fallback is weighted, and what comes after it is asked only then', () => {
  const { config } = imported('portkey', inOrder(balanced({ ...openai('a'), weight: 3 }, openai('b')), openai('c')));
  assert.deepEqual(config.models.default, weighted(['openai/a', 0.75], ['openai/b', 0.25], ['openai/c', 0.000001]));
});

test('a target that is left out leaves its share to its own group', () => {
  const azure = { provider: 'azure-openai', override_params: { model: 'x' } };
  const { config } = imported('portkey', balanced({ ...balanced(azure, openai('a')), weight: 0.5 }, { ...openai('b'), weight: 0.5 }));
  assert.deepEqual(config.models.default, weighted(['openai/a', 0.5], ['openai/b', 0.5]));
});

test('a target with a weight of 0 is switched off, and left out', () => {
  const { config, notes } = imported(
    'portkey',
    balanced(openai('a'), { provider: 'anthropic', override_params: { model: 'b' }, weight: 0 }),
  );
  assert.deepEqual([Object.keys(config.providers), config.models.default], [['openai'], { targets: ['openai/a'] }]);
  told(notes, 'targets[1].weight: 0');
});

test('a target that is there twice is one, with both shares', () => {
  const { config } = imported('portkey', balanced(openai('a'), openai('b'), openai('a')));
  assert.deepEqual(config.models.default, weighted(['openai/a', 2], ['openai/b', 1]));
});

test('no retries are one try, and more than there can be are cut with a note', () => {
  assert.deepEqual(imported('portkey', { ...openai('a'), retry: { attempts: 0 } }).config.models.default.retry, { tries: 1 });
  const { config, notes } = imported('portkey', { ...openai('a'), retry: { attempts: 20 } });
  assert.deepEqual(config.models.default.retry, { tries: 10 });
  told(notes, 'retry.attempts', '20');
});

test('retries and time-outs that all targets share are carried; what is said of some of them is told', () => {
  const each = { retry: { attempts: 2 }, request_timeout: 20000 };
  const { config } = imported('portkey', inOrder({ ...openai('a'), ...each }, { ...openai('b'), ...each }));
  assert.deepEqual(config.models.default, { targets: ['openai/a', 'openai/b'], deadline: '20s', retry: { tries: 3 } });
  const differ = imported('portkey', { ...inOrder(openai('a'), { ...openai('b'), ...each }), retry: { attempts: 1 } });
  assert.deepEqual(differ.config.models.default, { targets: ['openai/a', 'openai/b'], retry: { tries: 2 } });
  told(differ.notes, 'targets[1].retry.attempts');
  told(differ.notes, 'targets[1].request_timeout');
});

test('a key at Azure, Bedrock or Vertex is left out, whatever vendor its name has in it', () => {
  const { config, notes } = imported(
    'portkey',
    inOrder(
      { virtual_key: 'azure-openai-prod', override_params: { model: 'a' } },
      { virtual_key: 'bedrock-anthropic-eu', override_params: { model: 'b' } },
      { provider: '@vertex-anthropic', override_params: { model: 'c' } },
      { provider: '@openai-on-azure', override_params: { model: 'd' } },
      { virtual_key: 'openai-prod', override_params: { model: 'e' } },
    ),
  );
  assert.deepEqual(
    [config.providers, config.models.default],
    [{ 'openai-prod': { dialect: 'openai', apiKey: '${OPENAI_PROD_API_KEY}' } }, { targets: ['openai-prod/e'] }],
  );
  told(notes, 'targets[0]', 'azure-openai-prod', 'left out');
  told(notes, 'targets[1]', 'bedrock-anthropic-eu', 'left out');
  told(notes, 'targets[2]', 'vertex-anthropic', 'left out');
  told(notes, 'targets[3]', 'openai-on-azure', 'left out');
  told(notes, 'targets[4]', 'openai-prod', "taken for openai's");
});

test('@slug names a provider, alone or before the model', () => {
  const { config } = imported(
    'portkey',
    inOrder(
      { provider: '@openai-prod', override_params: { model: 'gpt-6-luna' } },
      { override_params: { model: '@anthropic-eu/claude-haiku-5-5' } },
      { provider: '@openai-prod', override_params: { model: '@openrouter-1/meta/llama-4' } },
    ),
  );
  assert.deepEqual(config, {
    providers: {
      'openai-prod': { dialect: 'openai', apiKey: '${OPENAI_PROD_API_KEY}' },
      'anthropic-eu': { dialect: 'anthropic', apiKey: '${ANTHROPIC_EU_API_KEY}' },
      'openrouter-1': { dialect: 'openai-chat', baseUrl: 'https://openrouter.ai/api/v1', apiKey: '${OPENROUTER_1_API_KEY}' },
    },
    models: { default: { targets: ['openai-prod/gpt-6-luna', 'anthropic-eu/claude-haiku-5-5', 'openrouter-1/meta/llama-4'] } },
  });
});

test('a slug that does not tell its vendor gets an address to fill in', () => {
  const { config, notes } = imported('portkey', { provider: '@main-258f4d', override_params: { model: 'claude-haiku-5-5' } });
  assert.deepEqual(config.providers, {
    'main-258f4d': { dialect: 'openai-chat', baseUrl: '${MAIN_258F4D_BASE_URL}', apiKey: '${MAIN_258F4D_API_KEY}' },
  });
  told(notes, 'main-258f4d', 'does not say whose it is', 'MAIN_258F4D_BASE_URL', 'dialect');
});

test('targets with keys of their own are providers of their own, and the same key is one', () => {
  const { config, notes, stdout } = imported(
    'portkey',
    balanced(
      { ...openai('a'), api_key: 'sk-first-key' },
      { ...openai('a'), api_key: 'sk-second-key' },
      { ...openai('b'), api_key: 'sk-second-key' },
    ),
  );
  assert.ok(!`${stdout}${notes.join()}`.includes('sk-'));
  assert.deepEqual(config, {
    providers: {
      openai: { dialect: 'openai', apiKey: '${OPENAI_API_KEY}' },
      'openai-2': { dialect: 'openai', apiKey: '${OPENAI_2_API_KEY}' },
    },
    models: { default: weighted(['openai/a', 1], ['openai-2/a', 1], ['openai-2/b', 1]) },
  });
  told(notes, 'targets[0].api_key', 'OPENAI_API_KEY');
  told(notes, 'targets[1].api_key', 'OPENAI_2_API_KEY');
});

test('slugs whose variables would have the same name have two', () => {
  const slug = (provider: string) => ({ provider, override_params: { model: 'a' } });
  const { config } = imported('portkey', inOrder(slug('@openai-prod'), slug('@openai_prod')));
  assert.deepEqual(config.providers, {
    'openai-prod': { dialect: 'openai', apiKey: '${OPENAI_PROD_API_KEY}' },
    openai_prod: { dialect: 'openai', apiKey: '${OPENAI_PROD_2_API_KEY}' },
  });
});

test('every setting without a like is told with its place, whichever node it stands on', () => {
  const { notes, stdout } = imported('portkey', {
    strategy: { mode: 'fallback', sticky_session: { ttl: 60 }, on_status_codes: [429] },
    forward_headers: ['x-secret-header'],
    targets: [
      { ...openai('a'), retry: { attempts: 1, on_status_codes: [500] }, input_guardrails: ['g-1'], openai_organization: 'org-secret' },
      { ...inOrder(openai('b')), retry: { attempts: 1 }, cache: { mode: 'simple' } },
    ],
  });
  for (const place of [
    'strategy.sticky_session',
    'strategy.on_status_codes',
    'note: forward_headers',
    'targets[0].retry.on_status_codes',
    'targets[0].input_guardrails',
    'targets[0].openai_organization',
    'targets[1].cache',
  ])
    told(notes, `${place}: `);
  assert.ok(!/org-secret|x-secret/.test(`${stdout}${notes.join()}`));
  told(imported('portkey', { strategy: { mode: 'scientist' }, targets: [openai('a')] }).notes, 'strategy.mode', 'scientist');
});
