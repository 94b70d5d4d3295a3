import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import fc from 'fast-check';
import { usageRecord } from '../../../test/support/usage-record.ts';
import type { UsageRecord } from '../../accounting/record.ts';
import { formatUsd, type Money } from '../../model/money.ts';
import { FAMILIES } from './families.ts';
import { createMetrics } from './metrics.ts';

/** Lines of the exposition that are not 0, and none of a histogram's. */
const counted = (text: string) =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !line.endsWith(' 0') && !/_seconds_/.test(line));

/** What all series of a metric add up to. */
const total = (text: string, name: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);

test('a call that moved on after a failure is one request and two attempts, each with its tokens and its cost', () => {
  const metrics = createMetrics();
  metrics.count([
    usageRecord({
      last: false,
      provider: 'openai',
      outcome: 'interrupted',
      feature: 'search',
      tokens: { input: 9 },
      costFloor: 9_000n as Money,
    }),
    usageRecord({
      attempt: 2,
      reason: 'fallback',
      provider: 'anthropic',
      model: 'claude-haiku-5-5',
      feature: 'search',
      tokens: { input: 10, imageInput: 1, cacheRead: 20, cacheWrite5m: 3, cacheWrite1h: 4, output: 5, audioOutput: 1 },
      reasoningTokens: 2,
      tier: 'priority',
    }),
  ]);
  const labels = 'provider="anthropic",model="claude-haiku-5-5",feature="search"';
  assert.deepEqual(counted(metrics.text()).sort(), [
    'headgate_attempts_total{reason="fallback"} 1',
    'headgate_attempts_total{reason="first"} 1',
    `headgate_cost_usd_total{${labels},tier="priority"} 0.000001`,
    'headgate_cost_usd_total{provider="openai",model="gpt-6-luna",feature="search",tier="standard"} 0.000000009',
    'headgate_failed_attempts_total{provider="openai",kind="interrupted"} 1',
    `headgate_reasoning_tokens_total{${labels}} 2`,
    `headgate_requests_total{${labels},outcome="ok"} 1`,
    `headgate_tokens_total{${labels},kind="cache_read"} 20`,
    `headgate_tokens_total{${labels},kind="cache_write"} 7`,
    `headgate_tokens_total{${labels},kind="fresh"} 11`,
    `headgate_tokens_total{${labels},kind="output"} 6`,
    'headgate_tokens_total{provider="openai",model="gpt-6-luna",feature="search",kind="fresh"} 9',
  ]);
});

test('durations run from the start of the first attempt, waits between attempts included', () => {
  const metrics = createMetrics();
  metrics.count([
    usageRecord({ last: false, endedAtMs: 1000, durationMs: 1000, outcome: 'overloaded' }),
    usageRecord({ attempt: 2, endedAtMs: 5000, durationMs: 3000, firstContentMs: 500, overheadMs: 2 }),
  ]);
  const text = metrics.text();
  assert.match(text, /headgate_overhead_seconds_sum 0.002\n/);
  assert.match(text, /headgate_request_duration_seconds_sum\{[^}]*\} 5\n/);
  assert.match(text, /headgate_time_to_first_token_seconds_sum\{[^}]*\} 2.5\n/);
});

test('nobody waits for a batch: how long it took is no duration of a request', () => {
  const metrics = createMetrics();
  metrics.count([usageRecord({ channel: 'batch', durationMs: 7_200_000 })]);
  assert.equal(total(metrics.text(), 'headgate_requests_total'), 1);
  assert.doesNotMatch(metrics.text(), /headgate_request_duration_seconds_sum\{[^}]*\} [^0]/);
});

test('a call without a price is counted once however many attempts it took, and what is known of its cost is summed', () => {
  const metrics = createMetrics();
  metrics.count([
    usageRecord({ last: false, cost: null, outcome: 'broken' }),
    usageRecord({ attempt: 2, cost: null, costFloor: 7n as Money }),
  ]);
  assert.equal(total(metrics.text(), 'headgate_unpriced_calls_total'), 1);
  assert.equal(total(metrics.text(), 'headgate_cost_usd_total'), 1.000007e-6);
});

