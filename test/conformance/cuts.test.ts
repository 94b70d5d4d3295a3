import assert from 'node:assert/strict';
import test from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Fault, Script } from '../../src/simulator/index.ts';
import { CLIENTS } from './clients.ts';
import { startGateway, TARGETS } from './gateway.ts';
import { fetchAt } from './way.ts';

const text = 'one two three four five six seven eight nine ten eleven twelve';
const broken = (fault: Fault): Script => [{ reply: { text }, fault }];
const faults: [string, Fault][] = [
  ['cut', { cutAfterEvents: 7 }],
  ['reset', { resetAfterEvents: 7 }],
  ['overloaded in mid-stream', { inStream: 'overloaded', afterEvents: 7 }],
  ['garbled in the middle', { garbageAfterEvents: 7 }],
  ['without its last events', { noLastEvent: true }],
];

/** What each way of reading a stream makes of it; the raw iterators of both SDKs end silently when the bytes just stop. */
const readers: [string, (url: string, model: string) => Promise<unknown>][] = [
  ...CLIENTS.map(({ name, ask }): [string, (url: string, model: string) => Promise<unknown>] => [
    name,
    (url, model) => ask(url, model, 'Count.', true),
  ]),
  [
    'openai chat, raw',
    async (url, model) => {
      const client = new OpenAI({ baseURL: `${url}/v1`, fetch: fetchAt(url), apiKey: 'k', maxRetries: 0 });
      return Array.fromAsync(
        await client.chat.completions.create({ model, stream: true, messages: [{ role: 'user', content: 'Count.' }] }),
      );
    },
  ],
  [
    'openai responses, raw',
    async (url, model) => {
      const client = new OpenAI({ baseURL: `${url}/v1`, fetch: fetchAt(url), apiKey: 'k', maxRetries: 0 });
      return Array.fromAsync(await client.responses.create({ model, stream: true, input: 'Count.' }));
    },
  ],
  [
    'anthropic, raw',
    async (url, model) => {
      const client = new Anthropic({ baseURL: url, fetch: fetchAt(url), apiKey: 'k', maxRetries: 0 });
      return Array.fromAsync(
        await client.messages.create({ model, max_tokens: 100, stream: true, messages: [{ role: 'user', content: 'Count.' }] }),
      );
    },
  ],
];

for (const [name, read] of readers) {
  for (const [dialect, model] of Object.entries(TARGETS)) {
    for (const [what, fault] of faults) {
      // Where the last event says nothing of its own (`[DONE]`, `message_stop`), a server that only forgets it has answered.
      if (what === 'without its last events' && dialect !== 'openai-responses') continue;
      test(`${name} → ${dialect}: a stream that is ${what} raises, it does not end as if it were whole`, async (t) => {
        const { url, headgate } = await startGateway(t, broken(fault));
        await assert.rejects(read(url, model));
        assert.equal(headgate.running, 0);
      });
    }
  }
}
