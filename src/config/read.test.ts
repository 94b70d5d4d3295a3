import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { priceOf } from '../accounting/price.ts';
import { priceBook } from '../accounting/prices/index.ts';
import { DEFAULT_BREAKER } from '../policy/breaker.ts';
import { DEFAULT_RETRY } from '../policy/next.ts';
import type { Config } from './config.ts';
import { problemText } from './problems.ts';
import { configOf, readConfig } from './read.ts';

const PROVIDERS = 'providers:\n  openai: { dialect: openai, apiKey: k }\n  anthropic: { dialect: anthropic, apiKey: k }\n';

test('a whole configuration is read with its units, and defaults fill the rest', () => {
  const config = configured(
    `
server: { port: 8080, keys: [{ id: ci, key: a-key-of-16-chars, feature: tests }], limits: { bodyMax: 1MB } }
providers:
  openai:    { dialect: openai, apiKeys: [one, two], timeouts: { connect: 500ms, firstByte: 1m30s } }
  local:     { dialect: openai-chat, baseUrl: http://localhost:8000/v1/, headers: { X-Team: red }, includeUsage: false }
models:
  smart: { targets: [openai/gpt-6-sol, { to: local/llama, weight: 3 }], strategy: weighted, deadline: 2m, onLoss: { cost: refuse } }
defaults: { repair: true }
ledger: off
alerts: off
log: { level: debug }
`,
  );
  const rules = {
    deadlineMs: 600_000,
    retry: DEFAULT_RETRY,
    onCut: 'fail',
    onLoss: { content: 'refuse', behavior: 'allow', cost: 'allow' },
    repair: true,
    ceilings: {},
  } as const;
  const provider = { connectMs: 10_000, firstByteMs: 300_000, stallMs: 300_000, connectionsMax: 2048, includeUsage: true, headers: {} };
  assert.deepEqual(config, {
    server: {
      host: '127.0.0.1',
      port: 8080,
      keys: [{ id: 'ci', sha256: createHash('sha256').update('a-key-of-16-chars').digest('hex'), feature: 'tests' }],
      open: false,
      drainMs: 2000,
      limits: { bodyBytesMax: 1_048_576, headersBytesMax: 32_768, depthMax: 128, connectionsMax: 10_000 },
    },
    providers: new Map(
      Object.entries({
        openai: {
          ...provider,
          name: 'openai',
          dialects: ['openai-chat', 'openai-responses'],
          baseUrl: 'https://api.openai.com/v1',
          keys: ['one', 'two'],
          connectMs: 500,
          firstByteMs: 90_000,
          vendor: 'openai',
        },
        local: {
          ...provider,
          name: 'local',
          dialects: ['openai-chat'],
          baseUrl: 'http://localhost:8000/v1',
          keys: [],
          headers: { 'x-team': 'red' },
          includeUsage: false,
          vendor: 'other',
        },
      }),
    ),
    models: new Map([
      [
        'smart',
        {
          ...rules,
          deadlineMs: 120_000,
          onLoss: { ...rules.onLoss, cost: 'refuse' },
          strategy: 'weighted',
          targets: [
            { provider: 'openai', model: 'gpt-6-sol', weight: 1 },
            { provider: 'local', model: 'llama', weight: 3 },
          ],
        },
      ],
    ]),
    breaker: DEFAULT_BREAKER,
    defaults: rules,
    modelFacts: new Map(),
    prices: [],
    budgets: [],
    limits: [],
    attribution: { featureRequired: false },
    idempotency: { windowMs: 86_400_000, bytesMax: 64 * 1024 ** 2 },
    webhooks: new Map(),
    log: { level: 'debug' },
    metrics: { path: '/metrics', open: false, linesMax: 2000, features: ['tests'] },
  });
});

