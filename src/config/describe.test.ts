import assert from 'node:assert/strict';
import test from 'node:test';
import { describe } from './describe.ts';
import { readConfig } from './read.ts';

const SECRET = 'canary-secret-0123456789';

test('a configuration is shown whole, but for what is secret in it', () => {
  const read = readConfig(
    JSON.stringify({
      server: { keys: [{ id: 'ci', key: SECRET, limits: { callCostMax: '$1' } }] },
      providers: {
        openai: {
          dialect: 'openai',
          baseUrl: `https://llm.example.com/v1`,
          apiKeys: [SECRET, `${SECRET}2`],
          headers: { 'x-team': SECRET },
        },
        claude: { dialect: 'anthropic', apiKey: SECRET, proxy: `http://user:${SECRET}@proxy:3128` },
      },
      models: { smart: { targets: ['claude/claude-opus-5-5'], deadline: '2m' } },
      admin: { tokens: [SECRET, `${SECRET}2`] },
      ledger: { url: `postgres://headgate:${SECRET}@db.example.com/headgate` },
      metrics: { token: SECRET },
      otel: { endpoint: `https://user:${SECRET}@otel.example.com`, headers: { authorization: SECRET } },
      influx: { url: 'http://influx:8086', version: 2, database: 'llm', organization: 'o', token: SECRET },
    }),
    {},
  );
  assert.ok('config' in read, 'problems' in read ? JSON.stringify(read.problems) : '');
  const shown = JSON.stringify(describe(read.config));
  assert.doesNotMatch(shown, /canary/);
  for (const word of [
    '"ci"',
    'llm.example.com',
    '"deadlineMs":120000',
    'db.example.com',
    'otel.example.com',
    'influx:8086',
    '"x-team"',
    '{"tokens":2}',
  ])
    assert.ok(shown.includes(word), word);
});
