import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import test from 'node:test';
import { type Answer, startAdmin, TOKEN } from './gateway.ts';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const told = ({ status, body }: Answer) => `${status} ${body.error?.type} ${body.error?.param ?? ''}`.trim();

test('a key is made, shown, changed, rotated and revoked; its secret is shown when it is new, and never again', async (t) => {
  const { ask } = await startAdmin(t);
  const terms = {
    name: 'The search team',
    feature: 'search',
    tags: { team: 'blue' },
    scopes: { models: ['smart', 'gpt-*'], overrides: ['user'] },
    limits: { requestsPerMinute: 60, callCostMax: '$0.25', budgets: [{ limit: '$50', period: 'day' }] },
    expiresAt: '2099-01-31',
  };
  const made = await ask('POST', '/keys', { id: 'search', ...terms });
  const { secret, key } = made.body;
  assert.equal(made.status, 201);
  assert.match(secret, /^hg_[\w-]{43}$/);
  const { createdAt, ...shown } = key;
  assert.match(createdAt, TIME);
  const view = {
    id: 'search',
    ...terms,
    limits: { ...terms.limits, budgets: [{ limit: '$50', period: 'day', exceeded: 'block' }] },
    expiresAt: '2099-01-31T00:00:00.000Z',
    hint: `hg_…${secret.slice(-4)}`,
    source: 'database',
    state: 'active',
  };
  assert.deepEqual(shown, view);

  assert.deepEqual(await ask('GET', '/keys/search'), { status: 200, body: { ...view, createdAt } });

  const changed = await ask('PATCH', '/keys/search', { feature: null, disabled: true, scopes: { models: ['smart'] } });
  const { feature: _, ...rest } = view;
  assert.deepEqual(changed, { status: 200, body: { ...rest, scopes: { models: ['smart'] }, state: 'disabled', createdAt } });
  await ask('PATCH', '/keys/search', { disabled: false });

  const rotated = await ask('POST', '/keys/search/rotate', { overlapMs: 60_000 });
  assert.notEqual(rotated.body.secret, secret);
  assert.equal(rotated.body.key.hint, `hg_…${rotated.body.secret.slice(-4)}`);
  assert.match(rotated.body.key.oldSecretUntil, TIME);

  const revoked = await ask('POST', '/keys/search/revoke');
  assert.deepEqual([revoked.status, revoked.body.state], [200, 'revoked']);
  assert.equal((await ask('POST', '/keys/search/revoke')).body.revokedAt, revoked.body.revokedAt);
  assert.deepEqual(
    [told(await ask('POST', '/keys/search/rotate')), told(await ask('PATCH', '/keys/search', { disabled: false }))],
    ['409 conflict', '409 conflict'],
  );
});

test('keys are listed page by page, those of the configuration first', async (t) => {
  const { ask, key } = await startAdmin(t, { server: { keys: [{ id: 'ci', key: 'a-key-of-16-chars', feature: 'tests' }] } });
  for (const id of ['a', 'b', 'c']) await key({ id });
  const first = await ask('GET', '/keys?limit=2');
  const rest = await ask('GET', '/keys?limit=2&after=a');
  const ids = ({ body }: Answer) => [body.data.map(({ id }: { id: string }) => id).join(), body.hasMore];
  assert.deepEqual(
    [ids(first), ids(rest)],
    [
      ['ci,a', true],
      ['b,c', false],
    ],
  );
  assert.deepEqual(first.body.data[0], { id: 'ci', name: 'ci', source: 'config', state: 'active', feature: 'tests' });
  assert.deepEqual(
    [
      told(await ask('PATCH', '/keys/ci', { feature: 'x' })),
      told(await ask('POST', '/keys/ci/revoke')),
      told(await ask('POST', '/keys', { id: 'ci' })),
    ],
    ['409 conflict', '409 conflict', '409 conflict'],
  );
});