test('budgets, limits and ceilings are read', () => {
  const { budgets, limits, models, defaults, providers } = configured(`
providers: { openai: { dialect: openai, limits: { requestsPerMinute: 500 } } }
models: { small: { targets: [openai/gpt-6-luna], callTokensMax: 5000 } }
defaults: { callCostMax: $2, outputTokens: 4096 }
budgets:
  - { scope: { feature: search, tag: { team: "*" } }, limit: $50, period: day, timezone: Europe/Berlin, onUnpriced: $0.50 }
  - { limit: $3000, period: month, exceeded: alert }
limits: [{ scope: { user: "*" }, tokensPerMinute: 1000 }]
`);
  assert.deepEqual(budgets, [
    {
      name: 'feature=search,tag:team=* per day in Europe/Berlin',
      scope: { feature: 'search', 'tag:team': '*' },
      limit: 50_000_000_000_000n,
      period: 'day',
      timezone: 'Europe/Berlin',
      exceeded: 'block',
      onUnpriced: 500_000_000_000n,
    },
    {
      name: 'total per month, alert only',
      scope: {},
      limit: 3000_000_000_000_000n,
      period: 'month',
      timezone: 'UTC',
      exceeded: 'alert',
      onUnpriced: 'refuse',
    },
  ]);
  assert.deepEqual(limits, [{ scope: { user: '*' }, tokensPerMinute: 1000 }]);
  assert.deepEqual(models.get('small')?.ceilings, { callTokensMax: 5000, callCostMax: 2_000_000_000_000n });
  assert.deepEqual([defaults.outputTokens, providers.get('openai')?.limits], [4096, { requestsPerMinute: 500 }]);
});

test('budgets and limits that cannot hold are told of', () => {
  assert.deepEqual(
    problems(`${PROVIDERS}ledger: off
budgets:
  - { limit: 50, period: day }
  - { limit: $1, period: week }
`),
    [
      'config:6:7: budgets[0].limit must be an amount of dollars with its sign, such as "$50" or "$0.25", got 50',
      'config:7:18: budgets[1].period must be "hour" or "day" or "month", got "week"',
    ],
  );
  assert.deepEqual(
    problems(`${PROVIDERS}ledger: off
budgets:
  - { limit: $1, period: day, timezone: Mars/Olympus }
  - { limit: $5000000, period: hour }
  - { limit: $2, period: hour }
limits:
  - { scope: total }
`),
    [
      'config:5:1: budgets need a ledger to be kept in: remove "ledger: off"',
      'config:6:31: budgets[0].timezone must be the name of a time zone, such as "Europe/Berlin", got "Mars/Olympus"',
      'config:7:7: budgets[1].limit must be at most $4000000',
      'config:8:5: budgets[2] is for the same calls and period as budgets[1]: keep one',
      'config:10:5: limits[0] needs requestsPerMinute, tokensPerMinute or both',
    ],
  );
});

test('a model may be one target, a list of them, or spelled out', () => {
  const { models } = configured(`${PROVIDERS}models:\n  a: openai/x\n  b: [openai/x]\n  c: { targets: [openai/x] }`);
  assert.deepEqual(models.get('a'), models.get('c'));
  assert.deepEqual(models.get('b'), models.get('c'));
});

test('JSON is read as YAML is, tabs and all', () => {
  const json = JSON.stringify({ providers: { openai: { dialect: 'openai', apiKey: 'k' } } }, null, '\t');
  assert.deepEqual(configured(json).providers.get('openai')?.keys, ['k']);
});

test('variables stand anywhere, also unquoted between braces, and never become structure', () => {
  const env = { KEY: 'sk, evil: {x}', URL: 'http://localhost:1/v1', PORT: '81' };
  const config = configured(
    [
      'server: { port: ${PORT} }',
      'providers:',
      '  a: { dialect: openai-chat, baseUrl: ${URL}, headers: { x-a: ${KEY}, x-b: "$${KEY}", x-c: pre-${NONE:-d, {e: f}-post } }',
      '# ${NOT_THERE} in a comment is no reference',
    ].join('\n'),
    env,
  );
  const { baseUrl, headers } = config.providers.get('a')!;
  assert.deepEqual(
    { port: config.server.port, baseUrl, headers },
    { port: 81, baseUrl: env.URL, headers: { 'x-a': env.KEY, 'x-b': '${KEY}', 'x-c': 'pre-d, {e: f-post' } },
  );
});

test('a missing variable is an error that names it, its place and its line; a default of nothing is allowed', () => {
  const text = 'providers:\n  openai: { dialect: openai, apiKey: ${NO_KEY} }\n  other: { dialect: anthropic, apiKey: ${EMPTY} }\n';
  assert.deepEqual(problems(text, { EMPTY: '' }), [
    'config:2:30: providers.openai.apiKey needs the environment variable NO_KEY, which is not set (${NO_KEY:-default} gives it a default)',
    'config:3:32: providers.other.apiKey needs the environment variable EMPTY, which is empty (${EMPTY:-default} gives it a default)',
  ]);
  assert.deepEqual(
    configured('providers: { a: { dialect: openai, apiKey: k, headers: { x: "${EMPTY:-}" } } }').providers.get('a')?.headers,
    { x: '' },
  );
});

