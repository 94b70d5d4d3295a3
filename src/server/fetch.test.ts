import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import test from 'node:test';
import OpenAI from 'openai';
import type { Sink } from '../model/sink.ts';
import { simulatedWorld } from '../world/simulated.ts';
import { createDoor } from './door.ts';
import { doorFetch } from './fetch.ts';

/** A door whose calls are answered by the test. */
function stage(answer: (sink: Sink) => void) {
  const seen = { cancelled: 0 };
  const door = createDoor({
    world: simulatedWorld({ seed: 1 }),
    limits: { bodyBytesMax: 1000, depthMax: 50 },
    call(_, sink) {
      answer(sink);
      return { cancel: () => (seen.cancelled += 1) };
    },
    authenticate: () => ({ key: 'k' }),
    models: () => [],
    model: () => undefined,
    ready: () => true,
  });
  return { fetch: doorFetch(door), seen };
}

const ask = (fetch: typeof globalThis.fetch, signal?: AbortSignal) =>
  fetch('http://anywhere/v1/chat/completions', { method: 'POST', body: '{"model":"m"}', ...(signal && { signal }) });

test('an answer in one piece is a Response', async () => {
  const { fetch } = stage((sink) => {
    sink.head(200, { 'content-type': 'application/json' });
    sink.end(Buffer.from('{"ok":true}'));
  });
  const response = await ask(fetch);
  assert.deepEqual([response.status, response.headers.get('content-type'), await response.json()], [200, 'application/json', { ok: true }]);
});

test('a stream can be read while it is written, and tells the writer when it is behind', async () => {
  let sink: Sink | undefined;
  let caughtUp = 0;
  const { fetch } = stage((given) => {
    sink = given;
    given.onDrained(() => (caughtUp += 1));
    given.head(200, { 'content-type': 'text/event-stream' });
  });
  const reader = (await ask(fetch)).body!.getReader();
  assert.equal(sink!.write(Buffer.from('data: 1\n\n')), true);
  assert.equal(Buffer.from((await reader.read()).value!).toString(), 'data: 1\n\n');
  assert.equal(sink!.write(Buffer.alloc(100_000, 'x')), false);
  const before = caughtUp;
  await reader.read();
  await Promise.resolve();
  assert.ok(caughtUp > before);
  sink!.end();
  assert.equal((await reader.read()).done, true);
});

test('a reader who stops, and a signal that aborts, end the call', async () => {
  const { fetch, seen } = stage((sink) => sink.head(200, { 'content-type': 'text/event-stream' }));
  await (await ask(fetch)).body!.cancel();
  assert.equal(seen.cancelled, 1);
  const control = new AbortController();
  const response = await ask(fetch, control.signal);
  control.abort(new Error('enough'));
  await assert.rejects(response.text(), /enough/);
  assert.equal(seen.cancelled, 2);
});

test('an unanswered call that is aborted rejects as fetch does', async () => {
  const { fetch, seen } = stage(() => {});
  const control = new AbortController();
  const pending = ask(fetch, control.signal);
  queueMicrotask(() => queueMicrotask(() => control.abort()));
  await assert.rejects(pending, { name: 'AbortError' });
  assert.ok(seen.cancelled <= 1);
});

test('an official SDK works through it, errors included', async () => {
  const { fetch } = stage((sink) => sink.fail({ kind: 'throttled', message: 'slow down', retryAfterMs: 10 }, {}));
  const client = new OpenAI({ apiKey: 'k', fetch, maxRetries: 0 });
  await assert.rejects(client.chat.completions.create({ model: 'm', messages: [] }), (error) => error instanceof OpenAI.RateLimitError);
});

test('letters that no header can hold are shown as question marks, streamed or not', async () => {
  for (const type of ['application/json', 'text/event-stream']) {
    const { fetch } = stage((sink) => {
      sink.head(200, { 'content-type': type, 'x-headgate-target': 'openai/a\r\nb: 日' });
      sink.end(Buffer.from('{}'));
    });
    const response = await ask(fetch, AbortSignal.timeout(5000));
    assert.equal(response.headers.get('x-headgate-target'), 'openai/a??b: ?', type);
  }
});

test('it takes what fetch takes: an address, a Request, headers and bodies of every form', async () => {
  const heard: string[] = [];
  const fetch = doorFetch(({ method, target, headers, body }, outlet) => {
    heard.push([method, target, headers['x-one'], body.toString()].join(' '));
    outlet.head(200, {});
    outlet.end();
    return { cancel() {} };
  });
  const body = 'asked';
  await fetch('http://any/v1/a?b=c');
  await fetch(new URL('http://any/v1/a'), { method: 'post', body, headers: [['X-One', '1']] });
  await fetch('http://any/v1/a', { method: 'POST', body: Buffer.from(body), headers: { 'X-One': '1' } });
  await fetch('http://any/v1/a', { method: 'POST', body: new Blob([body]), headers: new Headers({ 'X-One': '1' }) });
  await fetch(new Request('http://any/v1/a', { method: 'POST', body, headers: { 'X-One': '1' } }));
  assert.deepEqual(heard, ['GET /v1/a?b=c  ', ...Array<string>(4).fill('POST /v1/a 1 asked')]);
});

test('a signal that outlives its calls keeps nothing of them', async () => {
  const { fetch } = stage((sink) => {
    sink.head(200, {});
    sink.end(Buffer.from('{}'));
  });
  const { signal } = new AbortController();
  await (await ask(fetch, signal)).text();
  assert.deepEqual(getEventListeners(signal, 'abort'), []);
});
