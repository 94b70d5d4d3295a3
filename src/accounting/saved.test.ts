import assert from 'node:assert/strict';
import test from 'node:test';
import { createPricer } from './pricer.ts';
import { priceBook } from './prices/index.ts';
import { savedBy } from './saved.ts';

const pricer = createPricer(priceBook([]), new Map([['claude', { vendor: 'anthropic' }]]) as never);
const sold = (channel: 'sync' | 'batch') => ({ provider: 'claude', model: 'claude-sonnet-4-6', channel, atMs: Date.UTC(2026, 10, 1) });
const SYSTEM = 2000;

for (const [what, tokens, channel, batch, cache] of [
  // $3, $3.75 and $0.30 a million: the reference's worked example.
  ['a prefix of 2,000 tokens, written', { cacheWrite5m: SYSTEM }, 'sync', undefined, -1_500_000],
  ['… and read', { cacheRead: SYSTEM }, 'sync', undefined, 5_400_000],
  ['nothing cached', { input: SYSTEM }, 'sync', undefined, undefined],
  ['a batch', { input: SYSTEM }, 'batch', 3_000_000, undefined],
  ['a batch that read', { cacheRead: SYSTEM }, 'batch', 300_000, 2_700_000],
] as const) {
  test(`what was saved: ${what}`, () => {
    const usage = { tokens };
    const { cost } = pricer.bill(usage, sold(channel), false);
    const saved = savedBy(usage, cost, sold(channel), pricer);
    assert.deepEqual([saved.batchSavedNano, saved.cacheSavedNano], [batch, cache]);
  });
}

test('what the vendor calls a batch in its usage has a price by itself all the same', () => {
  const usage = { tokens: { input: SYSTEM }, tier: 'batch' };
  const { cost } = pricer.bill(usage, sold('batch'), false);
  assert.equal(savedBy(usage, cost, sold('batch'), pricer).batchSavedNano, 3_000_000);
});

test('nothing is known to be saved of what has no price', () => {
  assert.deepEqual(savedBy({ tokens: { cacheRead: 1 } }, null, sold('batch'), pricer), {});
});
