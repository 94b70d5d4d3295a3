import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';
import type { Asking } from '../lanes/lane.ts';
import type { Sink } from '../model/sink.ts';
import { realWorld } from '../world/real.ts';
import { createDoor } from './door.ts';
import { type ListenOptions, listen } from './listen.ts';

/** A gateway on a free port whose calls are answered as `answers` says. */
async function gateway(
  t: TestContext,
  answers: (sink: Sink, asking: Asking) => (() => void) | undefined,
  more: Partial<ListenOptions> = {},
) {
  const door = createDoor({
    world: realWorld,
    limits: { bodyBytesMax: 1_000_000, depthMax: 100 },
    authenticate: () => ({ key: 'anonymous' }),
    models: () => [],
    model: () => undefined,
    ready: () => true,
    call: (asking, sink) => ({ cancel: answers(sink, asking) ?? (() => {}) }),
  });
  const listening = await listen(door, { host: '127.0.0.1', port: 0, headersBytesMax: 16_384, connectionsMax: 100, ...more }, realWorld);
  t.after(() => listening.close(0));
  return listening;
}

const echo = (sink: Sink, { inbound }: Asking) => {
  sink.head(200, { 'content-type': 'application/json' });
  sink.end(inbound.body);
  return undefined;
};

/** Speaks raw HTTP; gathers everything until the server closes, or until `enough`. */
async function say(port: number, lines: string | readonly string[], enough?: RegExp): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  let heard = '';
  const done = new Promise<void>((resolve) => {
    socket.on('data', (data) => {
      heard += data.toString('latin1');
      if (enough?.test(heard)) resolve();
    });
    socket.on('close', () => resolve());
    socket.on('error', () => {});
  });
  for (const line of [lines].flat()) {
    socket.write(line);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
  socket.destroy();
  return heard;
}

const BODY = '{"model":"smart"}';
const POST = `POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\ncontent-length: ${BODY.length}\r\n`;
const statusOf = (heard: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(heard)?.[1]);

test('an answer comes back whole with its length, in pieces, chunked and over one connection', async (t) => {
  const { port } = await gateway(t, echo);
  const first = await say(port, `${POST}\r\n${BODY}`, /\}$/);
  assert.match(first, /^HTTP\/1\.1 200 OK\r\n(.+\r\n)*content-length: 17\r\n(.+\r\n)*\r\n\{"model":"smart"\}$/);
  const pieces = [...`${POST}\r\n${BODY}`];
  assert.equal(statusOf(await say(port, pieces, /\}$/)), 200);
  const chunked = `POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\ntransfer-encoding: chunked\r\n\r\n7\r\n{"model\r\na\r\n":"smart"}\r\n0\r\n\r\n`;
  assert.match(await say(port, chunked, /\}$/), /\{"model":"smart"\}$/);
  const three = await say(port, `${POST}\r\n${BODY}`.repeat(3), /(\{"model":"smart"\}[\s\S]*){3}$/);
  assert.equal(three.match(/200 OK/g)?.length, 3);
});

test('a stream goes out event by event', async (t) => {
  const { port } = await gateway(t, (sink) => {
    sink.head(200, { 'content-type': 'text/event-stream' });
    sink.write(Buffer.from('data: 1\n\n'));
    sink.write(Buffer.from('data: 2\n\n'));
    sink.end(Buffer.from('data: 3\n\n'));
    return undefined;
  });
  const heard = await say(port, `${POST}\r\n${BODY}`, /0\r\n\r\n$/);
  assert.match(heard, /transfer-encoding: chunked/i);
  assert.match(heard, /9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n9\r\ndata: 3\n\n\r\n0\r\n\r\n$/);
});

