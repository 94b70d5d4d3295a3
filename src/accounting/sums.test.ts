import assert from 'node:assert/strict';
import test from 'node:test';
import { formatUsd, type Money } from '../model/money.ts';
import { add, type Counted, merge, NOTHING, type Sums } from './bucket.ts';
import { priceOf, type Sale } from './price.ts';
import { priceBook } from './prices/index.ts';

const costing = (cost: Money | null, costFloor: Money = cost ?? (0n as Money)): Counted => ({
  endedAtMs: 0,
  model: 'm',
  key: 'k',
  provider: 'p',
  last: true,
  outcome: 'ok',
  measured: 'reported',
  tokens: {},
  cost,
  costFloor,
});
const costOf = (model: string, tokens: Record<string, number>): Money =>
  priceOf(priceBook(), { tokens }, { sellers: ['openai'], model, channel: 'sync', atMs: Date.parse('2026-11-20') } satisfies Sale).cost!;

/** So many of the same record, added one by one. */
function many(count: number, record: Counted): Sums {
  const sums = { ...NOTHING };
  for (let index = 0; index < count; index += 1) add(sums, record);
  return sums;
}

test('a million calls of $0.0000038 come to $3.80 exactly', () => {
  const tiny = costOf('gpt-6-luna', { input: 3, output: 7 });
  const { calls, cost } = many(1_000_000, costing(tiny));
  assert.deepEqual([formatUsd(tiny), calls, formatUsd(cost)], ['0.0000038', 1_000_000, '3.8']);
});

test('ten million calls of $1.575 come to $15,750,000 exactly, beyond 64 bits of picodollars', () => {
  const dear = costOf('gpt-6-astra', { input: 50_000, cacheRead: 250_000, output: 1000 });
  const thousandth = many(10_000, costing(dear));
  const sums = { ...NOTHING };
  for (let part = 0; part < 1000; part += 1) merge(sums, thousandth);
  assert.deepEqual([formatUsd(dear), sums.calls, formatUsd(sums.cost)], ['1.575', 10_000_000, '15750000']);
  assert.ok(sums.cost > 2n ** 63n);
});

test('what has no price is counted beside what has', () => {
  const sums = many(3, costing(7n as Money));
  for (const record of [costing(null), costing(null, 5n as Money)]) add(sums, record);
  assert.deepEqual([sums.calls, sums.unpriced, sums.cost], [5, 2, 26n]);
});
