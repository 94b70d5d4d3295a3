import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate } from '../../src/headgate.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import type { Posted } from '../support/alerting.ts';
import { engines } from '../support/engines.ts';

test('what a call spends reaches budgets, and their alert a webhook', async (t) => {
  const simulator = await startSimulator({ port: 0 });
  t.after(() => simulator.close());
  const hook = await listening(t);
  const headgate = await createHeadgate(configured(t, `${simulator.url}/v1`, 'k', hook.url, inFile(folder(t))));
  t.after(() => headgate.close());
  assert.equal(await call(headgate), 200);
  const news = await hook.next('budget');
  assert.deepEqual([news.type, news.threshold, news.severity], ['firing', '$0.0001', 'critical']);
});

test('a gateway that is started again on the same ledger tells that what was open is over', async (t) => {
  const provider = await started(
    createServer((request, response) => {
      request.resume();
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"message":"no","code":"invalid_api_key"}}');
    }),
    t,
  );
  const hook = await listening(t);
  const place = folder(t);
  const first = await createHeadgate(configured(t, provider, 'key-one', hook.url, inFile(place)));
  assert.equal(await call(first), 502);
  const firing = await hook.next('upstream_auth');
  await first.close();
  const second = await createHeadgate(configured(t, provider, 'key-two', hook.url, inFile(place)));
  t.after(() => second.close());
  const resolved = await hook.next('upstream_auth');
  assert.deepEqual(
    [firing.type, resolved.type, resolved.reason, resolved.fingerprint, resolved.startedAt],
    ['firing', 'resolved', 'key_changed', firing.fingerprint, firing.startedAt],
  );
});

for (const engine of engines()) {
  test(`a call that is too large is told of, with the ledger in ${engine.name}`, { skip: engine.skip }, async (t) => {
    const simulator = await startSimulator({ port: 0 });
    t.after(() => simulator.close());
    const hook = await listening(t);
    const ledger = { ...(await engine.fresh()), journal: { dir: folder(t) } };
    const headgate = await createHeadgate(configured(t, `${simulator.url}/v1`, 'k', hook.url, ledger));
    t.after(() => headgate.close());
    assert.equal(await call(headgate), 200);
    assert.equal((await hook.next('call_tokens')).type, 'firing');
  });
}

const inFile = (place: string) => ({ file: path.join(place, 'ledger.sqlite') });

function configured(t: TestContext, providerUrl: string, key: string, hookUrl: string, ledger: object) {
  const read = readConfig(
    `
providers: { p: { dialect: openai-chat, vendor: openai, apiKey: ${key}, baseUrl: "${providerUrl}" } }
ledger: ${JSON.stringify(ledger)}
budgets: [{ limit: $0.0001, period: month, exceeded: alert }]
alerts: [{ rule: call_tokens, over: 1 }]
notify: { own: { webhook: "${hookUrl}" } }
`,
    {},
  );
  if ('problems' in read) assert.fail(`${t.name}: ${read.problems.map(({ message }) => message).join('\n')}`);
  return read.config;
}

function folder(t: TestContext): string {
  const place = mkdtempSync(path.join(tmpdir(), 'headgate-alerts-'));
  t.after(() => rmSync(place, { recursive: true, force: true }));
  return place;
}

async function call(headgate: Awaited<ReturnType<typeof createHeadgate>>): Promise<number> {
  const answer = await headgate.fetch('http://headgate/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify({ model: 'p/gpt-6-sol', messages: [{ role: 'user', content: 'hello '.repeat(500) }] }),
  });
  await answer.text();
  return answer.status;
}

/** A webhook; `next`: the next news of a rule that came, or comes. */
async function listening(t: TestContext) {
  const came: Posted[] = [];
  let tell = () => {};
  const url = await started(
    createServer(async (request, response) => {
      came.push(JSON.parse(await text(request)) as Posted);
      response.end();
      tell();
    }),
    t,
  );
  return {
    url,
    async next(rule: string): Promise<Posted> {
      for (;;) {
        const at = came.findIndex((news) => news.rule === rule);
        if (at >= 0) return came.splice(at, 1)[0]!;
        await new Promise<void>((resolve) => {
          tell = resolve;
        });
      }
    },
  };
}

async function started(server: Server, t: TestContext): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
