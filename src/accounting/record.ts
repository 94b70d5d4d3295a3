import type { FailureKind } from '../model/failure.ts';
import type { JsonObject } from '../model/json.ts';
import type { Money } from '../model/money.ts';
import type { DialectName } from '../model/part.ts';
import type { Tokens } from '../model/usage.ts';
import type { BillStatus, Channel } from './bill.ts';

/** One row of the ledger: one attempt, because an attempt is what a provider bills. */
export interface UsageRecord {
  readonly callId: string;
  /** Counts from 1 within the call. */
  readonly attempt: number;
  /** Whether the call ended with this one. */
  readonly last: boolean;
  readonly endedAtMs: number;
  readonly durationMs: number;
  /** From the start to the first byte of content, in milliseconds. */
  readonly firstContentMs?: number;
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
  readonly dialectIn: DialectName;
  readonly dialectOut: DialectName;
  readonly channel: Channel;
  /** Tier and region that served it, in the provider's words. */
  readonly tier?: string;
  readonly region?: string;
  readonly outcome: 'ok' | FailureKind;
  readonly tokens: Tokens;
  readonly reasoningTokens?: number;
  /** Server-side tool uses billed by the piece. */
  readonly fees?: { readonly [name: string]: number };
  /** Who counted the tokens: the provider or we, as when a stream breaks off; `nothing`: it failed before there were any. */
  readonly measured: 'reported' | 'estimated' | 'nothing';
  readonly status: BillStatus;
  /** `null` when some of it has no price: unknown is never zero. */
  readonly cost: Money | null;
  /** What it cost at the least: `cost`, or the part that has a price. */
  readonly costFloor: Money;
  /** The price book that priced it. */
  readonly priceVersion: string;
  /** Losses of its translation that a caller may notice. */
  readonly losses: number;
  /** The provider's own usage object, kept so that history can be priced again. */
  readonly wire?: JsonObject;
}
