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

test('a vendor without a key in the file has the variable that LiteLLM reads', () => {
  const vendors = [
    'openai',
    'anthropic',
    'groq',
    'mistral',
    'deepseek',
    'openrouter',
    'xai',
    'cerebras',
    'gemini',
    'perplexity',
    'hosted_vllm',
  ];
  const params = (vendor: string) => (vendor === 'hosted_vllm' ? { api_base: 'http://10.0.0.7:8000/v1' } : {});
  const { config } = imported('litellm', { model_list: vendors.map((vendor) => entry(vendor, `${vendor}/a`, params(vendor))) });
  const keys = Object.entries<{ apiKey?: string }>(config.providers).map(([name, { apiKey }]) => [name, apiKey]);
  assert.deepEqual(Object.fromEntries(keys), {
    openai: '${OPENAI_API_KEY}',
    anthropic: '${ANTHROPIC_API_KEY}',
    groq: '${GROQ_API_KEY}',
    mistral: '${MISTRAL_API_KEY}',
    deepseek: '${DEEPSEEK_API_KEY}',
    openrouter: '${OPENROUTER_API_KEY}',
    xai: '${XAI_API_KEY}',
    cerebras: '${CEREBRAS_API_KEY}',
    gemini: '${GEMINI_API_KEY}',
    perplexity: '${PERPLEXITYAI_API_KEY}',
    hosted_vllm: undefined,
  });
});

test('where LiteLLM reads one of several variables, the others are told', () => {
  const { config, notes } = imported('litellm', { model_list: [entry('m', 'together_ai/a')] });
  assert.equal(config.providers.together_ai.apiKey, '${TOGETHERAI_API_KEY}');
  told(notes, 'model_list[0]', 'TOGETHERAI_API_KEY', 'TOGETHER_API_KEY');
});

test("Ollama's address gets the path of its Chat Completions, and ollama_chat is Ollama", () => {
  const { config } = imported('litellm', {
    model_list: [
      entry('a', 'ollama/llama-4', { api_base: 'http://10.0.0.8:11434' }),
      entry('b', 'ollama_chat/qwen-3', { api_base: 'http://10.0.0.8:11434/' }),
      entry('c', 'ollama_chat/qwen-3', { api_base: 'os.environ/OLLAMA_API_BASE' }),
      entry('d', 'ollama/qwen-3', { api_base: 'http://10.0.0.9:11434/v1' }),
    ],
  });
  assert.deepEqual(config, {
    providers: {
      ollama: { dialect: 'openai-chat', baseUrl: 'http://10.0.0.8:11434/v1' },
      'ollama-2': { dialect: 'openai-chat', baseUrl: '${OLLAMA_API_BASE}/v1' },
      'ollama-3': { dialect: 'openai-chat', baseUrl: 'http://10.0.0.9:11434/v1' },
    },
    models: {
      a: { targets: ['ollama/llama-4'] },
      b: { targets: ['ollama/qwen-3'] },
      c: { targets: ['ollama-2/qwen-3'] },
      d: { targets: ['ollama-3/qwen-3'] },
    },
  });
});

test('a password in an address is not copied', () => {
  const { config, notes, stdout } = imported('litellm', {
    model_list: [entry('m', 'openai/a', { api_base: 'https://me:pass-word@models.example.com/v1?key=se-cret' })],
  });
  assert.equal(config.providers.example.baseUrl, 'https://models.example.com/v1');
  assert.ok(!/pass-word|se-cret/.test(`${stdout}${notes.join()}`));
  told(notes, 'model_list[0].litellm_params.api_base');
});

test('a wildcard of a prefix is a provider of that name, which a fallback may ask for too', () => {
  const { config, notes } = imported('litellm', {
    model_list: [
      entry('smart', 'anthropic/claude-sonnet-5', { api_key: 'os.environ/OTHER_KEY' }),
      entry('anthropic/*', 'anthropic/*'),
      entry('claude/*', 'anthropic/*'),
    ],
    litellm_settings: { fallbacks: [{ smart: ['claude/claude-haiku-5-5'] }] },
  });
  assert.deepEqual(config, {
    providers: {
      anthropic: { dialect: 'anthropic', apiKey: '${ANTHROPIC_API_KEY}' },
      claude: { dialect: 'anthropic', apiKey: '${ANTHROPIC_API_KEY}' },
      'anthropic-2': { dialect: 'anthropic', apiKey: '${OTHER_KEY}' },
    },
    models: { smart: { targets: ['anthropic-2/claude-sonnet-5', 'claude/claude-haiku-5-5'] } },
  });
  assert.deepEqual(notes, []);
});

test('a wildcard that is more than a prefix gets its provider, and a note of how names lead there', () => {
  const { config, notes } = imported('litellm', { model_list: [entry('*', '*'), entry('fast-*', 'groq/llama-*')] });
  assert.deepEqual([Object.keys(config.providers), config.models], [['openai', 'groq'], {}]);
  told(notes, 'model_list[0].model_name', '"*"', 'openai/');
  told(notes, 'model_list[1].model_name', '"fast-*"', 'groq/');
});

