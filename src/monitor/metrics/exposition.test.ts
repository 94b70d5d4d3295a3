import assert from 'node:assert/strict';
import test from 'node:test';
import type { Money } from '../../model/money.ts';
import { exposition } from './exposition.ts';
import { createRegistry, type Family, observe } from './registry.ts';

const calls: Family = { name: 'calls_total', type: 'counter', labels: ['feature'], help: 'Calls \\ all.' };
const usd: Family = { name: 'cost_usd_total', type: 'counter', labels: [], help: 'Cost.' };
const seconds: Family = { name: 'wait_seconds', type: 'histogram', labels: ['at'], bounds: [0.1, 1], help: 'Waits.' };

test('families stand under their help and type, labels and money exactly as they are', () => {
  const registry = createRegistry();
  registry.number(calls, 'a "quoted" \\ name\nin two lines').value = 3;
  registry.number(calls, 'plain');
  registry.money(usd).value = 12_000_000_000_000_000_001n as Money;
  assert.equal(
    exposition(registry),
    [
      '# HELP calls_total Calls \\\\ all.',
      '# TYPE calls_total counter',
      'calls_total{feature="a \\"quoted\\" \\\\ name\\nin two lines"} 3',
      'calls_total{feature="plain"} 0',
      '# HELP cost_usd_total Cost.',
      '# TYPE cost_usd_total counter',
      'cost_usd_total 12000000.000000000001',
      '',
    ].join('\n'),
  );
});

test('a histogram counts a value on a bound into the bucket the bound closes, and sums up from bucket to bucket', () => {
  const registry = createRegistry();
  for (const value of [0.05, 0.1, 0.5, 7]) observe(registry.histogram(seconds, 'x'), value);
  assert.equal(
    exposition(registry),
    [
      '# HELP wait_seconds Waits.',
      '# TYPE wait_seconds histogram',
      'wait_seconds_bucket{at="x",le="0.1"} 2',
      'wait_seconds_bucket{at="x",le="1"} 3',
      'wait_seconds_bucket{at="x",le="+Inf"} 4',
      'wait_seconds_sum{at="x"} 7.65',
      'wait_seconds_count{at="x"} 4',
      '',
    ].join('\n'),
  );
  assert.equal(registry.size, 5);
});

test('gauges are brought up to date by whoever reads, and forgotten when they are cleared', () => {
  const registry = createRegistry();
  const gauge: Family = { name: 'left', type: 'gauge', labels: ['of'], help: 'Left.' };
  let left = 5;
  registry.beforeReading(() => {
    registry.clear(gauge);
    if (left > 0) registry.number(gauge, 'budget').value = left;
  });
  assert.match(exposition(registry), /left\{of="budget"\} 5\n/);
  left = 0;
  assert.equal(exposition(registry), '');
  assert.equal(registry.size, 0);
});
