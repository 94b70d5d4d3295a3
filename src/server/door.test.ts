import assert from 'node:assert/strict';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Asking } from '../lanes/lane.ts';
import type { Failure } from '../model/failure.ts';
import type { Sink } from '../model/sink.ts';
import { simulatedWorld } from '../world/simulated.ts';
import { createDoor } from './door.ts';
import type { DoorRequest, DoorRooms } from './rooms.ts';

interface Told {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** A door whose calls are written down, and answered as `answers` says; without it they stay open. */
function door(answers?: (sink: Sink, asking: Asking) => void, more: Partial<DoorRooms> = {}) {
  const asked: Asking[] = [];
  const cancelled: Asking[] = [];
  const open = createDoor({
    world: simulatedWorld(),
    limits: { bodyBytesMax: 1000, depthMax: 16 },
    authenticate: (key) => (key === 'right' ? { key: 'ci' } : { kind: 'unauthenticated', message: 'wrong key' }),
    models: () => [{ id: 'smart', createdS: 0, provider: 'acme' }],
    model: (id) => (id === 'smart' ? { id, createdS: 0, provider: 'acme' } : undefined),
    ready: () => true,
    call(asking, sink) {
      asked.push(asking);
      answers?.(sink, asking);
      return { cancel: () => cancelled.push(asking) };
    },
    ...more,
  });
  const knock = (request: Partial<DoorRequest>) => {
    let running = { cancel() {} };
    const told = new Promise<Told>((resolve) => {
      const answer: Told = { status: 0, headers: {}, body: '' };
      running = open(
        {
          method: 'POST',
          target: '/v1/chat/completions',
          body: Buffer.from('{"model":"smart"}'),
          ...request,
          headers: { authorization: 'Bearer right', ...request.headers },
        },
        {
          head: (status, headers) => Object.assign(answer, { status, headers }),
          write(bytes) {
            answer.body += bytes.toString();
            return true;
          },
          end(bytes) {
            if (bytes) answer.body += bytes.toString();
            resolve(answer);
          },
          onDrained() {},
        },
      );
    });
    return { told, running };
  };
  return { knock, asked, cancelled, ask: (request: Partial<DoorRequest> = {}) => knock(request).told };
}

const typeOf = ({ body }: Told) => (JSON.parse(body) as { error: { type: string } }).error.type;

test('a call carries what was asked, by whom, on what terms, and no header that must stay here', async () => {
  const { ask, asked } = door((sink) => sink.fail({ kind: 'limited', message: 'no' }, {}));
  await ask({
    target: '/v1/messages?beta=true',
    headers: {
      cookie: 'a=1',
      'anthropic-version': '2026-10-21',
      'x-headgate-feature': 'search',
      'x-headgate-on-loss': 'content=allow',
      'x-headgate-deadline-ms': '900',
    },
    body: Buffer.from('{"model":"smart","stream":true}'),
  });
  const { inbound, ...rest } = asked[0]!;
  assert.deepEqual(rest, { caller: { key: 'ci', feature: 'search' }, onLoss: 'content=allow', deadlineMs: 900 });
  const { operation, dialect, headers, body, head } = inbound;
  assert.deepEqual(
    [operation, dialect, headers, body.toString(), head.model, head.stream],
    ['generate', 'anthropic-messages', { 'anthropic-version': '2026-10-21' }, '{"model":"smart","stream":true}', 'smart', true],
  );
});

test('each vendor’s client finds the request’s id where its SDK looks for it', async () => {
  const { ask } = door((sink) => {
    sink.head(200, { 'content-type': 'application/json', 'x-headgate-call-id': 'call_1' });
    sink.end(Buffer.from('{}'));
  });
  const id = async (target: string) => {
    const { headers } = await ask({ target });
    return [headers['x-request-id'], headers['request-id']];
  };
  assert.deepEqual(await id('/v1/chat/completions'), ['call_1', undefined]);
  assert.deepEqual(await id('/v1/responses'), ['call_1', undefined]);
  assert.deepEqual(await id('/v1/messages'), [undefined, 'call_1']);
});

test('a stream tells proxies to let it through; a whole answer does not', async () => {
  const { ask } = door((sink, { inbound }) => {
    sink.head(200, { 'content-type': inbound.head.stream ? 'text/event-stream; charset=utf-8' : 'application/json' });
    sink.write(Buffer.from('data: 1\n\n'));
    sink.end();
  });
  const marks = ({ headers }: Told) => [headers['cache-control'], headers['x-accel-buffering']];
  const stream = await ask({ body: Buffer.from('{"model":"smart","stream":true}') });
  assert.deepEqual([...marks(stream), stream.body], ['no-cache', 'no', 'data: 1\n\n']);
  assert.deepEqual(marks(await ask()), [undefined, undefined]);
});

const FAILURE: Failure = { kind: 'throttled', message: 'slow down', retryAfterMs: 1500 };

test('a failure is told in the caller’s dialect, with the call’s headers', async () => {
  const { ask } = door((sink) => sink.fail(FAILURE, { 'x-headgate-call-id': 'call_1', 'x-headgate-losses': '0' }));
  const chat = await ask();
  assert.deepEqual(
    [chat.status, typeOf(chat), chat.headers['retry-after'], chat.headers['x-request-id'], chat.headers['x-headgate-losses']],
    [429, 'rate_limit_error', '2', 'call_1', '0'],
  );
  const messages = await ask({ target: '/v1/messages' });
  assert.deepEqual([messages.status, typeOf(messages), messages.headers['request-id']], [429, 'rate_limit_error', 'call_1']);
  assert.equal((JSON.parse(messages.body) as { request_id: string }).request_id, 'call_1');
});

const DEFERRED = { 'x-headgate-deadline': '6h' };

const REFUSED: readonly (readonly [what: string, request: Partial<DoorRequest>, status: number, words: RegExp])[] = [
  ['an unknown path', { target: '/v1/nothing?key=secret' }, 404, /there is nothing at POST \/v1\/nothing"/],
  ['a wrong method', { method: 'PUT' }, 405, /takes POST, not PUT/],
  ['a wrong key', { headers: { authorization: 'Bearer wrong' } }, 401, /wrong key/],
  ['no body', { body: Buffer.alloc(0) }, 400, /body is empty/],
  ['a body that is no JSON', { body: Buffer.from('model=smart') }, 400, /not valid JSON/],
  ['a body that is no object', { body: Buffer.from('[1]') }, 400, /JSON object/],
  ['a body without model', { body: Buffer.from('{}') }, 400, /model/],
  ['a model’s name that no column holds', { body: Buffer.from('{"model":"a\\u0000"}') }, 400, /none of them a control character/],
  ['a model’s name without end', { body: Buffer.from(`{"model":"${'m'.repeat(600)}"}`) }, 400, /at most 512 characters/],
  ['a body too deep', { body: Buffer.from(`{"model":"m","a":${'['.repeat(17)}${']'.repeat(17)}}`) }, 400, /deeper than 16 levels/],
  [
    'a deferred body too deep',
    { headers: DEFERRED, body: Buffer.from(`{"model":"m","a":${'['.repeat(17)}${']'.repeat(17)}}`) },
    400,
    /deeper than 16 levels/,
  ],
  ['a deferred body in another encoding', { headers: DEFERRED, body: Buffer.from('{"model":"é"}', 'latin1') }, 400, /not valid UTF-8/],
  ['room for nothing, deferred', { headers: { ...DEFERRED, 'x-headgate-max-visible-tokens': '0' } }, 400, /whole number of tokens from 1/],
  [
    'room for what is seen, deferred',
    { headers: { ...DEFERRED, 'x-headgate-max-visible-tokens': '9' } },
    400,
    /does not carry x-headgate-max-visible-tokens: leave it out/,
  ],
  ['a priority, deferred', { headers: { ...DEFERRED, 'x-headgate-priority': 'high' } }, 400, /does not carry x-headgate-priority: leave/],
  ['two deadlines', { headers: { ...DEFERRED, 'x-headgate-deadline-ms': '900' } }, 400, /does not carry x-headgate-deadline-ms: leave/],
  ['a body too large', { body: Buffer.from(`{"model":"${'m'.repeat(1000)}"}`) }, 413, /larger than 1000 bytes/],
  ['an unknown coding', { headers: { 'content-encoding': 'compress' } }, 415, /content-encoding/],
  ['a broken coding', { headers: { 'content-encoding': 'gzip' } }, 400, /content-encoding/],
  ['a bomb', { headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(5e5)) }, 413, /larger than 1000 bytes when unpacked/],
  ['a deadline of no time', { headers: { 'x-headgate-deadline-ms': 'soon' } }, 400, /x-headgate-deadline-ms/],
];

for (const [what, request, status, words] of REFUSED)
  for (const [vendor, own] of Object.entries({ openai: {}, anthropic: { target: '/v1/messages' } }))
    test(`${what} is refused natively to ${vendor}, and nothing is asked`, async () => {
      const { ask, asked } = door();
      const told = await ask({ ...request, target: request.target ?? '/v1/chat/completions', ...(request.target ? {} : own) });
      assert.equal(told.status, status);
      assert.match(told.body, words);
      assert.doesNotMatch(told.body, /secret/);
      const { type, request_id } = JSON.parse(told.body) as { type?: string; request_id?: string };
      assert.deepEqual(
        [type, request_id],
        vendor === 'anthropic' && !request.target ? ['error', told.headers['request-id']] : [undefined, undefined],
      );
      assert.deepEqual(asked, []);
    });

test('a packed request is the request it packs', async () => {
  const { ask, asked } = door((sink) => sink.fail(FAILURE, {}));
  const body = Buffer.from('{"model":"smart","input":"x"}');
  await ask({ target: '/v1/responses', headers: { 'content-encoding': 'gzip' }, body: gzipSync(body) });
  assert.deepEqual([asked[0]!.inbound.body, asked[0]!.inbound.headers], [body, {}]);
});

test('cancelling cancels the call, also one still being unpacked', async () => {
  const { knock, asked, cancelled } = door();
  knock({}).running.cancel();
  assert.equal(cancelled.length, 1);
  const body = gzipSync('{"model":"smart"}');
  knock({ headers: { 'content-encoding': 'gzip' }, body }).running.cancel();
  const { told } = knock({ target: '/v1/nothing' });
  await told;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(asked.length, 1);
});

test('models are shown to those with a key, in the shape of whoever asks', async () => {
  const { ask } = door();
  const get = (target: string, headers = {}) => ask({ method: 'GET', target, headers, body: Buffer.alloc(0) });
  assert.match((await get('/v1/models')).body, /"object":"list"/);
  assert.match((await get('/v1/models', { 'anthropic-version': '2026-10-21' })).body, /"has_more":false/);
  assert.match((await get('/v1/models/smart')).body, /"owned_by":"acme"/);
  assert.equal((await get('/v1/models/none')).status, 404);
  assert.equal((await get('/v1/models', { authorization: '' })).status, 401);
});

test('health needs no key; readiness says whether calls are welcome', async () => {
  const look = async (target: string, ready: boolean) => {
    const { ask } = door(undefined, { ready: () => ready });
    return (await ask({ method: 'GET', target, headers: { authorization: '' }, body: Buffer.alloc(0) })).status;
  };
  assert.deepEqual([await look('/healthz', false), await look('/readyz', false), await look('/readyz', true)], [200, 503, 200]);
});
