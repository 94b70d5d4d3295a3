import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate } from '../../src/headgate.ts';
import { signatureOf } from '../../src/monitor/alerts/recipients/webhook.ts';
import { type Grouped, startAlertmanager } from '../support/alertmanager.ts';
import { without } from '../support/servers.ts';

test('a key the provider refuses is told of by a signed webhook, and that it is over once it is changed', async (t) => {
  const provider = await refusing(t);
  const hook = await listening(t);
  const headgate = await createHeadgate(
    configured(provider.url, ['key-one'], `notify: { own: { webhook: "${hook.url}", secret: a-secret-of-16-chars } }`),
  );
  t.after(() => headgate.close());
  assert.equal(await call(headgate), 502);
  const { headers, body } = await hook.next();
  const news = JSON.parse(body);
  assert.deepEqual(
    [news.type, news.rule, news.about.provider, news.value, headers['idempotency-key'], headers['x-headgate-signature']],
    [
      'firing',
      'upstream_auth',
      'p',
      'status 401',
      news.id,
      signatureOf('a-secret-of-16-chars', String(headers['x-headgate-timestamp']), body),
    ],
  );
  assert.ok(!body.includes('key-one'));
  headgate.reload(configured(provider.url, ['key-two'], `notify: { own: { webhook: "${hook.url}" } }`));
  const over = JSON.parse((await hook.next()).body);
  assert.deepEqual([over.type, over.reason, over.fingerprint], ['resolved', 'key_changed', news.fingerprint]);
});

test('a real Alertmanager is told, groups two alerts into one notification, and tells when they are over', {
  skip: without('prometheus-alertmanager'),
}, async (t) => {
  const provider = await refusing(t);
  const hook = await listening(t);
  const alertmanager = await startAlertmanager(hook.url);
  t.after(() => alertmanager.stop());
  const notify = `notify: { am: { alertmanager: "${alertmanager.url}" } }`;
  const headgate = await createHeadgate(configured(provider.url, ['key-one', 'key-two'], notify));
  t.after(() => headgate.close());
  await call(headgate);
  await call(headgate);
  const firing = await grouped(hook, 'firing');
  assert.deepEqual(
    [
      firing.groupLabels,
      firing.alerts.map(({ status, labels }) => `${status} ${labels['rule']} ${labels['severity']} ${labels['provider']}`),
      firing.alerts.every(({ annotations }) => annotations['advice']?.startsWith('Put a valid key into providers.p.apiKey')),
    ],
    [{ alertname: 'headgate_upstream_auth' }, ['firing upstream_auth critical p', 'firing upstream_auth critical p'], true],
  );
  headgate.reload(configured(provider.url, ['key-three'], notify));
  const resolved = await grouped(hook, 'resolved');
  assert.deepEqual(
    resolved.alerts.map(({ status }) => status),
    ['resolved', 'resolved'],
  );
});

/** The first notification of that status that holds both alerts: one may come before the other was posted. */
async function grouped(hook: Hook, status: Grouped['status']): Promise<Grouped> {
  for (;;) {
    const found = JSON.parse((await hook.next()).body) as Grouped;
    if (found.status === status && found.alerts.length === 2) return found;
  }
}

function configured(providerUrl: string, keys: readonly string[], more: string) {
  const provider = `{ dialect: openai-chat, apiKeys: [${keys.join(', ')}], baseUrl: "${providerUrl}/v1" }`;
  const read = readConfig(`ledger: off\nproviders: { p: ${provider} }\n${more}\n`, {});
  if ('problems' in read) assert.fail(read.problems.map(({ message }) => message).join('\n'));
  return read.config;
}

async function call(headgate: Awaited<ReturnType<typeof createHeadgate>>): Promise<number> {
  const answer = await headgate.fetch('http://headgate/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify({ model: 'p/m', messages: [{ role: 'user', content: 'hi' }] }),
  });
  await answer.text();
  return answer.status;
}

/** A provider that refuses every key. */
async function refusing(t: TestContext): Promise<{ url: string }> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(401, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ error: { message: 'Incorrect API key provided', type: 'invalid_request_error', code: 'invalid_api_key' } }),
    );
  });
  return { url: await started(server, t) };
}

interface Hook {
  readonly url: string;
  /** The next that came, or comes. */
  next(): Promise<{ headers: IncomingHttpHeaders; body: string }>;
}

async function listening(t: TestContext): Promise<Hook> {
  const came: { headers: IncomingHttpHeaders; body: string }[] = [];
  let tell = () => {};
  const server = createServer(async (request, response) => {
    came.push({ headers: request.headers, body: await text(request) });
    response.end();
    tell();
  });
  const url = await started(server, t);
  return {
    url,
    async next() {
      while (came.length === 0) {
        await new Promise<void>((resolve) => {
          tell = resolve;
        });
      }
      return came.shift()!;
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
