import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Provider } from '../model/provider.ts';
import type { Size } from '../model/size.ts';
import type { Meter, Usage } from '../model/usage.ts';
import { likelyPrice, worstPrice } from './estimate.ts';
import { createPricer } from './pricer.ts';
import { priceBook } from './prices/index.ts';

const provider = (name: string) => [name, { name, vendor: name } as unknown as Provider] as const;
const pricer = createPricer(priceBook([]), new Map([provider('openai'), provider('anthropic')]));
const atMs = Date.UTC(2026, 10, 26);
const size = (more: Partial<Size> = {}): Size => ({
  inputTokens: { most: 1000, likely: 250 },
  outputTokensMax: 100,
  inputMeters: ['input', 'cacheWrite30m'],
  outputMeters: ['output'],
  tiers: [undefined],
  regions: [undefined],
  fees: {},
  ...more,
});
const sol = { provider: 'openai', model: 'gpt-6-sol', channel: 'sync', atMs } as const;

test('the question is priced at the dearest rate it may be billed at, the answer at its longest', () => {
  // gpt-6-sol: writes $2.50 and output $10 a million.
  assert.equal(worstPrice(pricer, size(), sol), 1000n * 2_500_000n + 100n * 10_000_000n);
  assert.equal(likelyPrice(pricer, size(), sol), 250n * 2_500_000n + 100n * 10_000_000n);
});

test('tiers, longer prompts and tools make it dearer', () => {
  const plain = worstPrice(pricer, size(), sol)!;
  assert.ok(worstPrice(pricer, size({ tiers: [undefined, 'priority'] }), sol)! > plain);
  const long = size({ inputTokens: { most: 300_000, likely: 75_000 } });
  assert.equal(worstPrice(pricer, long, sol), 300_000n * 5_000_000n + 100n * 15_000_000n);
  assert.equal(worstPrice(pricer, size({ fees: { web_search_requests: 3 } }), sol), plain + 30_000_000_000n);
});

test('a model without a price has none, and a call of nothing costs nothing anywhere', () => {
  const unknown = { ...sol, model: 'nobody-knows' };
  assert.equal(worstPrice(pricer, size(), unknown), null);
  assert.equal(worstPrice(pricer, size({ inputTokens: { most: 0, likely: 0 }, outputTokensMax: 0 }), unknown), 0n);
});

test('no usage within the size costs more', () => {
  const meters: Meter[] = ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite30m', 'cacheWrite1h'];
  const models = [
    ['openai', 'gpt-6-sol'],
    ['openai', 'gpt-4o'],
    ['anthropic', 'claude-opus-5-5'],
    ['anthropic', 'claude-haiku-5-5'],
    ['anthropic', 'claude-sonnet-4-5'],
  ] as const;
  fc.assert(
    fc.property(
      fc.constantFrom(...models),
      fc.nat(500_000),
      fc.nat(100_000),
      fc.array(fc.nat(1000), { minLength: 5, maxLength: 5 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      ([seller, model], most, output, weights, share) => {
        const worst = worstPrice(pricer, size({ inputTokens: { most, likely: 0 }, outputTokensMax: output, inputMeters: meters }), {
          ...sol,
          provider: seller,
          model,
        });
        const sum = weights.reduce((total, weight) => total + weight, 0) || 1;
        const tokens = Object.fromEntries(meters.map((meter, index) => [meter, Math.floor((most * share * weights[index]!) / sum)]));
        const usage: Usage = { tokens: { ...tokens, output: Math.floor(output * share) } };
        const { floor } = pricer.bill(usage, { ...sol, provider: seller, model }, false);
        assert.ok(worst !== null && floor <= worst);
      },
    ),
    { numRuns: 500 },
  );
});