test('what is known beforehand stands at 0, so that the first call is an increase', () => {
  const metrics = createMetrics({
    providers: ['openai'],
    known: [{ provider: 'openai', model: 'gpt-6-luna', feature: 'search' }],
    alertRules: ['daily_spend'],
  });
  const lines = metrics.text().split('\n');
  for (const line of [
    'headgate_requests_total{provider="openai",model="gpt-6-luna",feature="search",outcome="upstream_error"} 0',
    'headgate_cost_usd_total{provider="openai",model="gpt-6-luna",feature="search",tier="standard"} 0',
    'headgate_breaker_state{upstream="openai/gpt-6-luna"} 0',
    'headgate_failed_attempts_total{provider="openai",kind="throttled"} 0',
    'headgate_attempts_total{reason="hedge"} 0',
    'headgate_alerts_total{rule="daily_spend",state="firing"} 0',
    'headgate_refused_requests_total{kind="overBudget"} 0',
    'headgate_label_overflow_total{label="feature"} 0',
  ]) {
    assert.ok(lines.includes(line), line);
  }
});

test('whatever callers name, the page stays within its lines and the sums stay whole', () => {
  const record = fc.record({
    provider: fc.constantFrom('openai', 'anthropic', 'local'),
    model: fc.integer({ min: 0, max: 400 }).map((number) => `model-${number}`),
    feature: fc.integer({ min: 0, max: 5000 }).map((number) => `feature-${number}`),
    tier: fc.constantFrom('default', 'priority', 'flex', 'batch', 'tier-of-tomorrow'),
    user: fc.string(),
  });
  fc.assert(
    fc.property(fc.array(record, { minLength: 500, maxLength: 1500 }), fc.constantFrom(600, 2000), (differences, linesMax) => {
      const metrics = createMetrics({ linesMax });
      for (const one of differences) metrics.count([usageRecord(one)]);
      const text = metrics.text();
      const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      assert.ok(lines.length <= linesMax, `${lines.length} lines`);
      assert.equal(lines.length, metrics.registry.size);
      assert.equal(total(text, 'headgate_requests_total'), differences.length);
      assert.equal(total(text, 'headgate_tokens_total'), differences.length * 120);
      assert.equal(total(text, 'headgate_request_duration_seconds_count'), differences.length);
    }),
    { numRuns: 20 },
  );
});

test('of features beyond 200 none gets a label, and each of their attempts is counted as overflow', () => {
  const metrics = createMetrics({ linesMax: 100_000 });
  for (let number = 0; number < 250; number += 1) metrics.count([usageRecord({ feature: `feature-${number}` })]);
  const text = metrics.text();
  assert.equal(new Set([...text.matchAll(/feature="(feature-\d+)"/g)].map(([, name]) => name)).size, 200);
  assert.match(text, /headgate_requests_total\{[^}]*feature="__other__",outcome="ok"\} 50\n/);
  assert.match(text, /headgate_label_overflow_total\{label="feature"\} 50\n/);
});

test('dollars add up without rounding, past what a float could hold', () => {
  const amounts = [9_007_199_254_740_993n, 1n, 123_456_789n] as Money[];
  const metrics = createMetrics();
  for (const costFloor of amounts) metrics.count([usageRecord({ costFloor } satisfies Partial<UsageRecord>)]);
  const sum = formatUsd(amounts.reduce((a, b) => (a + b) as Money));
  assert.ok(metrics.text().includes(`tier="standard"} ${sum}\n`));
});

