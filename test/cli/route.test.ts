import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import type { RouteExplanation } from '../../src/explain-route.ts';

const config = path.join(mkdtempSync(path.join(tmpdir(), 'headgate-route-')), 'headgate.yaml');
writeFileSync(
  config,
  `providers:
  openai: { dialect: openai, apiKey: sk-0123456789abcdef }
  anthropic: { dialect: anthropic, apiKey: sk-ant-0123456789abcdef }
models:
  smart:
    targets: [openai/gpt-6-sol, openai/gpt-6-luna, anthropic/claude-sonnet-5]
    strategy: cheapest
    onLoss: { behavior: refuse }
    prefer: [{ when: { feature: search }, to: anthropic/claude-sonnet-5 }]
  german:
    targets: [openai/gpt-6-luna]
    prefer: [{ when: { language: DE-at }, to: anthropic/claude-sonnet-5 }]
`,
);

const route = (request: object, ...args: readonly string[]) =>
  spawnSync(process.execPath, ['src/cli/main.ts', 'route', '--explain', '-', '-c', config, ...args], {
    input: JSON.stringify(request),
    encoding: 'utf8',
  });
const ASKED = { model: 'smart', messages: [{ role: 'user', content: 'x' }], logit_bias: { '1': 2 } };

test('every target is there in order, with its price, its losses and what stands in the way', () => {
  const { status, stdout, stderr } = route(ASKED, '--json');
  assert.deepEqual([status, stderr], [0, '']);
  const { targets, preferences } = JSON.parse(stdout) as RouteExplanation;
  assert.deepEqual(
    targets.map(({ target, asked }) => [target, asked]),
    [
      ['openai/gpt-6-luna', true],
      ['openai/gpt-6-sol', true],
      ['anthropic/claude-sonnet-5', false],
    ],
  );
  assert.deepEqual(
    targets[2]?.losses.map(({ path, impact }) => [path, impact]),
    [['extra.openai-chat.logit_bias', 'behavior']],
  );
  assert.match(targets[2]?.obstacle ?? '', /logit_bias/);
  assert.ok(targets.every(({ usd }) => Number(usd) > 0));
  assert.equal(preferences[0]?.unmet, 'feature: the call names none');
});

test('whose call it is counts', () => {
  const { stdout } = route(ASKED, '--feature', 'search');
  assert.match(stdout, /preference 1, to anthropic\/claude-sonnet-5: taken/);
  assert.match(stdout, /^1 {2}anthropic\/claude-sonnet-5 /m);
});

test('a language is read out of the header that callers send', () => {
  for (const header of ['de-AT', 'de-AT,de;q=0.5', ' de-at-1996, en'])
    assert.match(route({ ...ASKED, model: 'german' }, '--language', header).stdout, /preference 1, to anthropic\/claude-sonnet-5: taken/);
  assert.match(route({ ...ASKED, model: 'german' }, '--language', '*').stdout, /no: language: the call names none/);
});

test('a model nobody knows is a failure in words', () => {
  const { status, stderr } = route({ ...ASKED, model: 'smrat' });
  assert.deepEqual([status, stderr], [1, 'error: model "smrat" is not known (did you mean "smart"?)\n']);
});
