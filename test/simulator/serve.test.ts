import assert from 'node:assert/strict';
import { request } from 'node:http';
import test, { type TestContext } from 'node:test';
import { type Script, startSimulator } from '../../src/simulator/index.ts';

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
