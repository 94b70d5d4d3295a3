import assert from 'node:assert/strict';
import test from 'node:test';
import type { Provider } from '../model/provider.ts';
import { compileBook } from './book.ts';
import { createPricer } from './pricer.ts';
import type { UsageRecord } from './record.ts';
import { type ReadWire, repriced } from './reprice.ts';
import type { PriceSheet } from './sheet.ts';

const pricerAt = (input: string, output: string, more: Record<string, string> = {}) => {
  const sheet: PriceSheet = {
    seller: 'openai',
    checked_on: '2026-11-23',
    source: 'https://example.com/prices',
    tier_words: { default: 'standard' },
    models: [{ model: 'm', tiers: { standard: { rates: { input, output, ...more } } } }],
  };
  return createPricer(compileBook([sheet]), new Map([['openai', { vendor: 'openai', baseUrl: 'https://api.openai.com/v1' } as Provider]]));
};
const readWire: ReadWire = (_, wire) => ({
  tokens: {
    input: Number(wire['prompt']) - Number(wire['cached'] ?? 0),
    ...(wire['cached'] !== undefined && { cacheRead: Number(wire['cached']) }),
    output: Number(wire['answer']),
  },
  wire,
});

const before = pricerAt('1', '2');
const record: UsageRecord = {
  callId: 'call_1',
  attempt: 1,
  last: true,
  reason: 'first',
  endedAtMs: Date.parse('2026-11-20T10:00:01Z'),
  durationMs: 1000.5,
  key: 'ci',
  provider: 'openai',
  requestedModel: 'm',
  model: 'm',
  dialectIn: 'openai-chat',
  dialectOut: 'openai-chat',
  channel: 'sync',
  outcome: 'ok',
  tokens: { input: 100, output: 10 },
  measured: 'reported',
  status: 'exact',
  cost: 120_000_000n as never,
  costFloor: 120_000_000n as never,
  priceVersion: before.version,
  losses: 0,
  wire: { prompt: 100, answer: 10 },
};
const figures = (after: UsageRecord | undefined) => after && [after.status, after.cost, after.costFloor, after.tokens, after.priceVersion];

test('a price that was wrong is put right, under the name of the book that knows', () => {
  const after = pricerAt('1.5', '2');
  assert.deepEqual(repriced(record, after, readWire), {
    ...record,
    cost: 170_000_000n,
    costFloor: 170_000_000n,
    priceVersion: after.version,
  });
});

test('where nothing changes nothing is changed, under whichever name the book goes', () => {
  const after = pricerAt('1', '2', { cacheRead: '9' });
  assert.notEqual(after.version, before.version);
  assert.equal(repriced(record, after, readWire), undefined);
  const once = repriced(record, pricerAt('1.5', '2'), readWire);
  assert.equal(repriced(once!, pricerAt('1.5', '2'), readWire), undefined);
});

test('what the provider said is read again, so a reader that was wrong is put right too', () => {
  const misread = { ...record, wire: { prompt: 100, cached: 60, answer: 10 } };
  assert.deepEqual(figures(repriced(misread, pricerAt('1', '2', { cacheRead: '0.1' }), readWire))?.slice(0, 4), [
    'exact',
    66_000_000n,
    66_000_000n,
    { input: 40, cacheRead: 60, output: 10 },
  ]);
});

test('a model that had no price gets one, and one that lost it is a floor again', () => {
  const unpriced: UsageRecord = { ...record, status: 'unpriced', cost: null, costFloor: 0n as never };
  assert.deepEqual(figures(repriced(unpriced, before, readWire))?.slice(0, 3), ['exact', 120_000_000n, 120_000_000n]);
  const cached = { ...record, wire: { prompt: 100, cached: 60, answer: 10 } };
  assert.deepEqual(figures(repriced(cached, before, readWire))?.slice(0, 3), ['partial', null, 60_000_000n]);
});

test('our own count of a broken answer stays ours', () => {
  const estimated: UsageRecord = {
    ...record,
    measured: 'estimated',
    status: 'estimated',
    tokens: { input: 100, output: 70 },
    wire: { prompt: 100, answer: 1 },
  };
  assert.deepEqual(figures(repriced(estimated, pricerAt('2', '2'), readWire))?.slice(0, 4), [
    'estimated',
    340_000_000n,
    340_000_000n,
    { input: 100, output: 70 },
  ]);
  const { wire: _, ...unseen } = estimated;
  assert.deepEqual(figures(repriced(unseen, pricerAt('2', '2'), readWire))?.slice(1, 2), [340_000_000n]);
});

test('what failed before there were tokens costs nothing, and what nobody counted stays unknown', () => {
  assert.equal(
    repriced({ ...record, measured: 'nothing', tokens: {}, cost: 0n as never, costFloor: 0n as never }, before, readWire),
    undefined,
  );
  const { wire: _, ...rest } = record;
  assert.equal(
    repriced({ ...rest, measured: 'estimated', tokens: {}, status: 'unpriced', cost: null, costFloor: 0n as never }, before, readWire),
    undefined,
  );
});

test('budgets are charged what is known now; what is still unknown stays as it was set aside', () => {
  const account = { budget: 'b', value: '', startMs: 0, endMs: 1 };
  const charged = { ...record, charges: [{ account, amount: 120_000_000n as never, holder: 'p1' }] };
  assert.deepEqual(repriced(charged, pricerAt('1.5', '2'), readWire)?.charges, [{ account, amount: 170_000_000n, holder: 'p1' }]);
  const cached = { ...charged, wire: { prompt: 100, cached: 60, answer: 10 } };
  assert.deepEqual(repriced(cached, before, readWire)?.charges, charged.charges);
});
