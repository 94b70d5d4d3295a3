import assert from 'node:assert/strict';
import test from 'node:test';
import { createFocus, type FocusRow } from '../../src/accounting/focus.ts';
import { createPricer } from '../../src/accounting/pricer.ts';
import { priceBook } from '../../src/accounting/prices/index.ts';
import type { UsageRecord } from '../../src/accounting/record.ts';
import type { Provider } from '../../src/model/provider.ts';
import { type Chance, chance } from '../support/chance.ts';
import { brokenRules, pico } from '../support/focus-rules.ts';
import { randomRecord } from '../support/random-records.ts';
import { money, noon, record } from '../support/records.ts';

const providers = new Map(
  (['openai', 'anthropic'] as const).map((vendor) => [vendor, { name: vendor, vendor, baseUrl: `https://api.${vendor}.com` } as Provider]),
);
const pricer = createPricer(priceBook(), providers);
const issuerOf = (name: string) => ({ openai: 'OpenAI', anthropic: 'Anthropic' })[name] ?? name;

function exported(records: readonly UsageRecord[], tags: readonly string[] = []): FocusRow[] {
  const focus = createFocus({ pricer, issuerOf, tags });
  const ordered = records.toSorted((a, b) => a.endedAtMs - b.endedAtMs);
  return [...ordered.flatMap((one) => focus.add(one)), ...focus.end()];
}

const MODELS = { openai: ['gpt-6-sol', 'gpt-6-luna'], anthropic: ['claude-sonnet-5-5', 'claude-opus-5-5'] } as const;

/** A record as it would be booked, or one that was priced otherwise, in part or not at all. */
function pricedRecord(luck: Chance, number: number, span: { fromMs: number; toMs: number }): UsageRecord {
  const base = randomRecord(luck, number, span);
  const provider = luck.of(['openai', 'anthropic'] as const);
  const model = luck.upTo(20) === 0 ? 'never-heard-of' : luck.of(MODELS[provider]);
  const bill = pricer.bill({ tokens: base.tokens }, { provider, model, channel: 'sync', atMs: base.endedAtMs - base.durationMs }, false);
  const more = { provider, model, user: `user-${number % 997}`, requestedModel: model };
  // Some were priced by another book.
  if (luck.upTo(10) === 0) return { ...base, ...more };
  return { ...base, ...more, status: bill.status, cost: bill.cost, costFloor: bill.floor };
}

test('a hundred thousand lines keep every rule, and their cost is that of the ledger, to the last picodollar', () => {
  const luck = chance(12);
  const span = { fromMs: Date.parse('2026-10-30T00:00Z'), toMs: Date.parse('2026-11-03T00:00Z') };
  const records = Array.from({ length: process.env['CI'] ? 32_000 : 4_000 }, (_, number) => pricedRecord(luck, number, span));
  const rows = exported(records, ['team']);
  assert.ok(rows.length >= (process.env['CI'] ? 100_000 : 10_000), `${rows.length} lines`);
  assert.deepEqual(brokenRules(rows), []);
  const cost = records.reduce((sum, { costFloor }) => sum + costFloor, 0n);
  for (const column of ['BilledCost', 'EffectiveCost', 'ListCost', 'ContractedCost'] as const) {
    assert.equal(
      rows.reduce((sum, row) => sum + pico(row[column]), 0n),
      cost,
    );
  }
  const tokens = records.reduce((sum, one) => sum + Object.values(one.tokens).reduce((all, count) => all + count, 0), 0);
  assert.equal(
    rows.reduce((sum, row) => sum + Number(row.x_ConsumedTokens), 0),
    tokens,
  );
});

test('calls of an hour, model, meter, feature and user are one line', () => {
  const call = (callId: string, more: Partial<UsageRecord> = {}) =>
    record(callId, {
      model: 'gpt-6-sol',
      feature: 'search',
      user: 'ann',
      tokens: { input: 100 },
      cost: money(200_000_000n),
      costFloor: money(200_000_000n),
      ...more,
    });
  const rows = exported([call('a'), call('b'), call('c', { user: 'bob' }), call('d', { endedAtMs: noon + 3_600_000 })]);
  assert.deepEqual(
    rows.map((row) => [row.ChargePeriodStart, row.SkuId, row.Tags, row.PricingQuantity, row.BilledCost]),
    [
      ['2026-11-20T12:00:00Z', 'gpt-6-sol input', '{"feature":"search","user":"ann"}', '200', '0.0004'],
      ['2026-11-20T12:00:00Z', 'gpt-6-sol input', '{"feature":"search","user":"bob"}', '100', '0.0002'],
      ['2026-11-20T13:00:00Z', 'gpt-6-sol input', '{"feature":"search","user":"ann"}', '100', '0.0002'],
    ],
  );
});

test('what has no price is there, with its tokens and without a price', () => {
  const [row] = exported([
    record('a', { model: 'never-heard-of', tokens: { output: 7 }, status: 'unpriced', cost: null, costFloor: money(0n) }),
  ]);
  assert.deepEqual(
    [row?.BilledCost, row?.SkuPriceId, row?.PricingQuantity, row?.x_ConsumedTokens, row?.ChargeDescription],
    ['0', '', '', '7', 'never-heard-of output, no price known'],
  );
  assert.deepEqual(brokenRules(exported([record('a', { tokens: {}, status: 'unpriced', cost: null, costFloor: money(0n) })])), []);
});

test('what another price book made of a call is shared out in the proportions of today', () => {
  const rows = exported([record('a', { model: 'gpt-6-sol', tokens: { input: 1000, output: 100 }, cost: money(7n), costFloor: money(7n) })]);
  assert.deepEqual(
    rows.map((row) => [row.x_CostSplit, row.ListUnitPrice]),
    [
      ['proportional', ''],
      ['proportional', ''],
    ],
  );
  assert.equal(
    rows.reduce((sum, row) => sum + pico(row.BilledCost), 0n),
    7n,
  );
});
