import assert from 'node:assert/strict';
import test from 'node:test';
import type { Config } from './config.ts';
import { demoConfig } from './demo.ts';
import { readConfig } from './read.ts';
import { factsFor, namesOf, routeOf } from './resolve.ts';

const config = configured(`
providers:
  openai: { dialect: openai, apiKey: k }
  anthropic: { dialect: anthropic, apiKey: k }
  local: { dialect: openai-chat, baseUrl: http://localhost:8000/v1 }
models:
  smart: [anthropic/claude-opus-5-5, openai/gpt-6-sol]
  gpt-4o: local/llama
modelFacts:
  llama: { contextTokens: 8192 }
  local/llama: { reasons: true }
`);

test('a public name goes where it says, also when a vendor has a model of that name', () => {
  assert.deepEqual(routed('smart'), ['anthropic|claude-opus-5-5', 'openai|gpt-6-sol']);
  assert.deepEqual(routed('gpt-4o'), ['local|llama']);
});

test('provider/model goes to that provider with all after the first slash', () => {
  assert.deepEqual(routed('local/meta/llama-4'), ['local|meta/llama-4']);
  assert.deepEqual(routed('anthropic/claude-opus-5-5'), ['anthropic|claude-opus-5-5']);
});

test("a vendor's own name goes to the first provider of that vendor, also when the catalogue has never heard of it", () => {
  assert.deepEqual(routed('gpt-5-mini'), ['openai|gpt-5-mini']);
  assert.deepEqual(routed('claude-next-9'), ['anthropic|claude-next-9']);
  assert.deepEqual(routed('o3'), ['openai|o3']);
});

test('an unknown name is refused with what it may have meant', () => {
  assert.deepEqual(routeOf(config, 'smrat'), {
    kind: 'unroutable',
    param: 'model',
    message: 'model "smrat" is not known (did you mean "smart"?)',
  });
  assert.deepEqual(routeOf(config, 'loacl/llama'), {
    kind: 'unroutable',
    param: 'model',
    message: 'model "loacl/llama" is not known, and "loacl" is no provider (did you mean "local"?)',
  });
  assert.deepEqual(routeOf(config, 'claude/claude-opus-5-5'), {
    kind: 'unroutable',
    param: 'model',
    message: 'model "claude/claude-opus-5-5" is not known (did you mean "claude-opus-5-5"?)',
  });
  assert.deepEqual(routeOf(config, 'zzzzzzzzzzzz'), {
    kind: 'unroutable',
    param: 'model',
    message: 'model "zzzzzzzzzzzz" is not known; write provider/model, or add it to models',
  });
  assert.deepEqual(routeOf(config, ''), { kind: 'unroutable', param: 'model', message: 'model must name a model, got ""' });
});

test("a vendor's model without a provider of that vendor says which is missing", () => {
  const onlyClaude = configured('providers: { a: { dialect: anthropic, apiKey: k } }');
  assert.deepEqual(routeOf(onlyClaude, 'gpt-5'), {
    kind: 'unroutable',
    param: 'model',
    message: 'model "gpt-5" is OpenAI\'s, and no provider with dialect openai is configured',
  });
});

test('an empty half of provider/model is no target', () => {
  assert.equal('kind' in routeOf(config, 'local/'), true);
  assert.equal('kind' in routeOf(config, '/llama'), true);
});

test('names that are objects of the language are names like any other', () => {
  for (const name of ['__proto__', 'constructor', 'toString/x']) assert.equal('kind' in routeOf(config, name), true);
});

test("the operator's facts win over the catalogue's, the more exact name over the other", () => {
  const { contextTokens, reasons, vendor } = factsFor(config, 'local', 'llama');
  assert.deepEqual({ contextTokens, reasons, vendor }, { contextTokens: 8192, reasons: true, vendor: 'other' });
});

test('names to offer are the public ones and those of vendors there are providers for', () => {
  const names = namesOf(configured('providers: { a: { dialect: anthropic, apiKey: k } }\nmodels: { mine: a/claude-opus-5-5 }'));
  assert.equal(names[0], 'mine');
  assert.deepEqual(
    names.slice(1).filter((name) => !name.startsWith('claude')),
    [],
  );
});

test('the demo has both vendors at one simulator, and books that are nobody else’s', () => {
  const demo = demoConfig('http://127.0.0.1:4010');
  assert.ok(demo.ledger && 'file' in demo.ledger && demo.ledger.journal);
  assert.deepEqual([demo.ledger.file, demo.ledger.journal.directory], ['./headgate-demo.sqlite', './headgate-demo.sqlite.journal']);
  assert.deepEqual(
    demo.providers
      .values()
      .map(({ name, vendor, baseUrl }) => ({ name, vendor, baseUrl }))
      .toArray(),
    [
      { name: 'openai', vendor: 'openai', baseUrl: 'http://127.0.0.1:4010/v1' },
      { name: 'anthropic', vendor: 'anthropic', baseUrl: 'http://127.0.0.1:4010' },
    ],
  );
});

function routed(name: string): string[] {
  const route = routeOf(config, name);
  assert.ok(!('kind' in route), JSON.stringify(route));
  return route.targets.map(({ provider, model }) => `${provider}|${model}`);
}

function configured(text: string): Config {
  const read = readConfig(text, {});
  assert.ok('config' in read, JSON.stringify(read));
  return read.config;
}
