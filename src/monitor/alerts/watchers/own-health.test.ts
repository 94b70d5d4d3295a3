import assert from 'node:assert/strict';
import test from 'node:test';
import { usageRecord } from '../../../../test/support/alerting.ts';
import type { Watcher } from '../watcher.ts';
import { watchClock } from './clock-skew.ts';
import { watchLedger } from './ledger.ts';
import { watchStalePrices } from './stale-prices.ts';
import { watchUsageMissing } from './usage-missing.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const told = (watcher: Watcher, atMs: number) =>
  watcher.look(atMs).map(({ do: what, alert }) => `${what} ${alert.value}: ${alert.summary}`);

test('prices that nobody checked for more than thirty days are told of, once, until somebody has', () => {
  let checkedOn = '2026-11-23';
  const watcher = watchStalePrices({ rule: 'stale_prices', name: 'stale_prices', notify: [], days: 30 }, () => checkedOn);
  const at = (day: string) => told(watcher, Date.parse(day));
  assert.deepEqual(at('2026-12-23T23:59:59Z'), []);
  assert.deepEqual(at('2026-12-24'), ['fire 31 days: some prices were last checked 31 days ago, on 2026-11-23']);
  assert.deepEqual(at('2026-12-25'), []);
  checkedOn = '2026-12-26';
  assert.deepEqual(at('2026-12-26'), ['resolve 31 days: prices were checked lately']);
});

test('a clock that jumps is told of, either way, and is over after an even hour', () => {
  let elapsedMs = 0;
  const watcher = watchClock({ rule: 'clock_skew', name: 'clock_skew', notify: [], overMs: 30_000 }, () => elapsedMs, DAY);
  const after = (ms: number, jumpMs = 0) => {
    elapsedMs += ms;
    jumped += jumpMs;
    return told(watcher, DAY + elapsedMs + jumped);
  };
  let jumped = 0;
  assert.deepEqual(after(500, 30_000), []);
  jumped = 0;
  assert.deepEqual(after(500, -40_000), ["fire 40 s: this machine's clock was put 40 s back"]);
  assert.deepEqual(after(HOUR - 1), []);
  assert.deepEqual(after(1), ['resolve 40 s: the clock has run evenly for an hour']);
});

test('answers without usage are told of above the share, of twenty at least, and are over after an hour below', () => {
  const watcher = watchUsageMissing({ rule: 'usage_missing', name: 'usage_missing', notify: [], share: 0.05 }, 0);
  const hear = (count: number, measured: 'reported' | 'estimated') => {
    for (let at = 0; at < count; at += 1) watcher.hear?.([usageRecord({ measured })]);
  };
  hear(19, 'estimated');
  assert.deepEqual(told(watcher, 1), []);
  assert.deepEqual(told(watcher, HOUR), []);
  hear(57, 'reported');
  hear(3, 'estimated');
  assert.deepEqual(told(watcher, HOUR + 1), []);
  hear(1, 'estimated');
  assert.deepEqual(told(watcher, HOUR + 2), ['fire 6.6 %: 4 of 61 answers of openai came without usage; what they cost is estimated']);
  assert.deepEqual(told(watcher, 2 * HOUR), []);
  hear(20, 'reported');
  assert.deepEqual(told(watcher, 3 * HOUR), ['resolve 6.6 %: answers of openai came with usage for an hour']);
});

test('rows that wait, and rows that are lost, are told of; the one is over at half, the other after an hour', () => {
  let waiting = 20_000;
  const watcher = watchLedger({ rule: 'ledger', name: 'ledger', notify: [], waitingMax: 20_000 }, () => waiting);
  assert.deepEqual(told(watcher, 0), []);
  waiting = 20_001;
  assert.deepEqual(told(watcher, 1), ['fire 20001 rows: 20001 rows wait to be written to the ledger']);
  waiting = 10_001;
  assert.deepEqual(told(watcher, 2), []);
  waiting = 10_000;
  assert.deepEqual(told(watcher, 3), ['resolve 20001 rows: the ledger has caught up']);
  watcher.notice?.({ atMs: 4, type: 'ledgerDropped', count: 7, message: 'no room' });
  assert.deepEqual(told(watcher, 5), ['fire 7 rows: 7 rows are not in the ledger: no room']);
  assert.deepEqual(told(watcher, 4 + HOUR), ['resolve 7 rows: no row was lost for an hour']);
});
