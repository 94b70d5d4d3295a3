import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { demoConfig } from '../config/demo.ts';
import { clockCheck, ledgerCheck, nodeCheck, portCheck } from './check-machine.ts';
import { providerCheck } from './check-provider.ts';

test('a provider that takes the key is good, and is asked as its dialect asks', async (t) => {
  const asked: [string, IncomingHttpHeaders][] = [];
  const url = await serverFor(t, (path, headers) => {
    asked.push([path, headers]);
    return 200;
  });
  const { providers } = demoConfig(url);
  const found = await Promise.all([...providers.values()].map(providerCheck));
  assert.deepEqual(
    found.map(({ finding }) => finding),
    [
      { what: 'provider openai', verdict: 'good', detail: `${url}/v1 answers` },
      { what: 'provider anthropic', verdict: 'good', detail: `${url} answers` },
    ],
  );
  assert.deepEqual(
    asked.map(([path, headers]) => [path, headers.authorization ?? headers['x-api-key']]),
    [
      ['/v1/models', 'Bearer demo'],
      ['/v1/models', 'demo'],
    ],
  );
  assert.ok(Math.abs(found[0]!.skewMs!) < 5000);
});

test('each kind of no is told apart, and the key is not shown', async (t) => {
  const verdicts: string[] = [];
  for (const status of [401, 404, 429, 503]) {
    const { providers } = demoConfig(await serverFor(t, () => status));
    const { finding } = await providerCheck({ ...providers.get('openai')!, keys: ['sk-secret'] });
    assert.doesNotMatch(JSON.stringify(finding), /sk-secret/);
    verdicts.push(finding.verdict);
  }
  assert.deepEqual(verdicts, ['bad', 'doubtful', 'doubtful', 'bad']);
});

test('a provider nobody answers for is bad', async () => {
  const { finding } = await providerCheck(demoConfig('http://127.0.0.1:1').providers.get('openai')!);
  assert.deepEqual(finding, {
    what: 'provider openai',
    verdict: 'bad',
    detail: 'http://127.0.0.1:1/v1/models does not answer (ECONNREFUSED)',
    fix: 'look at baseUrl, proxy and the network',
  });
});

test('an old Node is bad', () => {
  assert.deepEqual([nodeCheck('20.20.2').verdict, nodeCheck('24.0.0').verdict, nodeCheck('26.1.0').verdict], ['bad', 'good', 'good']);
});

test('a ledger in a folder that is not there is bad', () => {
  const verdicts = [path.join(tmpdir(), 'a.sqlite'), path.join(tmpdir(), 'no-such-folder', 'a.sqlite')].map(
    (file) => ledgerCheck(file).verdict,
  );
  assert.deepEqual(verdicts, ['good', 'bad']);
});

test('a taken port is doubtful: it may be the gateway itself', async (t) => {
  const url = await serverFor(t, () => 200);
  const { verdict } = await portCheck('127.0.0.1', Number(new URL(url).port));
  assert.deepEqual([verdict, (await portCheck('127.0.0.1', 0)).verdict], ['doubtful', 'good']);
});

test('the clock is judged by the provider it agrees with best', () => {
  const verdicts = [[], [90_000, -400], [90_000, 70_000], [-40_000]].map((skews) => clockCheck(skews).verdict);
  assert.deepEqual(verdicts, ['doubtful', 'good', 'bad', 'bad']);
});

async function serverFor(t: TestContext, answer: (path: string, headers: IncomingHttpHeaders) => number): Promise<string> {
  const server = createServer(({ url = '', headers }, response) => response.writeHead(answer(url, headers)).end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
