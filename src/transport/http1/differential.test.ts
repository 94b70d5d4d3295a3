import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import test from 'node:test';
import fc from 'fast-check';
import { Pool } from 'undici';
import type { Provider } from '../../model/provider.ts';
import { realWorld } from '../../world/real.ts';
import { createPool } from './pool.ts';

/** An answer told as one line, or that there was none. */
type Told = string;

/*
 * undici's parser is llhttp, which half the web runs on: where it finds an answer, ours must find the
 * same one; where it finds none, ours must not either. Ours may refuse more (an answer framed in two ways).
 */
test('answers are those llhttp reads, or none', async () => {
  let bytes = '';
  let cut = 0;
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.setNoDelay(true);
      socket.write(bytes.slice(0, cut), 'latin1', () => setImmediate(() => socket.end(bytes.slice(cut), 'latin1')));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const provider = { baseUrl: origin, connectionsMax: 1, connectMs: 1000 } as Provider;

  const ours = (): Promise<Told> =>
    new Promise((resolve) => {
      const pool = createPool(provider, realWorld);
      const heard = listener((told) => {
        pool.destroy();
        resolve(told);
      });
      pool.send({ head: 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n', body: undefined, handler: heard });
    });
  const theirs = (): Promise<Told> =>
    new Promise((resolve) => {
      const pool = new Pool(origin, { connections: 1, allowH2: false });
      const heard = listener((told) => void pool.destroy().then(() => resolve(told)));
      pool.dispatch({ path: '/', method: 'POST' }, heard);
    });

  const line = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('content-length: 5', 'Content-Length: 3', 'transfer-encoding: chunked', 'connection: close') },
    fc.constantFrom(
      'content-length: 05',
      'content-length: -1',
      'transfer-encoding: identity',
      'a: b',
      'a:',
      ': b',
      'a b: c',
      ' a: b',
      'x: \xe9',
    ),
  );
  const body = fc.oneof(
    fc.constantFrom('hello', 'hel', '5\r\nhello\r\n0\r\n\r\n', '2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nt: 1\r\n\r\n', '', '5\r\nhello\r\n'),
    fc.constantFrom('5\nhello\n0\n\n', '5\r\nhello0\r\n\r\n', 'g\r\n', '-5\r\nhello\r\n0\r\n\r\n', '5 \r\nhello\r\n0\r\n\r\n'),
  );
  const start = fc.constantFrom(
    'HTTP/1.1 200 OK',
    'HTTP/1.1 200',
    'HTTP/1.0 200 OK',
    'HTTP/1.1 204 No',
    'HTTP/1.1 20 OK',
    'HTTP/1.1  200 OK',
  );
  try {
    await fc.assert(
      fc.asyncProperty(start, fc.array(line, { maxLength: 3 }), body, fc.nat({ max: 120 }), async (first, lines, rest, place) => {
        bytes = [first, ...lines, '', rest].join('\r\n');
        cut = place % (bytes.length + 1);
        const [own, reference] = [await ours(), await theirs()];
        if (own !== 'none') assert.equal(own, reference, JSON.stringify(bytes));
      }),
      { numRuns: 150 },
    );
  } finally {
    server.close();
  }
});

function listener(done: (told: Told) => void) {
  let told = '';
  return {
    onRequestStart() {},
    onResponseStart(_: unknown, status: number, headers: Record<string, string | string[] | undefined>) {
      if (status < 200) return;
      const fields = Object.entries(headers).map(([name, value]) => `${name}=${[value].flat().join(', ')}`);
      told = `${status} ${fields.sort().join(' ')} `;
    },
    onResponseData(_: unknown, chunk: Buffer) {
      told += chunk.toString('latin1');
    },
    onResponseEnd: () => done(told),
    onResponseError: () => done('none'),
  };
}
