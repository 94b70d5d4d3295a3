import assert from 'node:assert/strict';
import { request } from 'node:http';
import test, { type TestContext } from 'node:test';
import OpenAI, { toFile } from 'openai';
import { createSimulator, fetchFrom, networkOf, type Script, startSimulator } from '../../src/simulator/index.ts';
import { hurriedWorld } from '../../src/world/hurried.ts';
import { type SimulatedWorld, simulatedWorld } from '../../src/world/simulated.ts';

const BODY = JSON.stringify({ model: 'gpt-4o', stream: true, messages: [{ role: 'user', content: 'Hello' }] });

/** Posts over a real socket; tells what came and how it ended. `leaveAfter`: hang up after so many bytes. */
function post(url: string, leaveAfter?: number): Promise<{ status: number | undefined; text: string; end: string }> {
  return new Promise((done) => {
    let text = '';
    let status: number | undefined;
    const outgoing = request(
      `${url}/v1/chat/completions`,
      { method: 'POST', headers: { authorization: 'Bearer k' }, agent: false },
      (incoming) => {
        status = incoming.statusCode;
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => {
          text += chunk;
          if (leaveAfter !== undefined && text.length >= leaveAfter) outgoing.destroy();
        });
        incoming.on('end', () => done({ status, text, end: 'end' }));
        incoming.on('error', (error: NodeJS.ErrnoException) => done({ status, text, end: error.code ?? 'error' }));
      },
    );
    outgoing.on('error', (error: NodeJS.ErrnoException) => done({ status, text, end: error.code ?? 'error' }));
    outgoing.end(BODY);
  });
}

async function start(t: TestContext, script: Script) {
  const simulator = await startSimulator({ script });
  t.after(() => simulator.close());
  return simulator;
}

test('a reset reaches the caller as one: before the headers, and after the bytes that came first', async (t) => {
  const before = await start(t, [{ fault: { resetAtByte: 0 } }]);
  assert.deepEqual(await post(before.url), { status: undefined, text: '', end: 'ECONNRESET' });
  const after = await start(t, [{ fault: { resetAfterEvents: 2 }, timing: { chunkMs: 5 } }]);
  const { status, text, end } = await post(after.url);
  assert.deepEqual([status, text.split('\n\n').length - 1, end], [200, 2, 'ECONNRESET']);
});

test('a cut body ends as if it were whole', async (t) => {
  const simulator = await start(t, [{ fault: { cutAfterEvents: 2 } }]);
  const { text, end } = await post(simulator.url);
  assert.deepEqual([text.split('\n\n').length - 1, end], [2, 'end']);
});

test('a caller who hangs up is seen to have', async (t) => {
  const simulator = await start(t, [{ fault: { stallAfterEvents: 2 } }]);
  await post(simulator.url, 100);
  for (let turn = 0; turn < 1000 && !simulator.requests[0]?.aborted; turn += 1) await new Promise(setImmediate);
  assert.deepEqual(
    simulator.requests.map(({ aborted, finished }) => [aborted, finished]),
    [[true, false]],
  );
});

test('closing ends what is under way', async () => {
  const simulator = await startSimulator({ script: [{ fault: { stallAtByte: 0 } }] });
  const hanging = post(simulator.url);
  for (let turn = 0; turn < 1000 && simulator.requests.length === 0; turn += 1) await new Promise(setImmediate);
  await simulator.close();
  assert.equal((await hanging).end, 'ECONNRESET');
});

test('a port that is taken is an error, not a crash', async (t) => {
  const simulator = await start(t, []);
  await assert.rejects(startSimulator({ port: Number(new URL(simulator.url).port) }), { code: 'EADDRINUSE' });
});

test('an upload is taken in slowly, and one breaks off on the way: the next is whole', async (t) => {
  const world = hurriedWorld();
  const simulator = await startSimulator({
    world,
    script: [
      { when: { path: 'files', nth: 1 }, upload: { resetAtByte: 100_000 } },
      { when: { path: 'files' }, upload: { bytesPerS: 100_000 } },
    ],
  });
  t.after(() => simulator.close());
  const openai = new OpenAI({ baseURL: `${simulator.url}/v1`, apiKey: 'key', maxRetries: 0 });
  const bytes = Buffer.alloc(1_000_000, 'x');
  const upload = async () => openai.files.create({ purpose: 'batch', file: await toFile(bytes, 'a.jsonl') });
  await assert.rejects(upload(), OpenAI.APIConnectionError);
  assert.equal(world.elapsed(), 0);
  const file = await upload();
  assert.ok(world.elapsed() >= 10_000 && world.elapsed() < 11_000, `${world.elapsed()} ms`);
  assert.equal((await (await openai.files.content(file.id)).arrayBuffer()).byteLength, bytes.length);
});

