import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Caller } from '../model/caller.ts';
import type { KeyScopes } from '../model/key.ts';
import { forbidden, matches } from './scopes.ts';

const caller = (scopes: KeyScopes | undefined, feature?: string): Caller => ({
  key: 'k',
  ...(scopes && { scopes }),
  ...(feature !== undefined && { feature }),
});

test('a pattern means what it says, and a star any text', () => {
  const cases: readonly [pattern: string, name: string, meant: boolean][] = [
    ['smart', 'smart', true],
    ['smart', 'Smart', false],
    ['smart', 'smarter', false],
    ['*', 'anything', true],
    ['*', 'lab/any/thing', true],
    ['gpt-*', 'gpt-5-mini', true],
    ['gpt-*', 'gpt-', true],
    ['gpt-*', 'gpt-lab/any', false],
    ['*-mini', 'gpt-5-mini', true],
    ['*-mini', 'openai/gpt-5-mini', false],
    ['openai/*', 'openai/gpt-5-mini', true],
    ['openai/*', 'openai/meta/llama', true],
    ['openai/*', 'openai', false],
    ['open*/gpt-*', 'openrouter/gpt-4', true],
    ['*/gpt-*', 'a/b/gpt-4', false],
    ['a*a', 'a', false],
    ['a**b', 'ab', true],
    ['a.c', 'abc', false],
    ['', '', true],
    ['', 'x', false],
  ];
  assert.deepEqual(
    cases.filter(([pattern, name, meant]) => matches(pattern, name) !== meant),
    [],
  );
});

test('patterns without a slash agree with the regular expression they stand for', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 12 });
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '.', '\n'), maxLength: 12 });
  fc.assert(
    fc.property(text, name, (pattern, name) => {
      const meant = new RegExp(`^${pattern.split('*').map(RegExp.escape).join('[^]*')}$`).test(name);
      assert.equal(matches(pattern, name), meant);
    }),
    { numRuns: 2000 },
  );
});

test('a star before the first slash never reaches past it', () => {
  const part = fc.string({ unit: fc.constantFrom('a', 'b', '*', '/'), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(part, part, (pattern, name) => {
      fc.pre(pattern !== '*' && matches(pattern, name));
      assert.equal(name.includes('/'), pattern.includes('/'));
    }),
    { numRuns: 2000 },
  );
});

test('a pattern of many stars is judged without trying every way to fit it', () => {
  assert.equal(matches(`${'a*'.repeat(500)}b`, 'a'.repeat(20_000)), false);
});

test('a key without scopes may do everything, one with scopes only what they name', () => {
  const said = (scopes: KeyScopes | undefined, feature?: string) => forbidden(caller(scopes, feature), 'generate', 'gpt-5-mini');
  assert.equal(said(undefined), undefined);
  assert.equal(said({}), undefined);
  assert.equal(said({ models: ['smart', 'gpt-*'], features: ['search'], operations: ['generate'] }, 'search'), undefined);
  assert.deepEqual(said({ models: ['smart', 'claude-*'] }), {
    kind: 'forbidden',
    message: 'the gateway key "k" may not use model "gpt-5-mini"; it allows "smart", "claude-*"',
    param: 'model',
  });
  assert.deepEqual(said({ features: ['search'] }, 'chat'), {
    kind: 'forbidden',
    message: 'the gateway key "k" may not be used for feature "chat"; it allows "search"',
    param: 'feature',
  });
  assert.deepEqual(said({ operations: ['count', 'embed'] }), {
    kind: 'forbidden',
    message: 'the gateway key "k" may not ask for answers; it allows "count", "embed"',
    param: 'operation',
  });
  assert.equal(said({ models: [] })?.message, 'the gateway key "k" may not use model "gpt-5-mini"; it allows none');
});
