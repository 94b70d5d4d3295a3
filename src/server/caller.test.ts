import assert from 'node:assert/strict';
import test from 'node:test';
import type { BodyAccount } from '../lanes/account.ts';
import type { Caller } from '../model/caller.ts';
import { failureOf } from '../model/failure.ts';
import { callerOf } from './caller.ts';

const KEY: Caller = { key: 'k', feature: 'key', user: 'key' };
const HEADERS = { 'x-headgate-feature': 'header', 'x-headgate-user': 'header' };
const BODY = { feature: 'body', user: 'body' };
const account = ({ feature, user }: Caller) => `${feature} ${user}`;

test('headers count before the body, and both before the key', () => {
  const anonymous: Caller = { key: 'anonymous' };
  const cases: readonly [Caller, Record<string, string>, BodyAccount, string][] = [
    [anonymous, {}, {}, 'undefined undefined'],
    [KEY, {}, {}, 'key key'],
    [KEY, {}, BODY, 'body body'],
    [KEY, {}, { user: 'body' }, 'key body'],
    [KEY, HEADERS, {}, 'header header'],
    [KEY, HEADERS, BODY, 'header header'],
    [KEY, { 'x-headgate-feature': 'header' }, BODY, 'header body'],
    [KEY, { 'x-headgate-feature': '' }, BODY, 'body body'],
    [anonymous, HEADERS, BODY, 'header header'],
    [anonymous, {}, BODY, 'body body'],
  ];
  assert.deepEqual(
    cases.map(([caller, headers, body]) => account(callerOf(caller, headers, body))),
    cases.map(([, , , meant]) => meant),
  );
});

const failure = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return failureOf(error);
  }
  return undefined;
};

test('a key that may not be overridden keeps its account, whatever body and headers say', () => {
  const fixed: Caller = { ...KEY, tags: { team: 'red' }, scopes: { overrides: ['user'] } };
  assert.equal(account(callerOf(fixed, {}, BODY)), 'key body');
  assert.equal(account(callerOf(fixed, { 'x-headgate-feature': 'key', 'x-headgate-tags': 'team=red' }, {})), 'key key');
  assert.deepEqual(
    failure(() => callerOf(fixed, HEADERS, {})),
    {
      kind: 'forbidden',
      message: 'the gateway key "k" may not name another feature than its own: leave out x-headgate-feature',
      param: 'x-headgate-feature',
    },
  );
  assert.deepEqual(
    [{ 'x-headgate-tags': 'team=blue' }, { 'x-headgate-tags': 'more=1' }].map(
      (headers) => failure(() => callerOf(fixed, headers, {}))?.param,
    ),
    ['x-headgate-tags', 'x-headgate-tags'],
  );
});

test('where a feature is required, a call without one is told how to send it', () => {
  const strict: Caller = { key: 'k', featureRequired: true };
  const refused = failure(() => callerOf(strict, {}, { user: 'ada' }));
  assert.deepEqual([refused?.kind, refused?.param], ['invalid', 'x-headgate-feature']);
  assert.match(refused?.message ?? '', /header x-headgate-feature.*"metadata"/);
  assert.deepEqual(
    [callerOf(strict, HEADERS, {}), callerOf(strict, {}, BODY), callerOf({ ...strict, feature: 'key' }, {}, {})].map(
      ({ feature }) => feature,
    ),
    ['header', 'body', 'key'],
  );
});

test('what a body says is kept in one line of bounded length', () => {
  const { feature, user } = callerOf(KEY, {}, { feature: 'a\nb\u0000\u001b[31m\ud800', user: 'x'.repeat(4000) });
  assert.deepEqual([feature, user?.length], ['a\ufffdb\ufffd\ufffd[31m\ufffd', 256]);
});
