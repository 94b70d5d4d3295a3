import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { knownModels } from '../../src/catalogue/index.ts';
import type { KnownModel } from '../../src/cli/models.ts';

const config = path.join(mkdtempSync(path.join(tmpdir(), 'headgate-models-')), 'headgate.yaml');
writeFileSync(
  config,
  `providers:
  openai: { dialect: openai, apiKey: sk-0123456789abcdef }
modelFacts:
  gpt-4o: { contextTokens: 1000, outputTokensMax: 100 }
  openai/gpt-4o: { contextTokens: 2000 }
`,
);
const models = (...args: readonly string[]) =>
  spawnSync(process.execPath, ['src/cli/main.ts', 'models', '-c', config, ...args], { encoding: 'utf8' });

test('every fact of a model says who says it: the catalogue with its day, or the operator', () => {
  const { status, stdout } = models('openai/gpt-4o', '--json');
  const { entry, facts } = JSON.parse(stdout) as KnownModel;
  const said = (fact: string) => facts.find((one) => one.fact === fact);
  assert.deepEqual([status, entry], [0, 'gpt-4o']);
  assert.deepEqual(said('contextTokens'), {
    fact: 'contextTokens',
    value: 2000,
    source: 'modelFacts.openai/gpt-4o of your configuration',
  });
  assert.deepEqual(said('outputTokensMax'), {
    fact: 'outputTokensMax',
    value: 100,
    source: 'modelFacts.gpt-4o of your configuration',
  });
  assert.deepEqual([said('reasons')?.value, said('reasons')?.checked], [false, '2026-11-23']);
});

test('a snapshot says whose entry it goes by, an unknown name that it has none', () => {
  assert.match(models('claude-sonnet-4-5-20250929').stdout, /goes by the entry of claude-sonnet-4-5\n/);
  assert.match(models('gpt-9').stdout, /^gpt-9: not in the catalogue/);
});

test('without a name all entries are listed, each with a date', () => {
  const all = JSON.parse(models('--json').stdout) as readonly KnownModel[];
  for (const { name } of knownModels()) {
    const known = all.find((one) => one.name === name);
    assert.ok(
      known?.facts.some(({ checked }) => checked !== undefined),
      name,
    );
  }
  assert.match(models().stdout, /gpt-4o +1000 +100 /);
});
