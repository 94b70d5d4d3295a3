import assert from 'node:assert/strict';
import test from 'node:test';
import type { AlertRule } from '../../src/policy/alerts/rules.ts';
import type { Ask } from '../../src/store/ask.ts';
import { DatabaseError } from '../../src/store/database.ts';
import { memoryAsk } from '../../src/store/memory.ts';
import { bench, dailySpend, type Posted, usageRecord } from '../support/alerting.ts';

const AUTH: AlertRule = { rule: 'upstream_auth', name: 'upstream_auth', notify: ['ops'], remindMs: 3_600_000 };
const said = (posted: readonly Posted[]) => posted.map(({ type, fingerprint, at }) => `${at.slice(11, 19)} ${type} ${fingerprint}`);
const refused = { type: 'keyParked', provider: 'openai', key: 'k1', reason: 'denied', status: 401 } as const;

test('the first 401 is posted within a second, a hundred more are not, and the first success resolves', async () => {
  const { tell, pass, posted, logged } = bench({ rules: [AUTH] });
  tell(refused);
  await pass(0);
  assert.deepEqual(said(posted), ['09:00:00 firing upstream_auth{provider="openai",key="k1"}']);
  for (let more = 0; more < 100; more += 1) tell(refused);
  await pass(60_000, 1000);
  tell({ type: 'keyRestored', provider: 'openai', key: 'k1' });
  await pass(0);
  assert.deepEqual(said(posted).slice(1), ['09:01:00 resolved upstream_auth{provider="openai",key="k1"}']);
  assert.deepEqual(
    logged.map(({ type }) => type),
    ['firing', 'resolved'],
  );
});

test('a day that costs too much fires within two seconds of the call and closes with its final figure', async () => {
  const { alerts, pass, posted, world } = bench({ rules: [dailySpend()] });
  const spend = (usd: number) => alerts.hear([usageRecord({ usd, endedAtMs: world.now() })]);
  for (let day = 0; day < 3; day += 1) {
    spend(10);
    await pass(86_400_000, 3_600_000);
  }
  spend(15);
  await pass(2_000);
  assert.deepEqual(posted, []);
  spend(0.01);
  await pass(2_000);
  assert.deepEqual(
    posted.map(({ type, value, threshold, baselineDays, period }) => ({ type, value, threshold, baselineDays, period })),
    [{ type: 'firing', value: '$15.01', threshold: '$15.00 (1.5 × $10.00)', baselineDays: 3, period: '2026-11-29' }],
  );
  spend(40);
  await pass(86_400_000, 3_600_000);
  assert.deepEqual(
    posted.slice(1).map(({ type, reason, value, at }) => ({ type, reason, value, at })),
    [{ type: 'resolved', reason: 'day_closed', value: '$55.01', at: '2026-11-30T00:00:00.000Z' }],
  );
});

test('an alert that the database refuses is told all the same, and holds up no other', async () => {
  const refuses = memoryAsk();
  const ask = (async (name, input) => {
    if (name === 'fireAlert' && (input as { readonly period: string }).period !== '') throw new DatabaseError('no such column', false);
    return refuses(name, input);
  }) as Ask;
  const { alerts, tell, pass, posted, world } = bench({ rules: [dailySpend(), AUTH], ask });
  for (let day = 0; day < 3; day += 1) {
    alerts.hear([usageRecord({ usd: 10, endedAtMs: world.now() })]);
    await pass(86_400_000, 3_600_000);
  }
  alerts.hear([usageRecord({ usd: 16, endedAtMs: world.now() })]);
  tell(refused);
  await pass(2_000);
  assert.deepEqual(
    posted.map(({ type, rule }) => `${type} ${rule}`),
    ['firing daily_spend', 'firing upstream_auth'],
  );
});