test('what is wrong with a request is told by its field', async (t) => {
  const { ask, key } = await startAdmin(t);
  await key({ id: 'taken' });
  const cases: readonly [method: string, target: string, body: unknown, meant: string][] = [
    ['POST', '/keys', { id: 'taken' }, '409 conflict'],
    ['POST', '/keys', { id: 'not allowed' }, '400 invalid id'],
    ['POST', '/keys', { id: 'anonymous' }, '400 invalid id'],
    ['POST', '/keys', { id: '..' }, '400 invalid id'],
    ['POST', '/keys', { name: '' }, '400 invalid name'],
    ['POST', '/keys', { feature: 'two\nlines' }, '400 invalid feature'],
    ['POST', '/keys', { budget: '$5' }, '400 invalid budget'],
    ['POST', '/keys', { secret: 'mine' }, '400 invalid secret'],
    ['POST', '/keys', { sha256: 'f'.repeat(64) }, '400 invalid sha256'],
    ['POST', '/keys', { tags: { a: 1 } }, '400 invalid tags.a'],
    ['POST', '/keys', { scopes: { models: 'smart' } }, '400 invalid scopes.models'],
    ['POST', '/keys', { scopes: { operations: ['ask'] } }, '400 invalid scopes.operations[0]'],
    ['POST', '/keys', { scopes: { model: ['smart'] } }, '400 invalid scopes.model'],
    ['POST', '/keys', { limits: { requestsPerMinute: 0 } }, '400 invalid limits.requestsPerMinute'],
    ['POST', '/keys', { limits: { callCostMax: 5 } }, '400 invalid limits.callCostMax'],
    ['POST', '/keys', { limits: { budgets: [{ period: 'day' }] } }, '400 invalid limits.budgets[0].limit'],
    ['POST', '/keys', { limits: { budgets: [{ limit: '$1', period: 'year' }] } }, '400 invalid limits.budgets[0].period'],
    ['POST', '/keys', { limits: { budgets: [{ limit: '$4000001', period: 'day' }] } }, '400 invalid limits.budgets[0].limit'],
    ['POST', '/keys', { limits: { budgets: [1, 2].map((n) => ({ limit: `$${n}`, period: 'day' })) } }, '400 invalid limits.budgets[1]'],
    ['POST', '/keys', { expiresAt: 'tomorrow' }, '400 invalid expiresAt'],
    ['POST', '/keys', { expiresAt: '2027-02-31' }, '400 invalid expiresAt'],
    ['POST', '/keys', { __proto__: null, constructor: 1 }, '400 invalid constructor'],
    ['POST', '/keys', '{"a":', '400 invalid'],
    ['POST', '/keys', '[]', '400 invalid'],
    ['POST', '/keys', `{"tags":${'['.repeat(40)}${']'.repeat(40)}}`, '400 invalid'],
    ['POST', '/keys', `{"name":"${'x'.repeat(300_000)}"}`, '413 oversized'],
    ['PATCH', '/keys/taken', { name: null }, '400 invalid name'],
    ['PATCH', '/keys/nobody', { name: 'x' }, '404 missing'],
    ['POST', '/keys/nobody/revoke', undefined, '404 missing'],
    ['POST', '/keys/nobody/rotate', {}, '404 missing'],
    ['POST', '/keys/taken/rotate', { overlapMs: -1 }, '400 invalid overlapMs'],
    ['POST', '/keys/taken/rotate', { overlap: 1 }, '400 invalid overlap'],
    ['POST', '/keys/taken/revoke', { now: true }, '400 invalid'],
    ['GET', '/keys/nobody', undefined, '404 missing'],
    ['GET', '/keys?limit=0', undefined, '400 invalid limit'],
    ['GET', '/keys?after=nobody', undefined, '400 invalid after'],
    ['GET', '/keys?page=2', undefined, '400 invalid page'],
    ['DELETE', '/keys/taken', undefined, '405 wrong_method'],
    ['GET', '/nothing', undefined, '404 missing'],
    ['GET', '/keys/%E0%A4%A', undefined, '404 missing'],
  ];
  const got = [];
  for (const [method, target, body] of cases) got.push(`${method} ${target} ${told(await ask(method, target, body))}`);
  assert.deepEqual(
    got,
    cases.map(([method, target, , meant]) => `${method} ${target} ${meant}`),
  );
});

