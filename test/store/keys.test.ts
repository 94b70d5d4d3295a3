import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Money } from '../../src/model/money.ts';
import { connect } from '../../src/store/connect.ts';
import type { StoredKey } from '../../src/store/key-row.ts';
import { addKey, changeKey, readKeys, rotateKey, touchKeys } from '../../src/store/keys.ts';
import { migrate } from '../../src/store/migrate.ts';
import { type Engine, engines } from '../support/engines.ts';

async function database(t: TestContext, engine: Engine) {
  const db = await connect(await engine.fresh());
  t.after(() => db.close());
  await migrate(db);
  return db;
}

const key: StoredKey = {
  id: 'key_1',
  name: 'the search team',
  sha256: 'a'.repeat(64),
  hint: 'hg_…ab12',
  feature: 'search',
  tags: { team: 'blue' },
  featureRequired: true,
  scopes: { models: ['smart', 'gpt-*'], overrides: [] },
  limits: {
    requestsPerMinute: 60,
    callCostMax: 5_000_000_000_000n as Money,
    budgets: [{ limit: 9_007_199_254_740_993_000_000n as Money, period: 'month', exceeded: 'block' }],
  },
  expiresAtMs: 2_000_000_000_000,
  disabled: false,
  createdAtMs: 1_700_000_000_000,
};
const other: StoredKey = { id: 'key_2', name: '', sha256: 'b'.repeat(64), hint: 'hg_…cd34', disabled: false, createdAtMs: 1 };

for (const engine of engines()) {
  test(`${engine.name}: a key comes back as it went in, the oldest first`, { skip: engine.skip }, async (t) => {
    const db = await database(t, engine);
    assert.deepEqual([await addKey(db, key), await addKey(db, other)], [true, true]);
    assert.deepEqual(await readKeys(db, { seen: undefined }), { revision: 2, keys: [other, key] });
  });

  test(`${engine.name}: keys are read again only when one has changed`, { skip: engine.skip }, async (t) => {
    const db = await database(t, engine);
    await addKey(db, key);
    assert.equal(await readKeys(db, { seen: 1 }), undefined);
    await changeKey(db, { id: 'key_1', change: { disabled: true } });
    assert.equal((await readKeys(db, { seen: 1 }))?.revision, 2);
  });

  test(`${engine.name}: an id or a secret that is taken is not given twice`, { skip: engine.skip }, async (t) => {
    const db = await database(t, engine);
    await addKey(db, key);
    assert.deepEqual([await addKey(db, { ...other, id: 'key_1' }), await addKey(db, { ...other, sha256: key.sha256 })], [false, false]);
    assert.deepEqual((await readKeys(db, { seen: undefined }))?.keys, [key]);
  });

  test(`${engine.name}: a change replaces what it names, takes away what it makes null, and leaves the rest`, {
    skip: engine.skip,
  }, async (t) => {
    const db = await database(t, engine);
    await addKey(db, key);
    const { feature: _, ...rest } = key;
    const changed = { ...rest, name: 'search', revokedAtMs: 5 };
    assert.deepEqual(await changeKey(db, { id: 'key_1', change: { name: 'search', feature: null, revokedAtMs: 5 } }), changed);
    assert.deepEqual((await readKeys(db, { seen: undefined }))?.keys, [changed]);
    assert.equal(await changeKey(db, { id: 'nobody', change: { name: 'x' } }), undefined);
  });

  test(`${engine.name}: a rotation keeps the secret before it until the overlap ends, and no older one`, {
    skip: engine.skip,
  }, async (t) => {
    const db = await database(t, engine);
    await addKey(db, other);
    const rotate = (letter: string, nowMs: number) =>
      rotateKey(db, { id: 'key_2', sha256: letter.repeat(64), hint: `hg_…${letter}`, nowMs, overlapMs: 100 });
    await rotate('c', 10);
    const rotated = {
      ...other,
      sha256: 'd'.repeat(64),
      hint: 'hg_…d',
      previous: { sha256: 'c'.repeat(64), untilMs: 120 },
      rotatedAtMs: 20,
    };
    assert.deepEqual(await rotate('d', 20), rotated);
    assert.deepEqual((await readKeys(db, { seen: undefined }))?.keys, [rotated]);
  });

  test(`${engine.name}: the last use only moves forward, and is no change`, { skip: engine.skip }, async (t) => {
    const db = await database(t, engine);
    await addKey(db, key);
    await touchKeys(db, [
      { id: 'key_1', atMs: 50 },
      { id: 'nobody', atMs: 50 },
    ]);
    await touchKeys(db, [{ id: 'key_1', atMs: 40 }]);
    assert.deepEqual(await readKeys(db, { seen: undefined }), { revision: 1, keys: [{ ...key, lastUsedAtMs: 50 }] });
  });

  test(`${engine.name}: what would break out of a statement is text like any other`, { skip: engine.skip }, async (t) => {
    const db = await database(t, engine);
    const nasty = `x'); drop table gateway_key; -- $1 "\\`;
    await addKey(db, { ...other, id: nasty, name: nasty, feature: nasty });
    await changeKey(db, { id: nasty, change: { user: nasty } });
    assert.deepEqual((await readKeys(db, { seen: undefined }))?.keys, [{ ...other, id: nasty, name: nasty, feature: nasty, user: nasty }]);
  });

  // Two connections of one thread would wait for each other's lock on SQLite.
  if (engine.name === 'SQLite') continue;
  test(`${engine.name}: changes made at the same time are all made, and each is seen`, { skip: engine.skip }, async (t) => {
    const location = await engine.fresh();
    const dbs = [await connect(location), await connect(location)];
    t.after(() => Promise.all(dbs.map((db) => db.close())));
    await migrate(dbs[0]!);
    await addKey(dbs[0]!, key);
    const names = ['feature', 'user'] as const;
    await Promise.all(dbs.map((db, index) => changeKey(db, { id: 'key_1', change: { [names[index]!]: 'new' } })));
    assert.deepEqual(await readKeys(dbs[0]!, { seen: 1 }), { revision: 3, keys: [{ ...key, feature: 'new', user: 'new' }] });
  });
}
