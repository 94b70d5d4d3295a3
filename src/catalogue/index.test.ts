import assert from 'node:assert/strict';
import test from 'node:test';
import { compatible, entryOf, factsOf, knownModels, vendorOf } from './index.ts';

test('a dated snapshot and a fine-tune behave like their model', () => {
  assert.equal(factsOf('gpt-4o-2024-08-06'), factsOf('gpt-4o'));
  assert.equal(factsOf('claude-sonnet-4-5-20250929'), factsOf('claude-sonnet-4-5'));
  assert.equal(factsOf('gpt-3.5-turbo-0125'), factsOf('gpt-3.5-turbo'));
  assert.equal(factsOf('ft:gpt-4.1-2025-04-14:acme::x1'), factsOf('gpt-4.1'));
});

test('a name is never taken for a neighbour: Sonnet 5.5 refuses forced tools, Sonnet 5 does not', () => {
  assert.equal(factsOf('claude-sonnet-5-5').forcedToolChoice, false);
  assert.equal(factsOf('claude-sonnet-5').forcedToolChoice, true);
});

test('a model nobody knows gets the most careful rules of its vendor, a compatible server its own', () => {
  assert.deepEqual([factsOf('claude-next').forcedToolChoice, factsOf('claude-next').sampling], [false, 'no']);
  assert.deepEqual([factsOf('gpt-9').sampling, factsOf('gpt-9').toolsOnChat], ['no', 'no']);
  assert.deepEqual([factsOf('my-deployment', 'openai').sampling, factsOf('my-deployment', 'openai').toolsOnChat], ['no', 'yes']);
  assert.equal(factsOf('llama-3'), compatible);
  assert.equal(factsOf('gpt-4o', 'other'), compatible);
});

test('prototype names are unknown models', () => {
  assert.equal(vendorOf('constructor'), undefined);
  assert.equal(factsOf('constructor', 'openai').vendor, 'openai');
});

test('the entry of a snapshot is its model’s, a name nobody knows has none', () => {
  assert.equal(entryOf('gpt-4o-2024-08-06', 'openai'), 'gpt-4o');
  assert.equal(entryOf('gpt-9', 'openai'), undefined);
  assert.equal(entryOf('constructor', 'anthropic'), undefined);
});

test('every entry is told its vendor by its name', () => {
  assert.deepEqual(
    knownModels().filter(({ name, facts }) => vendorOf(name) !== facts.vendor),
    [],
  );
});

test('the effort a model uses unasked is one it takes', () => {
  const wrong = knownModels().filter(
    ({ facts: { effortDefault, efforts } }) => effortDefault !== undefined && !efforts.includes(effortDefault),
  );
  assert.deepEqual(
    wrong.map(({ name }) => name),
    [],
  );
});
