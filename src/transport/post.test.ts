import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { post } from './post.ts';

async function serve(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/write`;
}

test('what is posted arrives as it is, and any status is an answer', async (t) => {
  let seen = '';
  const url = await serve(t, async (request, response) => {
    seen = `${request.method} ${request.headers['x-kind']} ${(await request.toArray()).join('')}`;
    response.writeHead(503, { 'retry-after': '7' }).end('busy');
  });
  const { status, headers, body } = await post({ url, headers: { 'x-kind': 'text' }, body: 'hello' });
  assert.deepEqual([seen, status, headers['retry-after'], body], ['POST text hello', 503, '7', 'busy']);
});

test('of a long answer the beginning is enough, and a redirect is not followed', async (t) => {
  const url = await serve(t, (request, response) => {
    assert.equal(request.url, '/write');
    response.writeHead(307, { location: '/elsewhere' }).end('x'.repeat(200_000));
  });
  const { status, body } = await post({ url, headers: {}, body: '' });
  assert.deepEqual([status, body.length], [307, 64 * 1024]);
});

test('a user and password of an address go as a header, and into no error', async (t) => {
  const seen: (string | undefined)[] = [];
  const url = await serve(t, (request, response) => {
    seen.push(`${request.url} ${request.headers.authorization}`);
    response.end();
  });
  const address = url.replace('//', '//ann:p%40ss@');
  await post({ url: `${address}?a=b`, headers: {}, body: '' });
  await post({ url: address, headers: { authorization: 'Bearer own' }, body: '' });
  assert.deepEqual(seen, [`/write?a=b Basic ${btoa('ann:p@ss')}`, '/write Bearer own']);
  await assert.rejects(post({ url: 'http://ann:p%ss@127.0.0.1:9/', headers: {}, body: '' }), (error) => !inspect(error).includes('p%ss'));
});

test('no answer in time is a rejection', async (t) => {
  const url = await serve(t, () => {});
  await assert.rejects(post({ url, headers: {}, body: '', timeoutMs: 30 }), { name: 'TimeoutError' });
});
