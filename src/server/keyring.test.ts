import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { authenticated } from './authenticated.ts';
import { keyring } from './keyring.ts';

const sha256 = (key: string) => createHash('sha256').update(key).digest('hex');
const authenticate = keyring([{ id: 'ci', sha256: sha256('hg-right'), feature: 'tests' }]);
const who = (headers: Record<string, string>) => {
  const caller = authenticated(headers, authenticate);
  return 'kind' in caller ? caller.kind : caller.key;
};

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

test('a caller has what its key was given; without keys everyone is anonymous', () => {
  assert.deepEqual(authenticate('hg-right'), { key: 'ci', feature: 'tests' });
  assert.deepEqual(keyring([])('anything'), { key: 'anonymous' });
});

test('being turned away repeats nothing that was shown', () => {
  assert.doesNotMatch(JSON.stringify(authenticate('hg-secret')), /secret/);
});