test('own prices and windows of a model become prices and facts, and the rest of model_info is told', () => {
  const whole = { input_cost_per_token: 0.000002, output_cost_per_token: 0.000008 };
  const { config, notes } = imported('litellm', {
    model_list: [
      {
        ...entry('m', 'hosted_vllm/qwen-3', { api_base: 'http://10.0.0.7:8000/v1', output_cost_per_token: '0.0000006' }),
        model_info: {
          input_cost_per_token: 1.5e-7,
          cache_read_input_token_cost: 0,
          max_input_tokens: 131072,
          max_output_tokens: 8192,
          mode: 'chat',
          supports_vision: true,
          output_cost_per_second: 0.1,
        },
      },
      { ...entry('n', 'openai/a'), model_info: { ...whole, cache_creation_input_token_cost: 0.000003 } },
      { ...entry('o', 'openai/a'), model_info: { ...whole, cache_creation_input_token_cost: 0.000004, max_tokens: 4096 } },
    ],
  });
  assert.deepEqual(
    [config.prices, config.modelFacts],
    [
      {
        'hosted_vllm/qwen-3': { input: '$0.15', output: '$0.6', cacheRead: '$0' },
        'openai/a': { input: '$2', output: '$8', cacheWrite30m: '$3' },
      },
      { 'hosted_vllm/qwen-3': { contextTokens: 131072, outputTokensMax: 8192 } },
    ],
  );
  told(notes, 'model_list[0].model_info.supports_vision');
  told(notes, 'model_list[0].model_info.output_cost_per_second');
  told(notes, 'model_list[2].model_info', 'openai/a', 'model_list[1]');
  told(notes, 'model_list[2].model_info.max_tokens');
  assert.ok(!notes.some((note) => note.includes('output_cost_per_token')));
});

test('prices without one of questions and one of answers are told, as they would replace those that are known', () => {
  const { config, notes } = imported('litellm', { model_list: [entry('m', 'openai/gpt-6-luna', { input_cost_per_token: 0.000002 })] });
  assert.equal(config.prices, undefined);
  told(notes, 'model_list[0].litellm_params.input_cost_per_token');
});

test('a price too fine for the books is told and not rounded away', () => {
  const { config, notes } = imported('litellm', {
    model_list: [{ ...entry('m', 'openai/a'), model_info: { input_cost_per_token: 1e-13, max_input_tokens: 1000 } }],
  });
  assert.equal(config.prices, undefined);
  told(notes, 'model_list[0].model_info.input_cost_per_token');
});

test('every setting without a like is told with its place, and its value is not', () => {
  const { notes, stdout } = imported('litellm', {
    model_list: [
      {
        ...entry('m', 'openai/a', { stream_timeout: 5, max_retries: 4, extra_headers: { authorization: 'sk-secret' }, rpm: 'many' }),
        blocked: false,
      },
    ],
    litellm_settings: { set_verbose: true, cache_params: { password: 'sk-secret' }, num_retries: 'some', drop_params: true },
    router_settings: { redis_password: 'sk-secret', model_group_alias: { n: { model: 'm', hidden: true } } },
    general_settings: { master_key: 'sk-secret-master', alerting: ['slack'], proxy_batch_write_at: 60 },
    environment_variables: { OPENAI_API_KEY: 'sk-secret' },
    guardrails: [{ guardrail_name: 'g' }],
  });
  assert.ok(!`${stdout}${notes.join()}`.includes('sk-secret'));
  for (const place of [
    'model_list[0].litellm_params.stream_timeout',
    'model_list[0].litellm_params.max_retries',
    'model_list[0].litellm_params.extra_headers',
    'model_list[0].litellm_params.rpm',
    'model_list[0].blocked',
    'litellm_settings.set_verbose',
    'litellm_settings.cache_params',
    'litellm_settings.num_retries',
    'litellm_settings.drop_params',
    'router_settings.redis_password',
    'router_settings.model_group_alias.n.hidden',
    'general_settings.master_key',
    'general_settings.alerting',
    'general_settings.proxy_batch_write_at',
    'environment_variables.OPENAI_API_KEY',
    'guardrails',
  ])
    told(notes, `note: ${place}: `);
});

test('fallbacks for all models are carried, through aliases too; those from or to nowhere are told', () => {
  const { config, notes } = imported('litellm', {
    model_list: [entry('a', 'openai/a'), entry('b', 'openai/b'), entry('c', 'openai/c')],
    litellm_settings: { default_fallbacks: ['c'] },
    router_settings: {
      fallbacks: [{ a: ['other'] }, { gone: ['a'] }, { b: ['nowhere', { model: 'a' }] }],
      model_group_alias: { other: 'b' },
    },
  });
  assert.deepEqual(config.models, {
    a: { targets: ['openai/a', 'openai/b'] },
    b: { targets: ['openai/b'] },
    c: { targets: ['openai/c'] },
    other: { targets: ['openai/b'] },
  });
  told(notes, 'router_settings.fallbacks of "gone"');
  told(notes, 'router_settings.fallbacks of "b"', '"nowhere"');
  told(notes, 'router_settings.fallbacks of "b"', 'no name');
  const all = { model_list: [entry('a', 'openai/a'), entry('c', 'openai/c')], litellm_settings: { default_fallbacks: ['c'] } };
  assert.deepEqual(imported('litellm', all).config.models.a, { targets: ['openai/a', 'openai/c'] });
});

test('a server known by its number alone is called compatible', () => {
  const { config } = imported('litellm', { model_list: [entry('m', 'openai/a', { api_base: 'http://10.0.0.1:8000/v1' })] });
  assert.deepEqual(config.models.m, { targets: ['compatible/a'] });
});
