import assert from 'node:assert/strict';
import test from 'node:test';
import OpenAI from 'openai';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate } from '../../src/headgate.ts';
import type { Notice } from '../../src/model/notice.ts';
import { startSimulator } from '../../src/simulator/index.ts';

test('calls share a provider’s keys by weight; a refused one is left out, and log, metrics and alerts hear of it at once', async (t) => {
  const refused = { status: 401, type: 'invalid_request_error', code: 'invalid_api_key', message: 'no such key' };
  const simulator = await startSimulator({ port: 0, script: [{ when: { header: { authorization: 'wrong' } }, fault: refused }] });
  const provider = {
    dialect: 'openai-chat',
    vendor: 'openai',
    baseUrl: `${simulator.url}/v1`,
    apiKeys: [{ key: 'often-used-key', weight: 3 }, 'seldom-used-key', 'the-wrong-key'],
  };
  const alerts = [{ rule: 'upstream_auth' }];
  const read = readConfig(JSON.stringify({ providers: { chat: provider }, ledger: 'off', alerts, metrics: {} }), {});
  if ('problems' in read) assert.fail(JSON.stringify(read.problems));
  const notices: Notice[] = [];
  const fired = Promise.withResolvers<void>();
  const headgate = await createHeadgate(read.config, {
    onNotice(notice) {
      notices.push(notice);
      if (notice.type === 'alert') fired.resolve();
    },
  });
  t.after(async () => {
    await headgate.close();
    await simulator.close();
  });
  const openai = new OpenAI({ baseURL: 'http://headgate/v1', apiKey: 'k', maxRetries: 0, fetch: headgate.fetch });
  for (let n = 0; n < 40; n += 1)
    await openai.chat.completions.create({ model: 'chat/gpt-4.1', messages: [{ role: 'user', content: 'hi' }] });
  await fired.promise;

  const used = Object.groupBy(simulator.requests, ({ headers }) => headers['authorization']!.replace('Bearer ', ''));
  assert.deepEqual(
    Object.entries(used).map(([key, calls]) => [key, calls!.length]),
    [
      ['often-used-key', 30],
      ['seldom-used-key', 10],
      ['the-wrong-key', 1],
    ],
  );
  const page = await (await headgate.fetch('http://headgate/metrics')).text();
  assert.match(page, /headgate_parked_keys\{provider="chat"\} 1\n/);
  assert.deepEqual(
    notices.map((notice) => (notice.type === 'alert' ? `${notice.type} ${notice.rule} ${notice.state}` : notice.type)),
    ['keyParked', 'alert upstream_auth firing'],
  );
  assert.doesNotMatch(JSON.stringify(notices), /wrong-key/);
});
