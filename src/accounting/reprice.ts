import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../model/json.ts';
import type { Money } from '../model/money.ts';
import type { DialectName } from '../model/part.ts';
import type { Usage } from '../model/usage.ts';
import type { Charge } from './charge.ts';
import type { Pricer } from './pricer.ts';
import { tokensOf, type UsageRecord } from './record.ts';
import { savedBy } from './saved.ts';

/** Reads a provider's usage object again, as it stood in an answer of that dialect. */
export type ReadWire = (dialect: DialectName, wire: JsonObject) => Usage | undefined;

/**
 * The record as it would be booked today: its usage read again from what the provider said, at the prices that
 * held then as they are known now. Undefined when that changes nothing, whatever the price book is called.
 */
export function repriced(record: UsageRecord, pricer: Pricer, readWire: ReadWire): UsageRecord | undefined {
  if (record.measured === 'nothing') return undefined;
  const usage = usageOf(record, readWire);
  if (!usage) return undefined;
  const { provider, model, channel, endedAtMs, durationMs } = record;
  const sold = { provider, model, channel, atMs: endedAtMs - durationMs };
  const bill = pricer.bill(usage, sold, record.measured === 'estimated');
  const money = { status: bill.status, cost: bill.cost, costFloor: bill.floor };
  const read = { tokens: tokensOf(usage), ...(usage.reasoningTokens !== undefined && { reasoningTokens: usage.reasoningTokens }) };
  const { reasoningTokens: _, batchSavedNano: __, cacheSavedNano: ___, ...rest } = record;
  const after: UsageRecord = { ...rest, ...read, ...money, ...savedBy(usage, bill.cost, sold, pricer) };
  if (isDeepStrictEqual(after, record)) return undefined;
  return { ...after, priceVersion: pricer.version, ...(record.charges && { charges: recharged(record.charges, bill.cost) }) };
}

/** What a row's attempt used. Tokens stay those of the row where nobody reported any, or where we counted more of a broken answer than was reported. */
export function usageOf(record: UsageRecord, readWire: ReadWire): Usage | undefined {
  const served = {
    ...(record.tier !== undefined && { tier: record.tier }),
    ...(record.region !== undefined && { region: record.region }),
    ...(record.fees && { fees: record.fees }),
  };
  const { wire, tokens, reasoningTokens } = record;
  const read = wire && readWire(record.dialectOut, wire);
  if (!read) {
    // Delivered, and counted by nobody.
    if (Object.keys(tokens).length === 0 && record.cost === null) return undefined;
    return { tokens, ...served, ...(reasoningTokens !== undefined && { reasoningTokens }) };
  }
  if (record.measured === 'reported') return { ...read, ...served };
  const elsewhere = (read.parts ?? []).reduce((sum, part) => sum + (part.tokens.output ?? 0), 0);
  return { ...read, ...served, tokens: { ...read.tokens, output: (tokens.output ?? 0) - elsewhere } };
}

/** What is known to have cost so much is charged so much; what is still unknown stays what was set aside for it. */
const recharged = (charges: readonly Charge[], cost: Money | null): readonly Charge[] =>
  cost === null ? charges : charges.map((charge) => ({ ...charge, amount: cost }));
