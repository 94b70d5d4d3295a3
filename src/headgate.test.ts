import assert from 'node:assert/strict';
import test from 'node:test';
import type { Config } from './config/config.ts';
import { readConfig } from './config/read.ts';
import { createHeadgate } from './headgate.ts';

function configured(server: string): Config {
  const read = readConfig(`{ server: ${server}, ledger: off, providers: { p: { dialect: openai, apiKey: k } } }`, {});
  if ('problems' in read) assert.fail(read.problems.map(({ message }) => message).join('\n'));
  return read.config;
}

const KEYED = '{ keys: [{ id: a, key: sixteen-characters }] }';

test('a reload never opens an address that others reach to callers without a key', async (t) => {
  const headgate = await createHeadgate(configured(KEYED));
  const address = await headgate.listen({ host: '0.0.0.0', port: 0 });
  t.after(async () => {
    await address.close(0);
    await headgate.close();
  });
  const status = async () => (await headgate.fetch('http://headgate/v1/models')).status;

  // Good on its own, since the file names no host but this machine's: what counts is where we listen.
  assert.throws(() => headgate.reload(configured('{}')), /^Error: server\.host "0\.0\.0\.0" can be reached from other machines/);
  assert.equal(await status(), 401);

  headgate.reload(configured('{ open: anyone }'));
  assert.equal(await status(), 200);
});

test('a reload may drop all keys where only this machine can call', async (t) => {
  const headgate = await createHeadgate(configured(KEYED));
  const address = await headgate.listen({ host: '127.0.0.1', port: 0 });
  t.after(async () => {
    await address.close(0);
    await headgate.close();
  });
  headgate.reload(configured('{}'));
  assert.equal((await headgate.fetch('http://headgate/v1/models')).status, 200);
});
