import assert from 'node:assert/strict';
import test from 'node:test';
import type { Ask } from '../store/ask.ts';
import type { StoredKey } from '../store/key-row.ts';
import { addKey, readKeys, touchKeys } from '../store/keys.ts';
import { migrate } from '../store/migrate.ts';
import { sqlite } from '../store/sqlite.ts';
import { simulatedWorld } from '../world/simulated.ts';
import { newSecret } from './admin/secret.ts';
import { createKeyring } from './keyring.ts';
import { followKeys } from './live-keys.ts';

const { secret, ...kept } = newSecret();
const key: StoredKey = { id: 'app', name: 'app', ...kept, disabled: false, createdAtMs: 0 };

/** A keyring that follows a database which another process writes too, in a world whose time we move. */
async function following(t: { after(work: () => unknown): void }, first: 'reachable' | 'away' = 'reachable') {
  const db = sqlite({ file: ':memory:', busyMs: 0 });
  await migrate(db);
  const world = simulatedWorld();
  const keyring = createKeyring(world.now);
  const states: string[] = [];
  let away = first === 'away';
  const asked: string[] = [];
  const tasks = { readKeys, touchKeys } as const;
  const ask = ((name: keyof typeof tasks, input: never) => {
    asked.push(name);
    return away ? Promise.reject(new Error('gone')) : tasks[name](db, input);
  }) as Ask;
  const live = await followKeys({ ask, keyring, world, onState: (state) => states.push(state) });
  t.after(() => live.stop());
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 500) {
      world.advance(500);
      await new Promise(setImmediate);
    }
  };
  const shown = (what: string | undefined) => {
    const caller = keyring.authenticate(what);
    return 'kind' in caller ? caller.kind : caller.key;
  };
  return { db, live, states, asked, pass, shown, world, setAway: (on: boolean) => (away = on) };
}

test('what another process makes is taken over within seconds, and nothing is read while nothing changes', async (t) => {
  const { db, pass, shown, asked } = await following(t);
  assert.equal(shown(undefined), 'anonymous');
  await addKey(db, key);
  await pass(2500);
  assert.deepEqual([shown(undefined), shown(secret)], ['unauthenticated', 'app']);
  assert.deepEqual([...new Set(asked)], ['readKeys']);
});

test('what this process makes is taken over at once', async (t) => {
  const { db, live, shown } = await following(t);
  await addKey(db, key);
  await live.refresh();
  assert.equal(shown(secret), 'app');
});

test('while the database cannot be read, what is known holds, and it is told once', async (t) => {
  const { db, live, pass, shown, states, setAway } = await following(t);
  await addKey(db, key);
  await live.refresh();
  setAway(true);
  await pass(20_000);
  assert.deepEqual([shown(secret), shown('hg_wrong'), states.join()], ['app', 'unauthenticated', 'failing']);
  setAway(false);
  await pass(3000);
  assert.deepEqual(states, ['failing', 'recovered']);
});

test('a gateway that cannot read its keys when it starts asks for one, and knows them once it can', async (t) => {
  const { pass, shown, setAway, states } = await following(t, 'away');
  assert.equal(shown(undefined), 'unauthenticated');
  setAway(false);
  await pass(3000);
  assert.deepEqual([shown(undefined), states.join()], ['anonymous', 'failing,recovered']);
});

test('last uses are noted in a minute, by no call', async (t) => {
  const { db, live, pass, shown, asked } = await following(t);
  await addKey(db, key);
  await live.refresh();
  shown(secret);
  assert.equal(asked.includes('touchKeys'), false);
  await pass(65_000);
  const used = (await readKeys(db, { seen: undefined }))?.keys[0]?.lastUsedAtMs;
  assert.equal(used, Date.UTC(2026, 0, 1));
});

test('a thousand bad keys ask the database nothing', async (t) => {
  const { db, live, shown, asked } = await following(t);
  await addKey(db, key);
  await live.refresh();
  const before = asked.length;
  const told = new Set(Array.from({ length: 1000 }, (_, index) => shown(`hg_bad-${index}`)));
  assert.deepEqual([[...told], asked.length - before], [['unauthenticated'], 0]);
});
