import type { UsageRecord } from '../../src/accounting/record.ts';
import { money, record } from './records.ts';

/** An attempt that went well, in round numbers, or whatever `differences` make of it. */
export const usageRecord = (differences: Partial<UsageRecord> = {}): UsageRecord =>
  record('call_1', {
    endedAtMs: Date.UTC(2026, 0, 1),
    durationMs: 500,
    key: 'k',
    requestedModel: 'gpt-6-luna',
    model: 'gpt-6-luna',
    dialectIn: 'openai-chat',
    tokens: { input: 100, output: 20 },
    cost: money(1_000_000n),
    costFloor: money(1_000_000n),
    ...differences,
  });
