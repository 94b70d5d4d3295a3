import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import tls from 'node:tls';
import type { Provider } from '../../model/provider.ts';
import { realWorld } from '../../world/real.ts';
import type { Connection } from './connection.ts';
import { createPool, type Pool } from './pool.ts';
import { requestHead } from './request-head.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

async function listening(t: TestContext, server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

function poolTo(t: TestContext, baseUrl: string, more: Partial<Provider> = {}): Pool {
  const pool = createPool({ baseUrl, connectionsMax: 2, connectMs: 1000, ...more } as Provider, realWorld);
  t.after(() => pool.destroy());
  return pool;
}

/** Sends one errand; says how it ended. `begun` may give it up before it is sent. */
const ask = (pool: Pool, name: string, begun?: (connection: Connection) => void, patience?: number) =>
  new Promise<string>((resolve) => {
    let body = '';
    pool.send({
      patience,
      head: requestHead('POST', `/${name}`, 'a', [], 1)!,
      body: Buffer.from('x'),
      handler: {
        onRequestStart(connection) {
          begun?.(connection);
          if (begun) resolve('given up');
        },
        onResponseStart() {},
        onResponseData: (_, bytes) => {
          body += bytes;
        },
        onResponseEnd: () => resolve(body),
        onResponseError: (_, error: Error & { code?: string }) => resolve(error.code ?? error.message),
      },
    });
  });

test('errands share as many connections as there may be, in the order they came', async (t) => {
  let connections = 0;
  const seen: string[] = [];
  const port = await listening(
    t,
    net.createServer((socket) => {
      connections += 1;
      socket.on('data', (data) => {
        seen.push(data.toString().split(' ')[1]!);
        setImmediate(() => socket.write(OK));
      });
    }),
  );
  const pool = poolTo(t, `http://127.0.0.1:${port}`, { connectionsMax: 1 });
  const told = await Promise.all(['1', '2', '3', '4'].map((name) => ask(pool, name)));
  assert.deepEqual([told, seen, connections], [['ok', 'ok', 'ok', 'ok'], ['/1', '/2', '/3', '/4'], 1]);
});

test('an errand given up while it waited is not sent, and the next one is', async (t) => {
  const seen: string[] = [];
  const port = await listening(
    t,
    net.createServer((socket) => {
      socket.on('data', (data) => {
        seen.push(data.toString().split(' ')[1]!);
        setImmediate(() => socket.write(OK));
      });
    }),
  );
  const pool = poolTo(t, `http://127.0.0.1:${port}`, { connectionsMax: 1 });
  const told = await Promise.all([ask(pool, '1'), ask(pool, '2', (connection) => connection.abort()), ask(pool, '3')]);
  assert.deepEqual(
    [told, seen],
    [
      ['ok', 'given up', 'ok'],
      ['/1', '/3'],
    ],
  );
});

test('a connection that closed while idle is not used again', async (t) => {
  let connections = 0;
  const port = await listening(
    t,
    net.createServer((socket) => {
      connections += 1;
      socket.on('data', () => socket.end(OK));
    }),
  );
  const pool = poolTo(t, `http://127.0.0.1:${port}`);
  for (const name of ['1', '2', '3']) {
    assert.equal(await ask(pool, name), 'ok');
    // The end comes right behind the answer; an errand that meets it is told so (tested with the network).
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(connections, 3);
});

test('an answer that comes before the request is wholly taken ends the connection', async (t) => {
  let connections = 0;
  const port = await listening(
    t,
    net.createServer((socket) => {
      connections += 1;
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.pause();
        socket.write(OK);
      });
    }),
  );
  const pool = poolTo(t, `http://127.0.0.1:${port}`);
  const large = () =>
    new Promise<void>((resolve) => {
      const body = Buffer.alloc(32 * 1024 * 1024);
      const handler = { onRequestStart() {}, onResponseStart() {}, onResponseData() {}, onResponseEnd: resolve, onResponseError: resolve };
      pool.send({ head: requestHead('POST', '/', 'a', [], body.length)!, body, handler: handler as never });
    });
  await large();
  await large();
  assert.equal(connections, 2);
});

