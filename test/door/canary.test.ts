import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { startGateway, TARGETS } from '../conformance/gateway.ts';

// A gateway that fetches what a prompt points to can be sent into its owner's own network (one-api#2387).
test('no address inside a request is ever fetched, whoever it is sent to', async (t) => {
  let hits = 0;
  const canary = http.createServer((_, response) => {
    hits += 1;
    response.end();
  });
  canary.on('connection', () => {
    hits += 1;
  });
  canary.listen(0, '127.0.0.1');
  await once(canary, 'listening');
  t.after(() => canary.close());
  const bait = `http://127.0.0.1:${(canary.address() as AddressInfo).port}/secret.png`;
  const { url } = await startGateway(t, []);

  const chat = {
    max_tokens: 50,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: bait },
          { type: 'image_url', image_url: { url: bait } },
        ],
      },
    ],
  };
  const responses = {
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_image', image_url: bait, detail: 'auto' },
          { type: 'input_file', file_url: bait },
        ],
      },
    ],
  };
  const messages = {
    max_tokens: 50,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'url', url: bait } },
          { type: 'document', source: { type: 'url', url: bait } },
        ],
      },
    ],
  };
  const bodies = { '/v1/chat/completions': chat, '/v1/responses': responses, '/v1/messages': messages };
  for (const [path, body] of Object.entries(bodies))
    for (const model of Object.values(TARGETS)) {
      const answer = await fetch(url + path, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(path === '/v1/messages' && { 'anthropic-version': '2023-06-01' }),
          'x-headgate-on-loss': 'content=allow',
          referer: bait,
          'x-forwarded-host': new URL(bait).host,
          'x-portkey-custom-host': bait,
        },
        body: JSON.stringify({ model, ...body }),
      });
      const told = await answer.text();
      assert.ok(answer.status === 200 || answer.status === 400, `${path} to ${model}: ${answer.status} ${told}`);
    }
  assert.equal(hits, 0);
});
