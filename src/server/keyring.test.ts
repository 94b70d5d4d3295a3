import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import type { StoredKey } from '../store/key-row.ts';
import { authenticated } from './authenticated.ts';
import { createKeyring } from './keyring.ts';

const sha256 = (key: string) => createHash('sha256').update(key).digest('hex');
const RULES = { featureRequired: false };

/** A keyring whose clock stands at `atMs`; who is let in, and what the others are told. */
function ring(stored: readonly StoredKey[] = [], atMs = 1000) {
  const keys = createKeyring(() => atMs);
  keys.configure([{ id: 'ci', sha256: sha256('hg-right'), feature: 'tests' }], RULES);
  keys.stock(stored);
  return keys;
}
const who = (headers: Record<string, string>) => {
  const caller = authenticated(headers, ring().authenticate);
  return 'kind' in caller ? caller.kind : caller.key;
};
const told = (shown: string, stored: readonly StoredKey[], atMs?: number) => {
  const caller = ring(stored, atMs).authenticate(shown);
  return 'kind' in caller ? caller.message : caller.key;
};
const key = (more: Partial<StoredKey> = {}): StoredKey => ({
  id: 'key_1',
  name: 'one',
  sha256: sha256('hg_new'),
  hint: 'hg_…_new',
  disabled: false,
  createdAtMs: 0,
  ...more,
});

test('a key is shown as bearer or x-api-key; when both are, either will do', () => {
  assert.deepEqual(
    [
      who({ authorization: 'Bearer hg-right' }),
      who({ authorization: 'bearer   hg-right ' }),
      who({ 'x-api-key': 'hg-right' }),
      who({ authorization: 'Bearer left-over', 'x-api-key': 'hg-right' }),
      who({ authorization: 'Bearer hg-right', 'x-api-key': 'left-over' }),
      who({ authorization: 'Basic abc', 'x-api-key': 'hg-right' }),
    ],
    ['ci', 'ci', 'ci', 'ci', 'ci', 'ci'],
  );
});

test('no key, a wrong one and a digest in its place are turned away', () => {
  assert.deepEqual(
    [who({}), who({ authorization: 'Bearer ' }), who({ authorization: 'Bearer nope' }), who({ 'x-api-key': sha256('hg-right') })],
    ['unauthenticated', 'unauthenticated', 'unauthenticated', 'unauthenticated'],
  );
});

test('a caller has what its key was given; without keys everyone is anonymous until keys are asked for', () => {
  assert.deepEqual(ring().authenticate('hg-right'), { key: 'ci', feature: 'tests' });
  const none = createKeyring(() => 0);
  assert.deepEqual(none.authenticate('anything'), { key: 'anonymous' });
  none.configure([], { featureRequired: true });
  assert.deepEqual(none.authenticate(undefined), { key: 'anonymous', featureRequired: true });
  none.stock(undefined);
  assert.equal('kind' in none.authenticate(undefined), true);
  none.stock([]);
  assert.equal('kind' in none.authenticate(undefined), false);
  none.askAlways(true);
  assert.deepEqual(
    [none.authenticate(undefined), none.authenticate('anything')].map((caller) => 'kind' in caller && caller.kind),
    ['unauthenticated', 'unauthenticated'],
  );
});

test('whoever holds a secret is told what became of it', () => {
  assert.deepEqual(
    [
      told('hg_new', [key()]),
      told('hg_new', [key({ expiresAtMs: 1001 })]),
      told('hg_new', [key({ expiresAtMs: 1000 })]),
      told('hg_new', [key({ revokedAtMs: 5 })]),
      told('hg_new', [key({ disabled: true })]),
      told('hg_old', [key()]),
    ],
    [
      'key_1',
      'key_1',
      'the gateway key "key_1" has expired (1970-01-01T00:00:01.000Z)',
      'the gateway key "key_1" was revoked (1970-01-01T00:00:00.005Z)',
      'the gateway key "key_1" is disabled',
      'the API key that was sent is not one of this gateway',
    ],
  );
});

test('after a rotation both secrets open until the overlap ends, unless the key itself ends before', () => {
  const rotated = key({ previous: { sha256: sha256('hg_old'), untilMs: 2000 } });
  const cases: readonly [string, StoredKey, number, string][] = [
    ['hg_old', rotated, 1999, 'key_1'],
    ['hg_new', rotated, 1999, 'key_1'],
    ['hg_old', rotated, 2000, 'the gateway key "key_1" has a new secret; the old one ended at 1970-01-01T00:00:02.000Z'],
    ['hg_new', rotated, 2000, 'key_1'],
    ['hg_old', { ...rotated, expiresAtMs: 1500 }, 1500, 'the gateway key "key_1" has expired (1970-01-01T00:00:01.500Z)'],
    ['hg_old', { ...rotated, revokedAtMs: 5 }, 1000, 'the gateway key "key_1" was revoked (1970-01-01T00:00:00.005Z)'],
    ['hg_old', { ...rotated, disabled: true }, 1000, 'the gateway key "key_1" is disabled'],
  ];
  assert.deepEqual(
    cases.map(([shown, stored, atMs]) => told(shown, [stored], atMs)),
    cases.map(([, , , meant]) => meant),
  );
});

test('terms reach the caller; a key may say itself whether its calls need a feature', () => {
  const keys = createKeyring(() => 0);
  keys.configure([{ id: 'free', sha256: sha256('hg-free'), featureRequired: false }], { featureRequired: true });
  const terms = { tags: { team: 'blue' }, scopes: { models: ['smart'] }, limits: { requestsPerMinute: 5 } };
  keys.stock([key(terms)]);
  assert.deepEqual(keys.authenticate('hg-free'), { key: 'free' });
  assert.deepEqual(keys.authenticate('hg_new'), { key: 'key_1', featureRequired: true, ...terms });
});

test('uses are told once, and only of keys the database has', () => {
  const keys = ring([key()]);
  keys.authenticate('hg-right');
  keys.authenticate('hg_new');
  keys.authenticate('hg_new');
  keys.authenticate('hg_wrong');
  assert.deepEqual([keys.takeUses(), keys.takeUses()], [[{ id: 'key_1', atMs: 1000 }], []]);
});

test('being turned away repeats nothing that was shown', () => {
  assert.doesNotMatch(JSON.stringify(ring().authenticate('hg-secret')), /secret/);
});
