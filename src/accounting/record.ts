import type { Attempt, AttemptReason } from '../model/attempt.ts';
import { bookable } from '../model/bookable.ts';
import type { Caller } from '../model/caller.ts';
import type { FailureKind } from '../model/failure.ts';
import type { JsonObject } from '../model/json.ts';
import { type Money, zero } from '../model/money.ts';
import type { CallerDialect, DialectName } from '../model/part.ts';
import { starvedBy } from '../model/starved.ts';
import { isReport, type Meter, type Tokens, type Usage } from '../model/usage.ts';
import type { Bill, BillStatus, Channel } from './bill.ts';
import type { Charge } from './charge.ts';
import type { Pricer } from './pricer.ts';
import { savedBy } from './saved.ts';

/** One row of the ledger: one attempt, because an attempt is what a provider bills. */
export interface UsageRecord {
  readonly callId: string;
  /** Counts from 1 within the call. */
  readonly attempt: number;
  /** Whether the call ended with this one. */
  readonly last: boolean;
  readonly reason: AttemptReason;
  /** Whole milliseconds. */
  readonly endedAtMs: number;
  readonly durationMs: number;
  /** From the start to the first byte of content, in milliseconds. */
  readonly firstContentMs?: number;
  /** On a call's last attempt: what the gateway itself took of the whole call, in milliseconds. */
  readonly overheadMs?: number;
  /** The gateway key's id, or `anonymous`. */
  readonly key: string;
  readonly feature?: string;
  readonly user?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly provider: string;
  /** The name the caller used. */
  readonly requestedModel: string;
  /** The model that served it, in the provider's words; where no answer says, the one asked for there. */
  readonly model: string;
  /** What the caller spoke, and what the provider did. */
  readonly dialectIn: CallerDialect;
  readonly dialectOut: DialectName;
  readonly channel: Channel;
  /** Tier and region that served it, in the provider's words. */
  readonly tier?: string;
  readonly region?: string;
  readonly outcome: 'ok' | FailureKind;
  /** Everything billed by the token, sub-inferences included. */
  readonly tokens: Tokens;
  readonly reasoningTokens?: number;
  /** Set where the answer came to its limit of tokens with most of them spent on reasoning. */
  readonly starved?: true;
  /** Server-side tool uses billed by the piece. */
  readonly fees?: { readonly [name: string]: number };
  /** Who counted the tokens: the provider or we, as when a stream breaks off; `nothing`: it failed before there were any. */
  readonly measured: 'reported' | 'estimated' | 'nothing';
  readonly status: BillStatus;
  /** `null` when some of it has no price: unknown is never zero. */
  readonly cost: Money | null;
  /** What it cost at the least: `cost`, or the part that has a price. */
  readonly costFloor: Money;
  /** What the batch took off the price of the same call made by itself, in billionths of a dollar; absent: it was none, or has no price. */
  readonly batchSavedNano?: number;
  /** What caching took off the price of the same call without it, in billionths of a dollar, below 0 where it cost more; absent: there was none. */
  readonly cacheSavedNano?: number;
  /** The price book that priced it. */
  readonly priceVersion: string;
  /** Losses of its translation that a caller may notice. */
  readonly losses: number;
  /** The provider's own usage object, kept so that history can be priced again. */
  readonly wire?: JsonObject;
  /** What it adds to budgets; absent: no budget counts it. */
  readonly charges?: readonly Charge[];
}

/** What the attempts of one call have in common. */
export interface BookedCall {
  readonly callId: string;
  readonly caller: Caller;
  /** The name the caller used. */
  readonly model: string;
  readonly dialect: CallerDialect;
  readonly channel: Channel;
  /** What the gateway itself took of the whole call, in milliseconds, where it was measured. */
  readonly overheadMs?: number;
}

/** The rows of a call that is over, one for each attempt. */
export function recordsOf(call: BookedCall, attempts: readonly Attempt[], pricer: Pricer): UsageRecord[] {
  return attempts.map((attempt, index) => {
    const last = index + 1 === attempts.length;
    return recordOf(call, attempt, { number: index + 1, reason: reasonOf(attempt, attempts[index - 1]), last }, pricer);
  });
}

function reasonOf({ reason, target }: Attempt, before: Attempt | undefined): AttemptReason {
  if (reason) return reason;
  if (!before) return 'first';
  return before.target.provider === target.provider && before.target.model === target.model ? 'retry' : 'fallback';
}

