import type { Caller } from './caller.ts';
import type { Ceilings, RateLimits } from './limits.ts';
import type { Money } from './money.ts';

/**
 * What a gateway key stands for: on whose account its calls go, what they may ask for and how much
 * they may take. Plain data, whether it was written in a configuration or kept in the database.
 */
export interface KeyTerms {
  /** Feature, user and tags its calls are charged to unless they say otherwise. */
  readonly feature?: string;
  readonly user?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Whether a call that names no feature is refused; absent: as the configuration says for all keys. */
  readonly featureRequired?: boolean;
  /** Absent: everything. */
  readonly scopes?: KeyScopes;
  /** Absent: no limits of its own. */
  readonly limits?: KeyLimits;
  /** From then on it opens nothing; milliseconds since 1970. */
  readonly expiresAtMs?: number;
}

/** What a key may ask for. Each scope that is absent allows everything of its kind. */
export interface KeyScopes {
  /** Names callers may give as `model`, as they write them; `*` stands for any text ([scopes.ts](../policy/scopes.ts)). */
  readonly models?: readonly string[];
  /** Features its calls may be charged to, with `*` as in `models`. A call without a feature is then refused. */
  readonly features?: readonly string[];
  readonly operations?: readonly KeyOperation[];
  /** What its calls may say of themselves, over what the key says. */
  readonly overrides?: readonly Override[];
}

/** An answer, the size of a question, vectors. */
export const KEY_OPERATIONS = ['generate', 'count', 'embed'] as const;
export type KeyOperation = (typeof KEY_OPERATIONS)[number];

/** What calls may say of themselves over what their key says. */
export const OVERRIDES = ['feature', 'user', 'tags'] as const satisfies readonly (keyof Caller)[];
export type Override = (typeof OVERRIDES)[number];

/** How much a key may take. Absent fields limit nothing. */
export interface KeyLimits extends RateLimits, Ceilings {
  readonly budgets?: readonly KeyBudget[];
}

/** A sum the calls of one key may spend in a stretch of time. */
export interface KeyBudget {
  readonly limit: Money;
  readonly period: BudgetPeriod;
  /** `block`: calls that could exceed it are refused. `alert`: they are told of. */
  readonly exceeded: 'block' | 'alert';
}

/** The most a budget may be, four million dollars: what is spent and set aside is added up in 64 bits of picodollars. */
export const BUDGET_MAX = 4_000_000_000_000_000_000n as Money;

/** Whether two budgets of one key would be one sum. */
export const sameSum = (one: KeyBudget, other: KeyBudget): boolean => one.period === other.period && one.exceeded === other.exceeded;

/** Stretches of time that a budget may be for. */
export const BUDGET_PERIODS = ['hour', 'day', 'month'] as const;
export type BudgetPeriod = (typeof BUDGET_PERIODS)[number];

/** A gateway key as callers' requests are judged by it. The secret itself is nowhere. */
export interface GatewayKey extends KeyTerms {
  /** Names it in the ledger, in logs and to the admin API. */
  readonly id: string;
  /** Lower-case hex digest of its secret. */
  readonly sha256: string;
}