test('what does not let itself be connected to fails every errand, each with its own attempt', async (t) => {
  const port = await listening(t, net.createServer());
  const gone = net.createServer();
  const gonePort = await listening(t, gone);
  gone.close();
  await once(gone, 'close');
  const pool = poolTo(t, `http://127.0.0.1:${gonePort}`, { connectionsMax: 1 });
  assert.deepEqual(await Promise.all([ask(pool, '1'), ask(pool, '2')]), ['ECONNREFUSED', 'ECONNREFUSED']);
  // A listener that takes connections and says nothing lets TLS wait.
  const silent = poolTo(t, `https://127.0.0.1:${port}`, { connectMs: 30 });
  assert.equal(await ask(silent, '1'), 'connectMs');
});

test('a later attempt waits longer for its connection', async (t) => {
  const port = await listening(t, net.createServer());
  const waits: number[] = [];
  const world = {
    ...realWorld,
    after(ms: number, work: () => void) {
      waits.push(ms);
      return realWorld.after(ms, work);
    },
  };
  const pool = createPool({ baseUrl: `https://127.0.0.1:${port}`, connectionsMax: 2, connectMs: 30 } as Provider, world);
  t.after(() => pool.destroy());
  await Promise.all([ask(pool, '1'), ask(pool, '2', undefined, 3)]);
  assert.deepEqual(waits, [30, 90]);
});

const openssl = spawnSync('openssl', ['version']).status === 0;

test('TLS: a certificate is checked, HTTP/1.1 agreed on, and the next connection resumes', { skip: !openssl }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name)) as [string, string];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject], {
    stdio: 'ignore',
  });
  const seen: unknown[] = [];
  const server = tls.createServer({ key: readFileSync(key), cert: readFileSync(cert), ALPNProtocols: ['h2', 'http/1.1'] }, (socket) => {
    seen.push(socket.alpnProtocol, socket.isSessionReused());
    socket.on('error', () => {});
    socket.on('data', () => socket.end(OK.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n')));
  });
  const port = await listening(t, server);
  assert.equal(await ask(poolTo(t, `https://localhost:${port}`), 'unknown'), 'DEPTH_ZERO_SELF_SIGNED_CERT');
  seen.length = 0;
  const before = tls.getCACertificates();
  tls.setDefaultCACertificates([...before, readFileSync(cert, 'utf8')]);
  t.after(() => tls.setDefaultCACertificates(before));
  const pool = poolTo(t, `https://localhost:${port}`);
  assert.equal(await ask(pool, '1'), 'ok');
  assert.equal(await ask(pool, '2'), 'ok');
  assert.deepEqual(seen, ['http/1.1', false, 'http/1.1', true]);
  assert.equal(await ask(poolTo(t, `https://127.0.0.1:${port}`), 'name'), 'ERR_TLS_CERT_ALTNAME_INVALID');
});

test('closing ends waiting and running errands, and refuses later ones', async (t) => {
  const port = await listening(
    t,
    net.createServer((socket) => {
      socket.on('error', () => {});
    }),
  );
  const pool = poolTo(t, `http://127.0.0.1:${port}`, { connectionsMax: 1 });
  const [first, second] = [ask(pool, '1'), ask(pool, '2')];
  setTimeout(() => pool.destroy(), 20);
  assert.deepEqual(await Promise.all([first, second]), ['closing', 'closing']);
  assert.equal(await ask(pool, '3'), 'closing');
});

test('a head keeps everything in its place, or is none', () => {
  assert.equal(
    requestHead('POST', '/v1/x?y=1', 'h:1', ['a', 'b', 'c', 'd\xe9'], 3),
    'POST /v1/x?y=1 HTTP/1.1\r\nhost: h:1\r\nconnection: keep-alive\r\na: b\r\nc: d\xe9\r\ncontent-length: 3\r\n\r\n',
  );
  assert.match(requestHead('POST', '/', 'h', [], undefined)!, /content-length: 0/);
  assert.doesNotMatch(requestHead('GET', '/', 'h', [], undefined)!, /content-length/);
  for (const path of ['', 'x', '/a b', '/a\r\nb', '/é']) assert.equal(requestHead('GET', path, 'h', [], undefined), undefined);
  for (const value of ['a\r\nb', 'a\nb', 'a\0', 'λ']) assert.equal(requestHead('GET', '/', 'h', ['x', value], undefined), undefined);
});
