import assert from 'node:assert/strict';
import test from 'node:test';
import type { Usage } from '../model/usage.ts';
import { linesOf, priceOf, type Sale } from './price.ts';
import { priceBook } from './prices/index.ts';

const book = priceBook();
const at = (date: string): number => Date.parse(date);
const sale = (model: string, more: Partial<Sale> = {}): Sale => ({
  sellers: [model.startsWith('claude') ? 'anthropic' : 'openai'],
  model,
  channel: 'sync',
  atMs: at('2026-11-20'),
  ...more,
});
const usd = (usage: Usage, given: Sale): string => {
  const { status, floor, reason } = priceOf(book, usage, given);
  return `${status} ${Number(floor) / 1e12}${reason ? ` ${reason}` : ''}`;
};
const call: Usage = { tokens: { input: 1000, cacheRead: 50_000, output: 500 } };

const PRICES: readonly [string, Usage, Sale, string][] = [
  [
    'Sonnet 5.5 before its cache reads became cheaper',
    call,
    sale('claude-sonnet-5-5', { atMs: at('2026-10-06T23:59:59Z') }),
    'exact 0.017',
  ],
  ['and from that moment on', call, sale('claude-sonnet-5-5', { atMs: at('2026-10-07') }), 'exact 0.012'],
  [
    'Opus 4.6 while long prompts cost more',
    { tokens: { input: 250_000, output: 1000 } },
    sale('claude-opus-4-6', { atMs: at('2026-03-12') }),
    'exact 2.5375',
  ],
  [
    'and since they do not',
    { tokens: { input: 250_000, output: 1000 } },
    sale('claude-opus-4-6', { atMs: at('2026-03-13') }),
    'exact 1.275',
  ],
  [
    'cache reads count towards the long band',
    { tokens: { input: 50_000, cacheRead: 250_000, output: 1000 } },
    sale('gpt-6-astra'),
    'exact 1.575',
  ],
  ['a snapshot with a price of its own', { tokens: { input: 5000, output: 500 } }, sale('gpt-4o-2024-05-13'), 'exact 0.0325'],
  ['a snapshot that is the model', { tokens: { input: 5000, output: 500 } }, sale('gpt-4o-2024-08-06'), 'exact 0.0175'],
  ['flex served', { ...call, tier: 'flex' }, sale('gpt-6-sol'), 'exact 0.0085'],
  ['priority is fast', { ...call, tier: 'priority' }, sale('gpt-6-sol'), 'exact 0.034'],
  ['fast is a price per model', { tokens: { input: 1000, output: 1000 }, tier: 'fast' }, sale('gpt-5.5'), 'exact 0.0875'],
  [
    'a batch line says default, and how it was bought decides',
    { ...call, tier: 'default' },
    sale('gpt-6-sol', { channel: 'batch' }),
    'exact 0.0085',
  ],
  ['auto leaves the tier open', { ...call, tier: 'auto' }, sale('gpt-6-sol'), 'assumed 0.017'],
  [
    'a region multiplies tokens only',
    { tokens: { input: 1000, output: 500 }, region: 'us', fees: { web_search_requests: 2 } },
    sale('claude-opus-5-5'),
    'exact 0.0354',
  ],
  ['global is no region', { tokens: { input: 1000, output: 500 }, region: 'global' }, sale('claude-opus-5-5'), 'exact 0.014'],
  ['a promotion past its promise', { tokens: { input: 1000 } }, sale('gpt-5.6-sol', { atMs: at('2026-11-23') }), 'assumed 0.004'],
  ['nothing used', { tokens: {} }, sale('gpt-99'), 'exact 0'],
  [
    'a part at its own model',
    { tokens: { input: 10 }, parts: [{ kind: 'advisor_message', model: 'claude-opus-5-5', tokens: { output: 1000 } }] },
    sale('claude-haiku-5-5'),
    'exact 0.020001',
  ],
  [
    'a part of a model nobody priced',
    { tokens: { input: 1000 }, parts: [{ kind: 'advisor_message', model: 'claude-x', tokens: { output: 9 } }] },
    sale('claude-opus-5-5'),
    'partial 0.004 no_model',
  ],
];

for (const [name, usage, given, expected] of PRICES) test(name, () => assert.equal(usd(usage, given), expected));