const OBJECTIONABLE: readonly (readonly [what: string, bytes: string, status: number])[] = [
  ['two hosts', `POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nHost: b\r\ncontent-length: 2\r\n\r\n{}`, 400],
  ['no host', `POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}`, 400],
  ['an absolute target', `GET http://internal/ HTTP/1.1\r\nhost: a\r\n\r\n`, 400],
  ['the target *', `OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n`, 400],
  ['a GET with a body', `GET /v1/models HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}`, 400],
  ['a GET with a chunked body', `GET /v1/models HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['length and chunks', `POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['two lengths', `POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}`, 400],
  ['another transfer coding', `POST /v1/messages HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 400],
  ['an upgrade to h2c', `GET /v1/models HTTP/1.1\r\nhost: a\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\n\r\n`, 400],
  ['a WebSocket', `GET /v1/responses HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`, 426],
  ['HTTP/2 from the start', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['another expectation', `${POST}expect: tea\r\n\r\n${BODY}`, 417],
  ['a head too large', `${POST}x-long: ${'x'.repeat(20_000)}\r\n\r\n${BODY}`, 431],
  ['too many headers', `${POST}${Array.from({ length: 101 }, (_, at) => `x-${at}: 1\r\n`).join('')}\r\n${BODY}`, 431],
  ['nonsense', 'what is this\r\n\r\n', 400],
];

for (const [what, bytes, status] of OBJECTIONABLE)
  test(`${what}: ${status}, in words, and no call`, async (t) => {
    let calls = 0;
    const { port } = await gateway(t, (sink, asking) => {
      calls += 1;
      return echo(sink, asking);
    });
    const heard = await say(port, bytes, /\}$/);
    assert.equal(statusOf(heard), status);
    assert.match(heard, /"error":\{/);
    assert.equal(calls, 0);
  });

test('100-continue is given to those whose request is welcome, and not to others', async (t) => {
  const { port } = await gateway(t, echo);
  const socket = net.connect(port, '127.0.0.1');
  socket.write(`${POST}expect: 100-continue\r\n\r\n`);
  const [go] = (await once(socket, 'data')) as [Buffer];
  assert.match(go.toString(), /^HTTP\/1\.1 100 Continue/);
  socket.write(BODY);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.equal(statusOf(answer.toString()), 200);
  socket.destroy();
  const nowhere = POST.replace('/v1/chat/completions', '/v1/nothing');
  assert.equal(statusOf(await say(port, `${nowhere}expect: 100-continue\r\n\r\n`, /\}$/)), 404);
});

test('a body too large is refused by its length unread, or as soon as it is, and the answer arrives', async (t) => {
  const { port, url } = await gateway(t, echo);
  const big = `{"model":"m","x":"${'x'.repeat(3_000_000)}"}`;
  const measured = await fetch(`${url}/v1/messages`, { method: 'POST', body: big });
  assert.deepEqual([measured.status, ((await measured.json()) as { error: { type: string } }).error.type], [413, 'request_too_large']);
  const chunks = new Blob([big]).stream();
  const chunked = await fetch(`${url}/v1/messages`, { method: 'POST', body: chunks, duplex: 'half' } as RequestInit);
  assert.equal(chunked.status, 413);
  const heard = await say(port, `POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 9000000000\r\n\r\n`, /\}$/);
  assert.equal(statusOf(heard), 413);
});

test('a sender who takes too long is told so natively', async (t) => {
  const { port } = await gateway(t, echo, { headMs: 100, requestMs: 150 });
  const slowBody = await say(port, `POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{`);
  assert.equal(statusOf(slowBody), 408);
  assert.match(slowBody, /"type":"error"/);
  assert.equal(statusOf(await say(port, 'POST /v1/messages HTTP/1.1\r\nhost: a\r\n')), 408);
});

test('a caller who leaves calls the call off, at once; one who has its answer does not', async (t) => {
  const begun: (() => void)[] = [];
  const left: string[] = [];
  const { port } = await gateway(t, (sink, asking) => {
    if (asking.inbound.head.model === 'quick') return echo(sink, asking) ?? (() => left.push('quick'));
    begun.shift()?.();
    return () => left.push(asking.inbound.head.model);
  });
  for (const stage of ['silent', 'piped'] as const) {
    const running = new Promise<void>((resolve) => begun.push(resolve));
    const socket = net.connect(port, '127.0.0.1');
    const ask = (model: string) => {
      const body = `{"model":"${model}"}`;
      socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    };
    ask('quick');
    await once(socket, 'data');
    ask(stage);
    await running;
    if (stage === 'piped') {
      const second = new Promise<void>((resolve) => begun.push(resolve));
      ask('behind');
      await second;
    }
    socket.destroy();
    while (left.at(-1) !== stage) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(left, ['silent', 'behind', 'piped']);
});

test('a reader who does not read is reported, and reported again when caught up', async (t) => {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  let waits = 0;
  let written = 0;
  const { port } = await gateway(t, (sink) => {
    sink.head(200, { 'content-type': 'text/event-stream' });
    const more = () => {
      while (written < 400) {
        written += 1;
        if (!sink.write(chunk)) {
          waits += 1;
          return;
        }
      }
      sink.end();
    };
    sink.onDrained(more);
    more();
    return undefined;
  });
  const socket = net.connect(port, '127.0.0.1');
  socket.write(`${POST}\r\n${BODY}`);
  while (waits === 0) await new Promise((resolve) => setImmediate(resolve));
  let got = 0;
  for await (const data of socket) {
    got += (data as Buffer).length;
    if ((data as Buffer).toString('latin1').endsWith('0\r\n\r\n')) break;
  }
  assert.ok(waits >= 1 && got > 400 * chunk.length, `${waits} waits, ${got} bytes`);
});

test('what a header cannot hold is replaced, and the answer goes out', async (t) => {
  const { url } = await gateway(t, (sink) => {
    sink.head(200, { 'content-type': 'application/json', 'x-headgate-target': 'acme/λ\r\nevil: 1' });
    sink.end(Buffer.from('{}'));
    return undefined;
  });
  const { status, headers } = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body: BODY });
  assert.deepEqual([status, headers.get('x-headgate-target'), headers.get('evil')], [200, 'acme/???evil: 1', null]);
});

test('closing lets what runs finish, keeps no connection and takes no more', async (t) => {
  let finish: (() => void) | undefined;
  const listening = await gateway(t, (sink, asking) => {
    if (asking.inbound.head.model === 'quick') return echo(sink, asking);
    sink.head(200, { 'content-type': 'text/event-stream' });
    sink.write(Buffer.from('data: 1\n\n'));
    finish = () => sink.end(Buffer.from('data: 2\n\n'));
    return undefined;
  });
  const idle = net.connect(listening.port, '127.0.0.1');
  idle.write(`${POST.replace('17', '17')}\r\n${BODY.replace('smart', 'quick')}`);
  await once(idle, 'data');
  const socket = net.connect(listening.port, '127.0.0.1');
  let heard = '';
  socket.on('data', (data) => {
    heard += data.toString();
  });
  socket.write(`${POST}\r\n${BODY}`);
  while (!heard.includes('data: 1')) await new Promise((resolve) => setImmediate(resolve));
  const closed = listening.close(5000);
  await once(idle, 'close');
  await assert.rejects(fetch(`${listening.url}/healthz`));
  finish?.();
  await closed;
  await (socket.closed || once(socket, 'close'));
  assert.match(heard, /data: 2\n\n\r\n0\r\n\r\n$/);
  assert.equal(listening.connections, 0);
});

test('while it drains, requests on kept connections and on new ones are answered, and told to come no more', async (t) => {
  const listening = await gateway(t, echo);
  const kept = net.connect(listening.port, '127.0.0.1');
  const silent = net.connect(listening.port, '127.0.0.1');
  await Promise.all([once(kept, 'connect'), once(silent, 'connect')]);
  kept.write(`${POST}\r\n${BODY}`);
  const [before] = (await once(kept, 'data')) as [Buffer];
  assert.match(before.toString(), /connection: keep-alive/i);
  const closed = listening.close(5000, 100);
  kept.write(`${POST}\r\n${BODY}`);
  const [after, fresh] = await Promise.all([text(kept), say(listening.port, `${POST}\r\n${BODY}`)]);
  for (const heard of [after, fresh])
    assert.match(heard, /^HTTP\/1\.1 200 OK\r\n(.+\r\n)*connection: close\r\n(.+\r\n)*\r\n\{"model":"smart"\}$/i);
  await closed;
  await assert.rejects(fetch(`${listening.url}/healthz`));
});

test('a stream that began before the stop is read whole, and its connection carries one more request', async (t) => {
  let finish = () => {};
  const listening = await gateway(t, (sink, asking) => {
    if (asking.inbound.head.model === 'quick') return echo(sink, asking);
    sink.head(200, { 'content-type': 'text/event-stream' });
    sink.write(Buffer.from('data: 1\n\n'));
    finish = () => sink.end(Buffer.from('data: 2\n\n'));
    return undefined;
  });
  const socket = net.connect(listening.port, '127.0.0.1');
  socket.write(`${POST}\r\n${BODY}`);
  await once(socket, 'data');
  const closed = listening.close(5000, 50);
  while (await answers(listening.url)) await new Promise((resolve) => setImmediate(resolve));
  finish();
  await once(socket, 'data');
  socket.write(`${POST}\r\n${BODY.replace('smart', 'quick')}`);
  assert.match(await text(socket), /HTTP\/1\.1 200 OK\r\n(.+\r\n)*connection: close\r\n/i);
  await closed;
});

const answers = (url: string) =>
  fetch(`${url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );

test('closing cuts off what does not finish in its time', async (t) => {
  let begun = false;
  let left = false;
  const listening = await gateway(t, () => {
    begun = true;
    return () => {
      left = true;
    };
  });
  const cut = say(listening.port, `${POST}\r\n${BODY}`);
  while (!begun) await new Promise((resolve) => setImmediate(resolve));
  await listening.close(30);
  assert.equal(await cut, '');
  assert.equal(left, true);
});

test('callers beyond the most there may be are hung up on, the others served', async (t) => {
  const { port } = await gateway(t, echo, { connectionsMax: 1 });
  const served = net.connect(port, '127.0.0.1');
  served.write(`${POST}\r\n${BODY}`);
  await once(served, 'data');
  assert.equal(await say(port, `${POST}\r\n${BODY}`), '');
  served.write(`${POST}\r\n${BODY}`);
  const [again] = (await once(served, 'data')) as [Buffer];
  assert.equal(statusOf(again.toString()), 200);
  served.destroy();
});

test('an address that cannot be had is an error', async (t) => {
  const { port } = await gateway(t, echo);
  await assert.rejects(gateway(t, echo, { port }), { code: 'EADDRINUSE' });
});

test('a refused caller who does not hang up is hung up on', async (t) => {
  const listening = await gateway(t, echo);
  const socket = net.connect({ port: listening.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  socket.write('what is this\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.equal(statusOf(answer.toString()), 400);
  const deadline = Date.now() + 5000;
  while (listening.connections > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(listening.connections, 0);
  socket.destroy();
});

test('a connection that carries many large answers keeps no listener for each', async (t) => {
  let listeners = 0;
  const large = Buffer.alloc(4_000_000, 'x');
  const door: Parameters<typeof listen>[0] = Object.assign(() => ({ cancel() {} }), {
    enter(
      _: unknown,
      outlet: { end(bytes: Uint8Array): void; head(status: number, headers: Record<string, string>): void; socket?: net.Socket },
    ) {
      outlet.head(200, {});
      outlet.end(large);
      listeners = outlet.socket?.listenerCount('timeout') ?? Number.NaN;
      return undefined;
    },
    refuse() {},
    bodyBytesMax: 1,
  });
  const listening = await listen(door, { host: '127.0.0.1', port: 0, headersBytesMax: 16_384, connectionsMax: 100 }, realWorld);
  t.after(() => listening.close(0));
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const seen: number[] = [];
  for (let number = 0; number < 4; number += 1) {
    const [answer] = await once(http.get({ agent, port: listening.port }), 'response');
    for await (const _ of answer);
    seen.push(listeners);
  }
  assert.deepEqual(seen, Array(4).fill(seen[0]));
});
