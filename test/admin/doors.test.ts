import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate, type HeadgateOptions } from '../../src/headgate.ts';
import { realWorld } from '../../src/world/real.ts';
import type { World } from '../../src/world/world.ts';
import { TOKEN } from './gateway.ts';

/** Looks at the database without a pause, where others look every two seconds. */
const hasty: World = { ...realWorld, after: (ms, work, upkeep) => realWorld.after(upkeep ? 0 : ms, work, upkeep) };

/** A gateway on a database that others may share. */
async function gateway(t: TestContext, file: string, rules: object = {}, options: HeadgateOptions = {}) {
  const read = readConfig(
    JSON.stringify({
      providers: { openai: { dialect: 'openai', apiKey: 'k' } },
      ledger: { file, journal: 'off' },
      admin: { token: TOKEN },
      ...rules,
    }),
    {},
  );
  assert.ok('config' in read, JSON.stringify(read));
  const headgate = await createHeadgate(read.config, options);
  t.after(() => headgate.close());
  const shows = async (key?: string) =>
    (await headgate.fetch('http://headgate/v1/models', { headers: key === undefined ? {} : { 'x-api-key': key } })).status;
  const admin = async (method: string, target: string, body?: object) => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const answer = await headgate.fetch(`http://headgate/admin/v1${target}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    return JSON.parse(await answer.text());
  };
  return { headgate, shows, admin };
}

function fresh(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-doors-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'ledger.sqlite');
}

test('a key made or revoked at one gateway counts at the others on its database', { timeout: 30_000 }, async (t) => {
  const file = fresh(t);
  const here = await gateway(t, file);
  const there = await gateway(t, file, {}, { world: hasty });
  assert.equal(await there.shows(), 200);
  const { secret } = await here.admin('POST', '/keys', { id: 'app' });
  assert.deepEqual([await here.shows(), await here.shows(secret)], [401, 200]);
  while ((await there.shows()) !== 401) await turn();
  assert.equal(await there.shows(secret), 200);
  await here.admin('POST', '/keys/app/revoke');
  assert.equal(await here.shows(secret), 401);
  while ((await there.shows(secret)) !== 401) await turn();
});

test('keys outlive the gateway, and once there was one a key is asked for', async (t) => {
  const file = fresh(t);
  const first = await gateway(t, file);
  const { secret } = await first.admin('POST', '/keys', { id: 'app' });
  await first.headgate.close();
  const second = await gateway(t, file);
  assert.deepEqual([second.headgate.asksKeys, await second.shows(), await second.shows(secret)], [true, 401, 200]);
  await second.admin('POST', '/keys/app/revoke');
  assert.deepEqual([await second.shows(), await second.shows(secret)], [401, 401]);
});

test('where others could call, a key is asked for before there is one', async (t) => {
  const { headgate, shows, admin } = await gateway(t, fresh(t));
  assert.equal(await shows(), 200);
  const address = await headgate.listen({ host: '0.0.0.0', port: 0 });
  t.after(() => address.close(0));
  assert.equal(await shows(), 401);
  const { secret } = await admin('POST', '/keys', {});
  assert.equal(await shows(secret), 200);
});

test('with neither a key nor a way to make one, a gateway listens to this machine only', async (t) => {
  const { headgate } = await gateway(t, fresh(t), { admin: undefined });
  await assert.rejects(headgate.listen({ host: '0.0.0.0', port: 0 }), /server\.host "0\.0\.0\.0" can be reached from other machines/);
});

test('the one who runs a command is asked for neither key nor feature', async (t) => {
  const file = fresh(t);
  const keyed = await gateway(t, file);
  await keyed.admin('POST', '/keys', {});
  const own = await gateway(t, file, { attribution: { feature: 'required' } }, { keyless: true });
  assert.deepEqual([own.headgate.asksKeys, await own.shows()], [false, 200]);
});
