import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Exchange, OutgoingRequest } from '../model/exchange.ts';
import type { Failure } from '../model/failure.ts';
import type { Provider } from '../model/provider.ts';
import { realWorld } from '../world/real.ts';
import { createNetwork } from './network.ts';

/** What the receiver heard, in the end. */
interface Heard {
  status?: number;
  headers?: Readonly<Record<string, string>>;
  body: string;
  failure?: Failure;
}

const provider = (baseUrl: string, more: Partial<Provider> = {}): Provider => ({
  name: 'acme',
  dialects: ['openai-chat'],
  baseUrl,
  keys: ['sk-1'],
  headers: {},
  connectMs: 1000,
  firstByteMs: 5000,
  stallMs: 5000,
  connectionsMax: 10,
  includeUsage: true,
  vendor: 'other',
  ...more,
});

const ASKING: OutgoingRequest = { provider: 'acme', method: 'POST', path: '/chat/completions', headers: {}, body: Buffer.from('{}') };

function networkTo(t: TestContext, baseUrl: string, more: Partial<Provider> = {}) {
  const network = createNetwork(new Map([['acme', provider(baseUrl, more)]]), realWorld);
  t.after(() => network.close());
  return {
    network,
    /** Sends, hears it out. `watch` sees each chunk and may act on the exchange. */
    ask: (request: Partial<OutgoingRequest> = {}, watch?: (chunk: string, exchange: Exchange) => void) =>
      new Promise<Heard>((resolve) => {
        const heard: Heard = { body: '' };
        const exchange: Exchange = network.send(
          { ...ASKING, ...request },
          {
            onHead: (status, headers) => Object.assign(heard, { status, headers }),
            onData(bytes) {
              heard.body += bytes.toString();
              watch?.(bytes.toString(), exchange);
            },
            onEnd: () => resolve(heard),
            onError: (failure) => resolve({ ...heard, failure }),
          },
        );
      }),
  };
}

async function listening(t: TestContext, server: net.Server): Promise<string> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serve = (t: TestContext, handler: http.RequestListener) => listening(t, http.createServer(handler));

/** A server that answers each request it sees the end of with these bytes, then does what `after` says. */
const serveBytes = (t: TestContext, bytes: string, after: (socket: net.Socket) => void) =>
  listening(
    t,
    net.createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (data) => {
        if (!data.toString().includes('\r\n\r\n')) return;
        if (bytes === '') after(socket);
        else socket.write(bytes, () => after(socket));
      });
    }),
  );

test('a request carries the provider’s key and headers, what the caller’s dialect says, and no coding but identity', async (t) => {
  let seen: { method: string | undefined; url: string | undefined; headers: http.IncomingHttpHeaders; body: string } | undefined;
  const url = await serve(t, async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen = { method: request.method, url: request.url, headers: request.headers, body };
    response.end('ok');
  });
  const { ask } = networkTo(t, `${url}/v1`, { headers: { 'x-team': 'blue', 'openai-project': 'ours' } });
  const headers = { 'openai-project': 'theirs', 'openai-beta': 'x' };
  assert.equal((await ask({ headers, body: Buffer.from('{"a":1}') })).body, 'ok');
  assert.deepEqual(seen, {
    method: 'POST',
    url: '/v1/chat/completions',
    headers: {
      host: new URL(url).host,
      connection: 'keep-alive',
      'accept-encoding': 'identity',
      'x-team': 'blue',
      'openai-project': 'ours',
      authorization: 'Bearer sk-1',
      'openai-beta': 'x',
      'content-type': 'application/json',
      'user-agent': 'headgate',
      'content-length': '7',
    },
    body: '{"a":1}',
  });
});

test('keys take turns, and Messages providers get theirs as x-api-key', async (t) => {
  const keys: unknown[] = [];
  const url = await serve(t, (request, response) => {
    keys.push(request.headers['x-api-key'], request.headers.authorization);
    response.end();
  });
  const { ask } = networkTo(t, url, { dialects: ['anthropic-messages'], keys: ['one', 'two'] });
  for (const _ of [1, 2, 3]) await ask();
  assert.deepEqual(keys, ['one', undefined, 'two', undefined, 'one', undefined]);
});

test('a redirect is an answer and is not followed', async (t) => {
  let requests = 0;
  const url = await serve(t, (_, response) => {
    requests += 1;
    response.writeHead(307, { location: '/elsewhere', 'set-cookie': ['a=1', 'b=2'] }).end();
  });
  const { status, headers } = await networkTo(t, url).ask();
  assert.deepEqual([status, headers?.['location'], headers?.['set-cookie'], requests], [307, '/elsewhere', 'a=1, b=2', 1]);
});

test('early hints are passed over', async (t) => {
  const url = await serve(t, (_, response) => {
    response.writeEarlyHints({ link: '</a>; rel=preload' }, () => response.end('final'));
  });
  const { status, body } = await networkTo(t, url).ask();
  assert.deepEqual([status, body], [200, 'final']);
});

const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n';
const MEASURED = 'HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello world';