function recordOf(
  call: BookedCall,
  attempt: Attempt,
  { number, reason, last }: { readonly number: number; readonly reason: AttemptReason; readonly last: boolean },
  pricer: Pricer,
): UsageRecord {
  const { target, startedAtMs, durationMs, firstContentMs, servedModel, failure, losses } = attempt;
  const { caller, channel } = call;
  const model = servedModel === undefined ? target.model : bookable(servedModel);
  const { usage, measured } = measure(attempt);
  const bill = usage
    ? pricer.bill(usage, { provider: target.provider, model, channel, atMs: startedAtMs }, measured === 'estimated')
    : measured === 'nothing'
      ? free
      : unknown;
  const record: { -readonly [F in keyof UsageRecord]: UsageRecord[F] } = {
    callId: call.callId,
    attempt: number,
    last,
    reason,
    endedAtMs: Math.round(startedAtMs + durationMs),
    durationMs,
    key: caller.key,
    provider: target.provider,
    requestedModel: call.model,
    model,
    dialectIn: call.dialect,
    dialectOut: target.dialect,
    channel,
    outcome: failure?.kind ?? 'ok',
    tokens: usage ? tokensOf(usage) : {},
    measured,
    status: bill.status,
    cost: bill.cost,
    costFloor: bill.floor,
    priceVersion: pricer.version,
    losses,
  };
  // Assigned one by one: spreading conditional objects takes several times as long, and every call pays for it.
  if (firstContentMs !== undefined) record.firstContentMs = firstContentMs;
  if (last && call.overheadMs !== undefined) record.overheadMs = call.overheadMs;
  if (caller.feature !== undefined) record.feature = caller.feature;
  if (caller.user !== undefined) record.user = caller.user;
  if (caller.tags !== undefined) record.tags = caller.tags;
  if (usage?.tier !== undefined) record.tier = bookable(usage.tier);
  if (usage?.region !== undefined) record.region = bookable(usage.region);
  if (usage?.reasoningTokens !== undefined) record.reasoningTokens = usage.reasoningTokens;
  if (starvedBy(attempt.finish, usage)) record.starved = true;
  if (usage?.fees !== undefined) record.fees = usage.fees;
  if (usage?.wire !== undefined) record.wire = usage.wire;
  if (usage) {
    const { batchSavedNano, cacheSavedNano } = savedBy(
      usage,
      bill.cost,
      { provider: target.provider, model, channel, atMs: startedAtMs },
      pricer,
    );
    if (batchSavedNano !== undefined) record.batchSavedNano = batchSavedNano;
    if (cacheSavedNano !== undefined) record.cacheSavedNano = cacheSavedNano;
  }
  return record;
}

const free: Bill = { status: 'exact', cost: zero, floor: zero, unpriced: {}, assumed: [] };
const unknown: Bill = { status: 'unpriced', cost: null, floor: zero, unpriced: {}, reason: 'no_usage', assumed: [] };

/**
 * Whose count to believe. A provider's report of a finished answer stands, explicit zeros too. When the
 * answer broke off, a Messages stream has reported the prompt but only the first tokens of the answer,
 * so our count of what was written is taken where it is larger.
 */
export function measure(attempt: Attempt): { usage: Usage | undefined; measured: UsageRecord['measured'] } {
  const { finish, delivered, counted } = attempt;
  const usage = attempt.usage && isReport(attempt.usage) ? attempt.usage : undefined;
  if (usage && finish) return { usage, measured: 'reported' };
  if (!usage) {
    if (counted) return { usage: { tokens: counted }, measured: 'estimated' };
    return { usage: undefined, measured: delivered || finish ? 'estimated' : 'nothing' };
  }
  if (!counted?.output) return { usage, measured: 'reported' };
  const output = Math.max(counted.output, usage.tokens.output ?? 0);
  return { usage: { ...usage, tokens: { ...usage.tokens, output } }, measured: 'estimated' };
}

/** All the tokens of a usage, its parts' included. */
export function tokensOf({ tokens, parts }: Usage): Tokens {
  if (!parts) return tokens;
  const all: { -readonly [M in Meter]?: number } = { ...tokens };
  for (const part of parts) {
    for (const meter in part.tokens) all[meter as Meter] = (all[meter as Meter] ?? 0) + (part.tokens[meter as Meter] ?? 0);
  }
  return all;
}
