import type { UsageRecord } from '../../src/accounting/record.ts';
import type { Money } from '../../src/model/money.ts';

/** An attempt that went well, or whatever `differences` make of it. */
export const usageRecord = (differences: Partial<UsageRecord> = {}): UsageRecord => ({
  callId: 'call_1',
  attempt: 1,
  reason: 'first',
  last: true,
  endedAtMs: Date.UTC(2026, 0, 1),
  durationMs: 500,
  key: 'k',
  provider: 'openai',
  requestedModel: 'gpt-6-luna',
  model: 'gpt-6-luna',
  dialectIn: 'openai-chat',
  dialectOut: 'openai-chat',
  channel: 'sync',
  outcome: 'ok',
  tokens: { input: 100, output: 20 },
  measured: 'reported',
  status: 'exact',
  cost: 1_000_000n as Money,
  costFloor: 1_000_000n as Money,
  priceVersion: 'test',
  losses: 0,
  ...differences,
});
