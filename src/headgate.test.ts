import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import type { Config } from './config/config.ts';
import { readConfig } from './config/read.ts';
import { createHeadgate } from './headgate.ts';

function configured(server: string): Config {
  const read = readConfig(`{ server: ${server}, ledger: off, providers: { p: { dialect: openai, apiKey: k } } }`, {});
  if ('problems' in read) assert.fail(read.problems.map(({ message }) => message).join('\n'));
  return read.config;
}

function withProviders(providers: string): Config {
  const read = readConfig(`{ ledger: off, providers: { ${providers} } }`, {});
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

test('a provider that quotes its key in an error cannot make callers see it', async (t) => {
  const provider = createServer((request, response) => {
    const key = String(request.headers.authorization);
    response.writeHead(400, { 'content-type': 'application/json', 'x-request-id': key });
    response.end(JSON.stringify({ error: { message: `bad: ${key}`, type: 'invalid_request_error', param: key, code: null } }));
  }).listen(0, '127.0.0.1');
  await once(provider, 'listening');
  const { port } = provider.address() as AddressInfo;
  const read = readConfig(
    `{ ledger: off, providers: { p: { dialect: openai-chat, apiKey: sk-canary-1234, baseUrl: "http://127.0.0.1:${port}/v1" } } }`,
    {},
  );
  if ('problems' in read) assert.fail(read.problems.map(({ message }) => message).join('\n'));
  const headgate = await createHeadgate(read.config);
  t.after(async () => {
    await headgate.close();
    provider.close();
  });
  for (const path of ['/v1/chat/completions', '/v1/messages']) {
    const body = JSON.stringify({ model: 'p/m', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] });
    const answer = await headgate.fetch(`http://headgate${path}`, { method: 'POST', body });
    const told = JSON.stringify([...answer.headers]) + (await answer.text());
    assert.equal(answer.status, 400);
    assert.match(told, /bad: Bearer \[key\]/);
    assert.doesNotMatch(told, /canary/);
  }
});

test('a reload that takes a provider away while a call of it waits to try again fails that call, and nothing else', async (t) => {
  const asked = Promise.withResolvers<void>();
  const provider = createServer((_, response) => {
    response.writeHead(503, { 'content-type': 'application/json', 'retry-after-ms': '50' }).end('{}');
    asked.resolve();
  }).listen(0, '127.0.0.1');
  await once(provider, 'listening');
  const { port } = provider.address() as AddressInfo;
  const headgate = await createHeadgate(withProviders(`p: { dialect: openai-chat, baseUrl: "http://127.0.0.1:${port}/v1" }`));
  t.after(async () => {
    await headgate.close();
    provider.close();
  });
  const body = JSON.stringify({ model: 'p/m', messages: [{ role: 'user', content: 'hi' }] });
  const answer = headgate.fetch('http://headgate/v1/chat/completions', { method: 'POST', body });
  await asked.promise;
  headgate.reload(withProviders('q: { dialect: openai-chat, baseUrl: "http://127.0.0.1:9/v1" }'));
  assert.deepEqual([(await answer).status, headgate.running], [502, 0]);
});

test('a provider that quotes a key which a reload has replaced cannot make callers see it either', async (t) => {
  const asked = Promise.withResolvers<() => void>();
  const provider = createServer((request, response) => {
    const key = String(request.headers.authorization);
    const error = { message: `bad: ${key}`, type: 'invalid_request_error', param: null, code: null };
    asked.resolve(() => response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error })));
  }).listen(0, '127.0.0.1');
  await once(provider, 'listening');
  const { port } = provider.address() as AddressInfo;
  const keyed = (key: string) => withProviders(`p: { dialect: openai-chat, apiKey: ${key}, baseUrl: "http://127.0.0.1:${port}/v1" }`);
  const headgate = await createHeadgate(keyed('sk-canary-1234'));
  t.after(async () => {
    await headgate.close();
    provider.close();
  });
  const body = JSON.stringify({ model: 'p/m', messages: [{ role: 'user', content: 'hi' }] });
  const answer = headgate.fetch('http://headgate/v1/chat/completions', { method: 'POST', body });
  const respond = await asked.promise;
  headgate.reload(keyed('sk-another-5678'));
  respond();
  assert.match(await (await answer).text(), /bad: Bearer \[key\]/);
});