test('a reference that is none is an error', () => {
  assert.deepEqual(problems('providers: { a: { dialect: openai, apiKey: "${not a name}", headers: { x: "${open" } } }'), [
    'config:1:36: providers.a.apiKey has "${not a name}", which names no variable: write ${NAME} or ${NAME:-default}',
    'config:1:72: providers.a.headers.x has a "${" that no "}" closes on its line; for the two characters themselves write "$${"',
  ]);
});

test('every problem is told at once, in the order of the text, with what was meant', () => {
  const text = `server:
  prot: 4000
  limits: { bodyMax: 32 }
providers:
  openai: { dialect: openia, apiKey: k }
  local: { dialect: openai-chat, baseUrl: localhost:8000 }
models:
  smart:
    targets: [openai/x, { to: nowhere, wieght: 2 }]
    deadline: 120
modelFacts: { m: { chat: perhaps } }
`;
  assert.deepEqual(problems(text), [
    'config:2:3: server.prot is not a setting (did you mean "port"?)',
    'config:3:13: server.limits.bodyMax must be a size with its unit, such as "64KB" or "32MB", got 32',
    'config:5:13: providers.openai.dialect must be "openai" or "openai-chat" or "openai-responses" or "anthropic", got "openia"',
    'config:6:34: providers.local.baseUrl must be an http(s) address without query, such as "https://api.example.com/v1", got "localhost:8000"',
    'config:9:27: models.smart.targets[1].to must be a target such as "openai/gpt-5-mini", got "nowhere"',
    'config:9:40: models.smart.targets[1].wieght is not a setting (did you mean "weight"?)',
    'config:10:5: models.smart.deadline must be a duration with its unit, such as "120s", "1m30s" or "500ms", got 120',
    'config:11:20: modelFacts.m.chat must be true or false, got "perhaps"',
  ]);
});

test('what settings mean together is checked too', () => {
  const text = `server:
  host: 0.0.0.0
providers:
  a/b: { dialect: openai, apiKey: k, apiKeys: [k] }
  claude: { dialect: anthropic, baseUrl: https://api.anthropic.com/v1, headers: { Content-Length: "1" } }
  local: { dialect: openai-chat }
models:
  m: [cluade/x]
  n: { targets: [{ to: claude/x, weight: 2 }] }
`;
  assert.deepEqual(problems(text), [
    'config:2:3: server.host "0.0.0.0" can be reached from other machines, and anyone there could spend on your keys: add server.keys, set admin.token and make keys with "headgate keys", or write "open: anyone" under server',
    'config:4:3: providers["a/b"] must be a name without "/": it stands before the "/" of a target',
    'config:4:38: providers["a/b"] has both apiKey and apiKeys: keep one',
    'config:5:33: providers.claude.baseUrl must not end in /v1 with dialect anthropic: its paths begin with it',
    'config:5:83: providers.claude.headers.Content-Length is written by Headgate and cannot be set',
    'config:6:3: providers.local.baseUrl must be given with dialect openai-chat: the address of a compatible server, usually ending in /v1',
    'config:8:7: models.m[0] names the provider "cluade", which is not there (did you mean "claude"?)',
    'config:9:18: models.n.targets[0] has a weight, which counts only with strategy "weighted"',
  ]);
});

