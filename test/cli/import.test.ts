import assert from 'node:assert/strict';
import test from 'node:test';
import { imported } from '../support/imported.ts';

const LITELLM = `
model_list:
  - model_name: smart
    litellm_params: { model: anthropic/claude-sonnet-5, api_key: os.environ/ANTHROPIC_API_KEY, timeout: 90 }
  - model_name: fast
    litellm_params: { model: gpt-6-luna, api_key: os.environ/OPENAI_API_KEY, rpm: 600 }
  - model_name: fast
    litellm_params: { model: groq/llama-4-70b, api_key: "gsk-a-key-in-a-file", rpm: 200 }
  - model_name: own
    litellm_params: { model: hosted_vllm/qwen-3, api_base: http://10.0.0.7:8000/v1, rpm: 60, tpm: 90000 }
  - model_name: cloud
    litellm_params: { model: bedrock/claude-sonnet-5, aws_region_name: eu-west-1 }
litellm_settings:
  num_retries: 2
  request_timeout: 600
  drop_params: true
  fallbacks: [{ smart: [fast, gone] }]
  success_callback: [prometheus]
router_settings:
  routing_strategy: simple-shuffle
  model_group_alias: { gpt-4: fast }
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
  database_url: postgresql://localhost/litellm
`;

test("LiteLLM's proxy: models, deployments, fallbacks, time-outs and keys by variables", () => {
  const { status, config, notes, stdout } = imported('litellm', LITELLM);
  assert.equal(status, 0, notes.join('\n'));
  assert.ok(!stdout.includes('gsk-a-key-in-a-file') && !notes.join('').includes('gsk-a-key-in-a-file'));
  assert.deepEqual(config, {
    server: { keys: [{ id: 'master', key: '${LITELLM_MASTER_KEY}' }] },
    providers: {
      anthropic: { dialect: 'anthropic', apiKey: '${ANTHROPIC_API_KEY}' },
      openai: { dialect: 'openai', apiKey: '${OPENAI_API_KEY}', limits: { requestsPerMinute: 600 } },
      groq: {
        dialect: 'openai-chat',
        baseUrl: 'https://api.groq.com/openai/v1',
        apiKey: '${GROQ_FAST_API_KEY}',
        limits: { requestsPerMinute: 200 },
      },
      hosted_vllm: {
        dialect: 'openai-chat',
        baseUrl: 'http://10.0.0.7:8000/v1',
        limits: { requestsPerMinute: 60, tokensPerMinute: 90000 },
      },
    },
    models: {
      smart: { targets: ['anthropic/claude-sonnet-5', 'openai/gpt-6-luna', 'groq/llama-4-70b'], deadline: '90s' },
      fast: {
        strategy: 'weighted',
        targets: [
          { to: 'openai/gpt-6-luna', weight: 600 },
          { to: 'groq/llama-4-70b', weight: 200 },
        ],
      },
      own: { targets: ['hosted_vllm/qwen-3'] },
      'gpt-4': {
        strategy: 'weighted',
        targets: [
          { to: 'openai/gpt-6-luna', weight: 600 },
          { to: 'groq/llama-4-70b', weight: 200 },
        ],
      },
    },
    defaults: { deadline: '600s', retry: { tries: 3 } },
  });
  for (const place of [
    'model_list[2].litellm_params.api_key',
    'model_list[4]: bedrock',
    'fallbacks of "smart": "gone"',
    'success_callback',
    'drop_params',
    'database_url',
  ])
    assert.ok(
      notes.some((note) => note.includes(place)),
      `${place}\n${notes.join('\n')}`,
    );
});

test('routing by price and latency keeps its meaning, and a strategy without a like is told', () => {
  const model = (strategy: string) => `
model_list:
  - { model_name: m, litellm_params: { model: openai/gpt-6-luna } }
  - { model_name: m, litellm_params: { model: anthropic/claude-haiku-5-5 } }
router_settings: { routing_strategy: ${strategy} }
`;
  assert.equal(imported('litellm', model('cost-based-routing')).config.models.m.strategy, 'cheapest');
  assert.equal(imported('litellm', model('latency-based-routing')).config.models.m.strategy, 'fastest');
  const { config, notes } = imported('litellm', model('least-busy'));
  assert.equal(config.models.m.strategy, 'weighted');
  assert.match(notes.join('\n'), /least-busy has no like/);
});

test("Portkey's config: fallbacks, shares, retries, time-outs, in either case of letters", () => {
  const fallback = {
    strategy: { mode: 'fallback', onStatusCodes: [429] },
    retry: { attempts: 4 },
    requestTimeout: 30000,
    cache: { mode: 'semantic', maxAge: 60 },
    targets: [
      { provider: 'openai', apiKey: 'sk-a-key-in-a-file', overrideParams: { model: 'gpt-6-luna', temperature: 0.2 } },
      { provider: 'anthropic', overrideParams: { model: 'claude-haiku-5-5' } },
    ],
  };
  const { status, config, notes, stdout } = imported('portkey', JSON.stringify(fallback), '--name', 'smart');
  assert.equal(status, 0, notes.join('\n'));
  assert.ok(!stdout.includes('sk-a-key') && !notes.join('').includes('sk-a-key'));
  assert.deepEqual(config, {
    providers: {
      openai: { dialect: 'openai', apiKey: '${OPENAI_API_KEY}' },
      anthropic: { dialect: 'anthropic', apiKey: '${ANTHROPIC_API_KEY}' },
    },
    models: { smart: { targets: ['openai/gpt-6-luna', 'anthropic/claude-haiku-5-5'], deadline: '30s', retry: { tries: 5 } } },
  });
  for (const place of ['api_key: holds a key', 'temperature', 'on_status_codes', 'cache'])
    assert.ok(
      notes.some((note) => note.includes(place)),
      place,
    );
  const shared = {
    strategy: { mode: 'loadbalance' },
    override_params: { model: 'gpt-6-luna' },
    targets: [
      { virtual_key: 'openai-prod', weight: 0.7 },
      { virtual_key: 'openai-test', weight: 0.3 },
    ],
  };
  assert.deepEqual(imported('portkey', JSON.stringify(shared)).config.models.default, {
    strategy: 'weighted',
    targets: [
      { to: 'openai-prod/gpt-6-luna', weight: 0.7 },
      { to: 'openai-test/gpt-6-luna', weight: 0.3 },
    ],
  });
});

test('what is no file of theirs is refused, and says why', () => {
  assert.match(imported('litellm', 'a: 1').notes.join('\n'), /names no provider/);
  assert.match(imported('portkey', '{"strategy":{"mode":"single"},"targets":[{"provider":"openai"}]}').notes.join('\n'), /names no model/);
  assert.match(imported('litellm', '{ [').notes.join('\n'), /is no YAML/);
  assert.equal(imported('bifrost', '').status, 2);
});