/** Turns of the event loop until something waits for the world's time. */
async function waitedFor(world: SimulatedWorld) {
  for (let turn = 0; turn < 1000 && world.pending === 0; turn += 1) await new Promise(setImmediate);
}

test('without a socket too, in the world’s time', async () => {
  const script: Script = [{ when: { nth: 2 }, upload: { resetAtByte: 10 } }, { upload: { bytesPerS: BODY.length } }];
  const world = simulatedWorld();
  const fetch = fetchFrom(createSimulator({ world, script }));
  const init = { method: 'POST', body: BODY, headers: { authorization: 'Bearer k' } };
  const slow = fetch('http://simulated/v1/chat/completions', init);
  await waitedFor(world);
  assert.equal(world.nextMs, 1000);
  world.advance(1000);
  assert.equal((await slow).status, 200);
  const broken = fetch('http://simulated/v1/chat/completions', init);
  await waitedFor(world);
  world.advance(0);
  await assert.rejects(broken, /fetch failed/);

  const simulator = createSimulator({ world, script });
  const network = networkOf(simulator, world);
  const told: unknown[] = [];
  const send = () =>
    network.send(
      { provider: 'openai', method: 'POST', path: '/v1/chat/completions', headers: {}, body: Buffer.from(BODY) },
      {
        onHead: (status) => told.push([status, world.elapsed()]),
        onData() {},
        onEnd() {},
        onError: ({ kind }) => told.push(kind),
      },
    );
  send();
  world.advance(1000);
  send();
  world.advance(1000);
  const third = send();
  world.advance(500);
  third.abort();
  world.advance(500);
  assert.deepEqual([told, simulator.requests.length], [[[200, 2000], 'unreachable'], 1]);
});

test('an upload may break by chance, and not every time', () => {
  const world = simulatedWorld();
  const simulator = createSimulator({ world, script: [{ when: { chance: 0.5 }, upload: { resetAtByte: 1 } }] });
  const head = { method: 'POST', path: '/v1/files', headers: {} };
  const broke = Array.from({ length: 40 }, () => simulator.intake(head) !== undefined);
  assert.ok(broke.includes(true) && broke.includes(false), broke.join());
});

test('who leaves while an upload is taken in has asked nothing', async () => {
  const world = simulatedWorld();
  const simulator = createSimulator({ world, script: [{ upload: { bytesPerS: 1 } }] });
  const leave = new AbortController();
  const asked = fetchFrom(simulator)('http://simulated/v1/chat/completions', { method: 'POST', body: BODY, signal: leave.signal });
  await waitedFor(world);
  leave.abort();
  await assert.rejects(asked, { name: 'AbortError' });
  world.advance(1_000_000);
  assert.equal(simulator.requests.length, 0);
});

test('results are at the address that was asked', async (t) => {
  const simulator = await start(t, []);
  const headers = { 'anthropic-version': '2026-10-21', 'x-api-key': 'key' };
  const params = { model: 'claude-opus-5-5', max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] };
  const body = JSON.stringify({ requests: [{ custom_id: 'a', params }] });
  const made = (await (await fetch(`${simulator.url}/anthropic/v1/messages/batches`, { method: 'POST', headers, body })).json()) as {
    id: string;
  };
  const batch = (await (await fetch(`${simulator.url}/anthropic/v1/messages/batches/${made.id}`, { headers })).json()) as {
    results_url: string;
  };
  assert.equal(batch.results_url, `${simulator.url}/anthropic/v1/messages/batches/${made.id}/results`);
  const results = await fetch(batch.results_url, { headers });
  assert.deepEqual([results.status, results.headers.get('content-type')], [200, 'application/x-jsonl']);
  assert.match(await results.text(), /^\{"custom_id":"a","result":\{"type":"succeeded","message":.*\n$/);
});