test('no key is ever shown in a problem', () => {
  const text =
    'server: { keys: [{ id: a, key: sk-secret }] }\nproviders: { a: { dialect: openai, apiKey: { sk-secret: 1 }, proxy: "ftp://u:sk-secret@x" }, b: { dialect: openai, apiKey: "sk-secret\\n\\nsk" } }';
  const told = problems(text);
  assert.equal(told.length, 3);
  assert.doesNotMatch(told.join('\n'), /sk-secret[^"]*"? (must|,)|got .*secret/);
});

test('text that is not YAML is told with its line', () => {
  assert.deepEqual(problems('providers:\n  a: [1\nb: 2'), [
    'config:3:1: Flow sequence in block collection must be sufficiently indented and end with a ]',
  ]);
  assert.deepEqual(problems('a: 1\na: 2'), ['config:2:1: Map keys must be unique']);
  assert.deepEqual(problems('- 1'), ['config:1:1: the file must be a mapping of settings, got a list']);
});

test("the operator's prices add to a vendor's sheet, and make one for a provider that has none", () => {
  const { prices } = configured(
    `${PROVIDERS}  local: { dialect: openai-chat, baseUrl: "http://localhost:1/v1" }\nprices:\n  local/meta/llama: { input: $0.1, output: $0.40 }\n  openai/gpt-6-sol: { input: $1, output: $2 }`,
  );
  const book = priceBook(prices);
  const cost = (seller: string, model: string, tier?: string) =>
    priceOf(
      book,
      { tokens: { input: 1_000_000, output: 1_000_000 }, ...(tier !== undefined && { tier }) },
      { sellers: [seller], model, channel: 'sync', atMs: 0 },
    ).cost;
  assert.deepEqual(
    [cost('local', 'meta/llama'), cost('local', 'meta/llama', 'default'), cost('openai', 'gpt-6-sol')],
    [500_000_000_000n, 500_000_000_000n, 3_000_000_000_000n],
  );
  assert.notEqual(cost('openai', 'gpt-5-mini'), null);
  assert.deepEqual(problems(`${PROVIDERS}prices: { m: { input: $1 }, opnai/x: { input: 1, inptu: $1 } }`), [
    'config:4:40: prices["opnai/x"].input must be dollars per million tokens with their sign, such as "$3" or "$0.25", got 1',
    'config:4:50: prices["opnai/x"].inptu is not a setting (did you mean "input"?)',
  ]);
  assert.deepEqual(problems(`${PROVIDERS}prices: { m: { input: $1 }, opnai/x: { input: $1 } }`), [
    'config:4:11: prices.m must be priced as provider/model, such as "openai/m"',
    'config:4:29: prices["opnai/x"] names the provider "opnai", which is not there (did you mean "openai"?)',
  ]);
});

test('an empty key is the same as none', () => {
  assert.deepEqual(configured(`${PROVIDERS}models:\nserver:\n`), configured(PROVIDERS));
});

test('keys in the environment are enough, with the names the vendors use', () => {
  const read = configOf({ OPENAI_API_KEY: ' k1\n', OPENAI_BASE_URL: 'http://localhost:9/v1/', ANTHROPIC_AUTH_TOKEN: 't' });
  assert.ok('config' in read);
  const shown = read.config.providers
    .values()
    .map(({ name, baseUrl, keys, headers, vendor }) => ({ name, baseUrl, keys, headers, vendor }));
  assert.deepEqual(shown.toArray(), [
    { name: 'openai', baseUrl: 'http://localhost:9/v1', keys: ['k1'], headers: {}, vendor: 'openai' },
    { name: 'anthropic', baseUrl: 'https://api.anthropic.com', keys: [], headers: { authorization: 'Bearer t' }, vendor: 'anthropic' },
  ]);
});

test('the address the environment names is where Anthropic is asked', () => {
  const read = configOf({ ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: 'http://localhost:9/proxy/' });
  assert.ok('config' in read);
  assert.deepEqual(
    [...read.config.providers.values()].map(({ name, baseUrl }) => [name, baseUrl]),
    [['anthropic', 'http://localhost:9/proxy']],
  );
});

test('a file without providers takes those of the environment; without any, all three ways on are told', () => {
  assert.deepEqual([...configured('server: { port: 1 }', { ANTHROPIC_API_KEY: 'k' }).providers.keys()], ['anthropic']);
  for (const read of [configOf({}), readConfig('server: { port: 1 }', {})]) {
    assert.ok('problems' in read);
    assert.match(read.problems[0]!.message, /OPENAI_API_KEY[\s\S]*--config[\s\S]*--demo/);
  }
});

test('a wrong variable is told by its name', () => {
  assert.deepEqual(configOf({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'localhost:4000' }), {
    problems: [{ path: 'OPENAI_BASE_URL', message: 'OPENAI_BASE_URL must be an address that starts with http:// or https://' }],
  });
});

test('a gateway key may have terms, and the admin API a token; of both only digests are kept', () => {
  const digest = (secret: string) => createHash('sha256').update(secret).digest('hex');
  const text = `
attribution: { feature: required }
admin: { token: "\${ADMIN}" }
server:
  host: 0.0.0.0
  keys:
    - id: ci
      key: a-key-of-16-chars
      user: robot
      tags: { team: blue }
      featureRequired: false
      expiresAt: 2027-01-31
      scopes: { models: [smart, "gpt-*"], overrides: [], operations: [generate] }
      limits: { requestsPerMinute: 60, callCostMax: $0.25, budgets: [{ limit: $50, period: day }, { limit: $1, period: hour, exceeded: alert }] }
providers: { openai: { dialect: openai, apiKey: k } }`;
  const { server, attribution, admin } = configured(text, { ADMIN: 'an-admin-token-of-length' });
  assert.deepEqual(
    [server.keys, attribution, admin],
    [
      [
        {
          id: 'ci',
          sha256: digest('a-key-of-16-chars'),
          user: 'robot',
          tags: { team: 'blue' },
          featureRequired: false,
          expiresAtMs: Date.UTC(2027, 0, 31),
          scopes: { models: ['smart', 'gpt-*'], overrides: [], operations: ['generate'] },
          limits: {
            requestsPerMinute: 60,
            callCostMax: 250_000_000_000n,
            budgets: [
              { limit: 50_000_000_000_000n, period: 'day', exceeded: 'block' },
              { limit: 1_000_000_000_000n, period: 'hour', exceeded: 'alert' },
            ],
          },
        },
      ],
      { featureRequired: true },
      { tokens: [digest('an-admin-token-of-length')] },
    ],
  );
});

test('with an admin token a gateway may listen to others before it has a key, unless no ledger can keep any', () => {
  const admin = 'server: { host: 0.0.0.0 }\nadmin: { token: an-admin-token-of-length }\nproviders: { a: { dialect: openai, apiKey: k } }';
  assert.deepEqual(configured(admin).server.keys, []);
  assert.match(problems(`${admin}\nledger: off`).join(), /server\.host/);
  assert.deepEqual(problems('admin: { token: short-secret }\nproviders: { a: { dialect: openai, apiKey: k } }'), [
    'config:1:10: admin.token must be a token of at least 16 characters, got text of 12 characters',
  ]);
});

test('what a gateway key may not be is told by its place', () => {
  const keys = (lines: string) => problems(`server:\n  keys:\n${lines}\nproviders: { a: { dialect: openai, apiKey: k } }`);
  const budgets = (list: string) => keys(`    - { id: ci, key: a-key-of-16-chars, limits: { budgets: [${list}] } }`);
  assert.deepEqual(
    [
      budgets('{ limit: $5000000, period: day }'),
      budgets('{ limit: $1, period: day }, { limit: $2, period: day }'),
      keys('    - { id: a, key: a-key-of-16-chars }\n    - { id: b, key: a-key-of-16-chars }'),
      keys('    - { id: a, key: a-key-of-16-chars, expiresAt: 2027-02-31 }').map((problem) => problem.replace(/, got.*/, '')),
      problems(
        'ledger: off\nserver: { keys: [{ id: ci, key: a-key-of-16-chars, limits: { budgets: [{ limit: $1, period: day }] } }] }\nproviders: { a: { dialect: openai, apiKey: k } }',
      ),
    ].map((found) => found.map((problem) => problem.replace(/^config:\d+:\d+: /, '')).join()),
    [
      'server.keys[0].limits.budgets[0].limit must be at most $4000000',
      'server.keys[0].limits.budgets[1] is for the same period as the one at 0: keep one',
      'server.keys[1] is the same secret as the key "a": give each its own',
      'server.keys[0].expiresAt must be a day or moment such as "2027-01-31" or "2027-01-31T12:00:00Z"',
      'budgets need a ledger to be kept in: remove "ledger: off"',
    ],
  );
});

test('a key without a weight counts once', () => {
  const { providers } = configured('providers: { a: { dialect: openai, apiKeys: [{ key: one, weight: 2 }, { key: two }, three] } }');
  assert.deepEqual(providers.get('a')!.keyWeights, [2, 1, 1]);
});

function configured(text: string, env: Record<string, string> = {}): Config {
  const read = readConfig(text, env);
  assert.ok('config' in read, 'problems' in read ? JSON.stringify(read.problems) : '');
  return read.config;
}

function problems(text: string, env: Record<string, string> = {}): string[] {
  const read = readConfig(text, env);
  assert.ok('problems' in read, 'it was accepted');
  return read.problems.map((problem) => problemText(problem));
}

test('the same is said once, however many kinds of the setting want it', () => {
  const read = readConfig('providers: { openai: { dialect: openai, apiKey: k } }\nledger: { url: b }', {});
  assert.ok('problems' in read);
  assert.deepEqual(
    read.problems.map(({ path }) => path),
    ['ledger.url'],
  );
});
