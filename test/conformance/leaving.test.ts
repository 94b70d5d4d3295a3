import assert from 'node:assert/strict';
import test from 'node:test';
import type { DialectName } from '../../src/model/part.ts';
import { startGateway, TARGETS } from './gateway.ts';
import { anthropicAt, openaiAt } from './talks.ts';

const hi = [{ role: 'user' as const, content: 'hi' }];

/** Begins a stream with each dialect's SDK and returns once its first event has come. */
const READERS: Readonly<Record<DialectName, (url: string, model: string, signal: AbortSignal) => Promise<unknown>>> = {
  'openai-chat': async (url, model, signal) =>
    first(await openaiAt(url).chat.completions.create({ model, messages: hi, stream: true }, { signal })),
  'openai-responses': async (url, model, signal) =>
    first(await openaiAt(url).responses.create({ model, input: 'hi', stream: true }, { signal })),
  'anthropic-messages': async (url, model, signal) =>
    first(await anthropicAt(url).messages.create({ model, max_tokens: 100, messages: hi, stream: true }, { signal })),
};
const first = <T>(stream: AsyncIterable<T>): Promise<unknown> => stream[Symbol.asyncIterator]().next();

for (const [caller, begin] of Object.entries(READERS)) {
  for (const [dialect, model] of Object.entries(TARGETS)) {
    test(`${caller} → ${dialect}: a caller who leaves in mid-stream hangs up on the provider too`, async (t) => {
      const { url, simulator, headgate } = await startGateway(t, [
        { reply: { text: 'and so on '.repeat(20) }, fault: { stallAfterEvents: 20 } },
      ]);
      const leave = new AbortController();
      await begin(url, model, leave.signal);
      const [asked] = simulator.requests;
      assert.deepEqual([headgate.running, asked!.aborted], [1, false]);
      leave.abort();
      while (headgate.running > 0 || !asked!.aborted) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(simulator.requests.length, 1);
    });
  }
}