const UNPRICED: readonly [string, Usage, Sale, string][] = [
  ['a model with a longer name than one that is known', call, sale('gpt-6-sol-2'), 'no_model'],
  ['a model with a shorter name', call, sale('gpt-6'), 'no_model'],
  ['a model of another vendor', call, sale('gpt-6-sol', { sellers: ['anthropic'] }), 'no_model'],
  ['a compatible server', call, sale('gpt-6-sol', { sellers: ['my-vllm', 'other'] }), 'no_model'],
  ['a simulated model', call, sale('sim-fast'), 'no_model'],
  ['a name every object has', call, sale('constructor'), 'no_model'],
  ['before the model had a price', { tokens: { input: 9 } }, sale('gpt-3.5-turbo', { atMs: at('2023-01-01') }), 'no_model'],
  ['a tier sold by commitment', { ...call, tier: 'scale' }, sale('gpt-6-sol'), 'no_tier'],
  ['Anthropic’s priority', { ...call, tier: 'priority' }, sale('claude-opus-5-5'), 'no_tier'],
  ['a tier the model is not sold in', { ...call, tier: 'fast' }, sale('gpt-5-nano'), 'no_tier'],
  ['fast with a long prompt where none is published', { tokens: { input: 300_000 }, tier: 'fast' }, sale('gpt-5.4'), 'no_rate_for_band'],
  ['a region nobody knows', { ...call, region: 'mars' }, sale('claude-opus-5-5'), 'no_region'],
  ['a count that is none', { tokens: { input: 1.5 } }, sale('gpt-6-sol'), 'not_a_count'],
  ['a count below zero', { tokens: { output: -5 } }, sale('gpt-6-sol'), 'not_a_count'],
  ['a count beyond what numbers can hold', { tokens: { output: 2 ** 60 } }, sale('gpt-6-sol'), 'not_a_count'],
  ['a dated name nobody listed', call, sale('gpt-6-sol-2026-12-01'), 'no_model'],
  ['a fine-tuned model', call, sale('ft:gpt-4o:acme::1'), 'no_model'],
  ['a name in other letters', call, sale('GPT-6-Sol'), 'no_model'],
  ['a name with its vendor before it', call, sale('openai/gpt-6-sol'), 'no_model'],
  ['an empty name', call, sale(''), 'no_model'],
  ['a model of the family that was not out', call, sale('claude-sonnet-5-6'), 'no_model'],
  ['a tier of tomorrow', { ...call, tier: 'warp' }, sale('gpt-6-sol'), 'no_tier'],
  ['ultrafast, whose prices are not known', { ...call, tier: 'ultrafast' }, sale('gpt-6-sol'), 'no_tier'],
  ['a fast answer in a batch, which nobody sells', { ...call, tier: 'fast' }, sale('claude-opus-5-5', { channel: 'batch' }), 'no_tier'],
  ['fast in a batch of a model that has none', { ...call, tier: 'default' }, sale('codex-mini-latest', { channel: 'batch' }), 'no_tier'],
  ['a region of a model sold in none', { ...call, region: 'us' }, sale('claude-haiku-4-5'), 'no_region'],
];

for (const [name, usage, given, reason] of UNPRICED) {
  test(`unpriced, not free and not its neighbour's price: ${name}`, () => {
    const { status, cost, floor, reason: why } = priceOf(book, usage, given);
    assert.deepEqual([status, cost, floor, why], ['unpriced', null, 0n, reason]);
  });
}

test('there are more than twenty ways to be unpriced, and every one is tried', () => {
  assert.ok(UNPRICED.length > 20);
  assert.deepEqual(
    new Set(UNPRICED.map(([, , , reason]) => reason)),
    new Set(['no_model', 'no_tier', 'no_rate_for_band', 'no_region', 'not_a_count']),
  );
});

test('a meter without a rate leaves a floor and says how much has no price', () => {
  assert.deepEqual(priceOf(book, { tokens: { input: 2000, cacheWrite12h: 8000, output: 500 } }, sale('gpt-6-sol')), {
    status: 'partial',
    cost: null,
    floor: 9_000_000_000n,
    unpriced: { cacheWrite12h: 8000 },
    reason: 'no_rate_for_meter',
    assumed: [],
  });
});

test('an explained bill has a line for everything billed', () => {
  const usage = {
    tokens: { input: 1000, output: 500 },
    fees: { web_search_requests: 2 },
    parts: [{ kind: 'compaction', tokens: { input: 9 } }],
  };
  assert.deepEqual(linesOf(book, usage, sale('claude-opus-5-5')), [
    { what: 'input', model: 'claude-opus-5-5', quantity: 1000, rate: 4_000_000n, cost: 4_000_000_000n },
    { what: 'output', model: 'claude-opus-5-5', quantity: 500, rate: 20_000_000n, cost: 10_000_000_000n },
    { what: 'input', model: 'claude-opus-5-5', part: 'compaction', quantity: 9, rate: 4_000_000n, cost: 36_000_000n },
    { what: 'web_search_requests', model: 'claude-opus-5-5', quantity: 2, rate: 10_000_000_000n, cost: 20_000_000_000n },
  ]);
});