test('without a ledger there are only the keys of the configuration', async (t) => {
  const { ask } = await startAdmin(t, { ledger: 'off', server: { keys: [{ id: 'ci', key: 'a-key-of-16-chars' }] } });
  assert.deepEqual(
    (await ask('GET', '/keys')).body.data.map(({ id }: { id: string }) => id),
    ['ci'],
  );
  const refused = await ask('POST', '/keys', {});
  assert.equal(told(refused), '409 conflict');
  assert.match(refused.body.error.message, /ledger: off/);
});

test('nobody without its token gets anywhere in the admin API, and without one configured there is none', async (t) => {
  const { ask, key, headgate } = await startAdmin(t);
  const { id, secret } = await key();
  const doors: readonly [string, string][] = [
    ['GET', '/keys'],
    ['POST', '/keys'],
    ['GET', `/keys/${id}`],
    ['PATCH', `/keys/${id}`],
    ['POST', `/keys/${id}/revoke`],
    ['POST', `/keys/${id}/rotate`],
    ['GET', '/usage'],
    ['GET', '/records'],
    ['GET', '/calls/x'],
    ['GET', '/config'],
    ['GET', '/status'],
    ['GET', '/upstreams'],
    ['GET', '/budgets'],
    ['GET', '/alerts'],
    ['GET', '/openapi.json'],
    ['GET', '/nothing'],
  ];
  const statuses = new Set<number>();
  for (const [method, target] of doors)
    for (const token of [null, '', secret, TOKEN.slice(0, -1), `${TOKEN}x`, TOKEN.toUpperCase()])
      statuses.add((await ask(method, target, undefined, token)).status);
  assert.deepEqual([...statuses], [401]);
  // Nor does the token call models.
  const models = (authorization: string) => headgate.fetch('http://headgate/v1/models', { headers: { authorization } });
  assert.deepEqual([(await models(`Bearer ${secret}`)).status, (await models(`Bearer ${TOKEN}`)).status], [200, 401]);

  const closed = await startAdmin(t, { admin: undefined });
  assert.equal((await closed.ask('GET', '/keys')).status, 404);
});

test('every change is told with who made it, what it was and when, and nothing that was only looked at or refused', async (t) => {
  const { ask, notices } = await startAdmin(t);
  await ask('POST', '/keys', { id: 'search' });
  await ask('GET', '/keys/search');
  await ask('PATCH', '/keys/search', { feature: 'search' });
  await ask('PATCH', '/keys/nobody', { feature: 'x' });
  await ask('POST', '/keys/search/revoke', undefined, 'another token');
  await ask('POST', '/keys/search/revoke');
  const by = `sha256:${hash('sha256', TOKEN).slice(0, 12)}`;
  const changes = notices.flatMap((notice) => (notice.type === 'adminChange' ? [notice] : []));
  assert.deepEqual(
    changes.map(({ atMs: _, ...change }) => change),
    ['POST /keys', 'PATCH /keys/{id}', 'POST /keys/{id}/revoke'].map((what) => ({ type: 'adminChange', by, what, of: 'search' })),
  );
  assert.ok(changes.every(({ atMs }) => atMs > 0));
});

test('the description names every route there is', async (t) => {
  const { ask } = await startAdmin(t);
  const { body } = await ask('GET', '/openapi.json');
  const operations = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  assert.ok(operations.includes('post /admin/v1/keys/{id}/rotate'));
  const names = JSON.stringify(body).matchAll(/#\/components\/schemas\/(\w+)/g);
  for (const [, name] of names) assert.ok(name! in body.components.schemas, name);
});