test('gauges follow what the gateway tells of itself and what it is asked for', () => {
  const metrics = createMetrics({
    running: () => 3,
    journalLag: () => 4,
    retryTokens: () => [['openai/gpt-6-luna', 480]],
    pricesChecked: () => 12,
    budgets: () => [{ scope: 'feature:search', spent: 250_000_000_000n as Money, limit: 1_000_000_000_000n as Money }],
    exportDropped: () => [['influx', 2]],
  });
  const upstream = 'openai/gpt-6-luna';
  metrics.hear({ atMs: 1, type: 'breaker', upstream, state: 'open', reason: 'errors' });
  metrics.hear({ atMs: 1, type: 'keyParked', provider: 'openai', key: 'a', reason: 'denied' });
  metrics.hear({ atMs: 1, type: 'keyParked', provider: 'openai', key: 'a', reason: 'denied' });
  metrics.hear({ atMs: 1, type: 'ledgerDropped', count: 5, message: '' });
  metrics.hear({ atMs: 1, type: 'alert', state: 'firing', rule: 'budget', alert: 'b', severity: 'warning', summary: '' });
  metrics.hear({ atMs: 1, type: 'alert', state: 'repeated', rule: 'budget', alert: 'b', severity: 'warning', summary: '' });
  metrics.hear({ atMs: 1, type: 'alertLost', message: '' });
  metrics.refuse('limited');
  assert.deepEqual(counted(metrics.text()).sort(), [
    'headgate_alerts_total{rule="budget",state="firing"} 1',
    `headgate_breaker_state{upstream="${upstream}"} 2`,
    'headgate_budget_limit_usd{scope="feature:search"} 1',
    'headgate_budget_spent_usd{scope="feature:search"} 0.25',
    'headgate_export_dropped_total{sink="alerts"} 1',
    'headgate_export_dropped_total{sink="influx"} 2',
    'headgate_ledger_dropped_total 5',
    'headgate_parked_keys{provider="openai"} 1',
    'headgate_prices_checked_timestamp_seconds 12',
    'headgate_refused_requests_total{kind="limited"} 1',
    'headgate_requests_in_flight 3',
    `headgate_retry_tokens{upstream="${upstream}"} 480`,
    'headgate_usage_journal_lag_events 4',
  ]);
  metrics.hear({ atMs: 2, type: 'keyRestored', provider: 'openai', key: 'a' });
  metrics.hear({ atMs: 2, type: 'breaker', upstream, state: 'halfOpen', reason: 'time' });
  assert.match(metrics.text(), /headgate_parked_keys\{provider="openai"\} 0\n/);
  metrics.hear({ atMs: 3, type: 'keyParked', provider: 'openai', key: 'b', reason: 'throttled' });
  metrics.hear({ atMs: 4, type: 'keyRemoved', provider: 'openai', key: 'b' });
  assert.match(metrics.text(), /headgate_parked_keys\{provider="openai"\} 0\n/);
  assert.match(metrics.text(), new RegExp(`headgate_breaker_state\\{upstream="${upstream}"\\} 1\n`));
});

test('docs/monitoring.md has every metric with its type, labels and meaning', () => {
  const rows = Object.values(FAMILIES).map(({ name, type, labels, help }) => {
    const named = labels.map((label) => `\`${label}\``).join(', ') || '–';
    return `| \`${name}\` | ${type} | ${named} | ${help} |`;
  });
  const page = readFileSync('docs/monitoring.md', 'utf8');
  assert.ok(page.includes(rows.join('\n')), `the table must be\n${rows.join('\n')}`);
});

test('names that are endless, or no Unicode, make neither an endless page nor the same series twice', () => {
  const metrics = createMetrics();
  const long = 'x'.repeat(1_000_000);
  for (const feature of ['\ud800', '\ud801', long, `${long}y`]) metrics.count([usageRecord({ feature, model: `${long}${feature}` })]);
  const lines = metrics
    .text()
    .split('\n')
    .filter((line) => !line.startsWith('#'));
  const names = lines.map((line) => Buffer.from(line.slice(0, line.lastIndexOf(' '))).toString());
  assert.equal(new Set(names).size, names.length);
  assert.ok(lines.every((line) => line.length < 600));
  assert.equal(total(metrics.text(), 'headgate_requests_total'), 4);
});