for (const [name, whole] of [
  ['chunked', CHUNKED],
  ['measured', MEASURED],
] as const)
  for (const how of ['ends', 'is reset'] as const)
    test(`a ${name} answer whose connection ${how} at any byte is never taken for whole`, async (t) => {
      let cut = 0;
      const url = await listening(
        t,
        net.createServer((socket) => {
          socket.on('error', () => {});
          socket.once('data', () => {
            const part = whole.slice(0, cut);
            const close = () => (how === 'ends' ? socket.end() : socket.resetAndDestroy());
            if (part === '') close();
            else socket.write(part, close);
          });
        }),
      );
      const { ask } = networkTo(t, url);
      for (cut = 0; cut < whole.length; cut += 1) {
        const { status, failure } = await ask();
        assert.deepEqual({ cut, kind: failure?.kind }, { cut, kind: status === undefined ? 'unreachable' : 'interrupted' });
      }
    });

test('an answer without length ends where the connection ends', async (t) => {
  const url = await serveBytes(t, 'HTTP/1.1 200 OK\r\n\r\nto the end', (socket) => socket.end());
  assert.deepEqual(await networkTo(t, url).ask(), { status: 200, headers: {}, body: 'to the end' });
});

test('what is not HTTP is broken', async (t) => {
  const url = await serveBytes(t, 'SSH-2.0-OpenSSH_9\r\n\r\n', () => {});
  const { failure } = await networkTo(t, url).ask();
  assert.deepEqual(failure, { kind: 'broken', message: 'acme answered with something that is not HTTP' });
});

test('a head that does not come in time is slow, and its connection is given up', async (t) => {
  let closed: Promise<unknown> | undefined;
  const url = await serve(t, (request) => {
    closed = once(request.socket, 'close');
  });
  const { ask, network } = networkTo(t, url, { firstByteMs: 60 });
  const { failure } = await ask();
  assert.deepEqual(failure, { kind: 'slow', message: 'acme did not begin to answer within 60 ms (time-out firstByte)' });
  await closed;
  assert.equal(network.underWay, 0);
});

test('an answer that falls silent is slow; one that keeps talking is not, however long it takes', async (t) => {
  const url = await serve(t, (request, response) => {
    let left = request.url === '/talks' ? 8 : 2;
    const timer = setInterval(() => {
      left -= 1;
      response.write('.');
      if (left > 0) return;
      clearInterval(timer);
      if (request.url === '/talks') response.end();
    }, 40);
  });
  const { ask } = networkTo(t, url, { stallMs: 160 });
  assert.deepEqual((await ask({ path: '/talks' })).body, '........');
  const { body, failure } = await ask({ path: '/stops' });
  assert.deepEqual(
    [body, failure],
    ['..', { kind: 'slow', message: 'acme fell silent in the middle of its answer for 160 ms (time-out stall)' }],
  );
});

test('nobody at the address is unreachable, and said so without the address', async (t) => {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const { failure } = await networkTo(t, `http://127.0.0.1:${port}`).ask();
  assert.deepEqual(failure, { kind: 'unreachable', message: 'acme refused the connection' });
});

test('a host without a name is unreachable', async (t) => {
  const { failure } = await networkTo(t, 'http://nowhere.invalid').ask();
  assert.equal(failure?.kind, 'unreachable');
});

test('a request waiting for a connection is told so when its time is up, and never sent', async (t) => {
  let requests = 0;
  const url = await serve(t, (_, response) => {
    requests += 1;
    response.write('first');
  });
  const { ask, network } = networkTo(t, url, { connectionsMax: 1, firstByteMs: 60 });
  const first = network.send(ASKING, { onHead() {}, onData() {}, onEnd() {}, onError() {} });
  const { failure } = await ask();
  assert.deepEqual(failure, {
    kind: 'slow',
    message: 'no connection to acme came free within 60 ms (time-out firstByte): all 1 are busy',
  });
  first.abort();
  assert.equal((await ask({ path: '/third' }, () => network.close())).body, 'first');
  assert.equal(requests, 2);
});

for (const [coding, pack] of [
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
] as const)
  test(`an answer in ${coding}, though not asked for, is decoded`, async (t) => {
    const url = await serve(t, (_, response) => {
      response.writeHead(200, { 'content-encoding': coding, 'content-type': 'application/json' });
      response.end(pack('{"ok":true}'.repeat(1000)));
    });
    const { body, headers } = await networkTo(t, url).ask();
    assert.equal(body, '{"ok":true}'.repeat(1000));
    assert.deepEqual([headers?.['content-encoding'], headers?.['content-type']], [undefined, 'application/json']);
  });

test('a packed stream gives each event when it comes', async (t) => {
  const { createGzip, constants } = await import('node:zlib');
  let next: (() => void) | undefined;
  const url = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
    gzip.pipe(response);
    let count = 0;
    next = () => (count++ < 3 ? gzip.write(`data: ${count}\n\n`) : gzip.end());
    next();
  });
  const chunks: string[] = [];
  await networkTo(t, url).ask({}, (chunk) => {
    chunks.push(chunk);
    next?.();
  });
  assert.deepEqual(chunks, ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']);
});

