import assert from 'node:assert/strict';
import test from 'node:test';
import { createCaching } from './caching.ts';
import { compatible } from './catalogue/index.ts';
import { canonicalInbound } from './lanes/canonical.ts';
import type { Ask } from './store/ask.ts';
import { simulatedWorld } from './world/simulated.ts';

test('callers who invent features cannot make what is learnt of caching grow without end', async () => {
  const written: string[][] = [];
  const ask = (async (_: string, { reports }: { reports: readonly { feature: string }[] }) => {
    written.push(reports.map(({ feature }) => feature));
  }) as unknown as Ask;
  const pricer = { bill: () => ({ cost: null }) } as never;
  const caching = createCaching({ world: simulatedWorld({ startMs: 0 }), pricer: () => pricer, ask, tell() {} });
  const target = { provider: 'p', model: 'm', dialect: 'openai-chat' } as const;
  for (let feature = 0; feature < 1200; feature += 1) {
    const inbound = canonicalInbound({ model: 'm', stream: false, turns: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }] });
    const caller = { key: 'k', feature: String(feature) };
    caching.sent({ inbound, caller }, { target, facts: compatible, includeUsage: true }, 'plan');
  }
  await caching.close();
  assert.deepEqual(
    written.map((features) => [features.length, features[0], features.at(-1)]),
    [[1000, '200', '1199']],
  );
});