test('a packed answer that was cut is interrupted; an unknown coding is broken', async (t) => {
  const packed = gzipSync('x'.repeat(1000) + Math.PI);
  const url = await serve(t, (request, response) => {
    response.writeHead(200, { 'content-encoding': request.url === '/cut' ? 'gzip' : 'rot13' });
    response.end(packed.subarray(0, 20));
  });
  const { ask } = networkTo(t, url);
  assert.equal((await ask({ path: '/cut' })).failure?.kind, 'interrupted');
  assert.equal((await ask({ path: '/odd' })).failure?.kind, 'broken');
});

test('a paused exchange makes the far side wait, and goes on where it was', async (t) => {
  const chunk = Buffer.alloc(256 * 1024, 'x');
  const total = 64;
  let written = 0;
  const url = await serve(t, async (_, response) => {
    for (; written < total; written += 1) if (!response.write(chunk)) await once(response, 'drain');
    response.end();
  });
  let paused = false;
  const { body } = await networkTo(t, url, { stallMs: 100 }).ask({}, (_, exchange) => {
    if (paused) return;
    paused = true;
    exchange.pause();
    // Longer than the time-out for silence: waiting for the reader is not the provider's stalling.
    setTimeout(() => {
      assert.ok(written < total, `the far side wrote all ${written} chunks while the reader slept`);
      exchange.resume();
    }, 300);
  });
  assert.equal(body.length, total * chunk.length);
});

test('an aborted exchange closes the road and says nothing more', async (t) => {
  let closed: Promise<unknown> | undefined;
  const url = await serve(t, (request, response) => {
    closed = once(request.socket, 'close');
    response.write('begun');
  });
  const { network } = networkTo(t, url);
  const said: string[] = [];
  await new Promise<void>((resolve) => {
    const exchange = network.send(ASKING, {
      onHead() {},
      onData() {
        exchange.abort();
        exchange.abort();
        resolve();
      },
      onEnd: () => said.push('end'),
      onError: ({ kind }) => said.push(kind),
    });
  });
  await closed;
  assert.deepEqual([said, network.underWay], [[], 0]);
});

test('an exchange aborted before it was sent is not sent', async (t) => {
  let requests = 0;
  const url = await serve(t, (_, response) => {
    requests += 1;
    response.end('ok');
  });
  const { network, ask } = networkTo(t, url);
  network.send(ASKING, { onHead() {}, onData() {}, onEnd() {}, onError() {} }).abort();
  assert.equal((await ask()).body, 'ok');
  assert.equal(requests, 1);
});

test('a request on a kept connection that closes under it is sent once and reported, not repeated', async (t) => {
  const requests: string[] = [];
  const url = await listening(
    t,
    net.createServer((socket) => {
      socket.on('error', () => {});
      let served = 0;
      socket.on('data', (data) => {
        requests.push(data.toString().split(' ')[1]!);
        served += 1;
        if (served === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
        else socket.destroy();
      });
    }),
  );
  const { ask } = networkTo(t, url, { connectionsMax: 1 });
  assert.equal((await ask({ path: '/1' })).body, 'ok');
  const { failure } = await ask({ path: '/2' });
  assert.deepEqual(failure, { kind: 'unreachable', message: 'acme closed the connection before it answered' });
  assert.deepEqual(requests, ['/1', '/2']);
});

test('a header that cannot be sent fails after send has returned, and never inside it', async (t) => {
  const { network } = networkTo(t, 'http://127.0.0.1:9');
  let returned = false;
  const failure = await new Promise<Failure>((resolve) => {
    network.send(
      { ...ASKING, headers: { bad: 'a\nb' } },
      { onHead() {}, onData() {}, onEnd() {}, onError: (it) => returned && resolve(it) },
    );
    returned = true;
  });
  assert.equal(failure.kind, 'broken');
  assert.throws(() => network.send({ ...ASKING, provider: 'nobody' }, {} as never), /no provider is named "nobody" any more/);
});

test('closing ends what is under way as closing', async (t) => {
  const url = await serve(t, (_, response) => {
    response.write('begun');
  });
  const { network, ask } = networkTo(t, url);
  const { failure } = await ask({}, () => network.close());
  assert.deepEqual(failure, { kind: 'closing', message: 'the gateway closed while acme was being asked' });
});

test('requests go through a proxy where one is configured', async (t) => {
  const seen: (string | undefined)[] = [];
  const proxy = await serve(t, (request, response) => {
    seen.push(request.url, request.headers.host, request.headers.authorization);
    response.end('by proxy');
  });
  const { body } = await networkTo(t, 'http://api.example/v1', { proxy }).ask();
  assert.equal(body, 'by proxy');
  assert.deepEqual(seen, ['http://api.example/v1/chat/completions', 'api.example', 'Bearer sk-1']);
});

test('a tunnel through a proxy that refuses it is unreachable', async (t) => {
  const server = http.createServer();
  server.on('connect', (_, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
  const proxy = await listening(t, server);
  const { failure } = await networkTo(t, 'https://api.example/v1', { proxy }).ask();
  assert.equal(failure?.kind, 'unreachable');
});
