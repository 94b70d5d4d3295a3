import type { Channel } from '../accounting/bill.ts';
import type { BudgetAccount } from '../accounting/charge.ts';
import { likelyPrice, type Sale, worstPrice } from '../accounting/estimate.ts';
import type { Pricer } from '../accounting/pricer.ts';
import type { UsageRecord } from '../accounting/record.ts';
import type { Asking } from '../lanes/lane.ts';
import { sizeOf } from '../lanes/size.ts';
import type { Target } from '../model/attempt.ts';
import type { ModelFacts } from '../model/facts.ts';
import type { Failure } from '../model/failure.ts';
import type { Ceilings } from '../model/limits.ts';
import { formatUsd, type Money } from '../model/money.ts';
import type { Size } from '../model/size.ts';
import { type Budget, type BudgetShare, sharesOf } from '../policy/budget.ts';
import type { Period } from '../policy/period.ts';
import type { Claim } from './lease.ts';

/** Where a call may go, as far as limits care. */
export interface Choice {
  readonly target: Target;
  readonly facts: ModelFacts;
}

/** A choice with what a call sent there may take. */
export interface Planned<C extends Choice> {
  readonly choice: C;
  readonly size: Size;
  /** The most an attempt costs; `null`: its model has no price. */
  readonly worst: Money | null;
  readonly entries: readonly Entry[];
}

/** An account that an attempt counts against. */
export interface Entry {
  readonly budget: Budget;
  readonly account: BudgetAccount;
  /** The most it adds to the account. */
  readonly amount: Money;
}

/** An answer whose length the caller leaves open is usually no longer. */
export const ANSWER_TOKENS = 1024;

/** Tokens an attempt will take, about: what paces count until it is over. */
export const likelyTokens = ({ inbound }: Asking, { inputTokens, outputTokensMax }: Size): number =>
  inputTokens.likely + Math.min(inbound.head.maxOutputTokens ?? ANSWER_TOKENS, outputTokensMax);

/** Choices by what they may take, or why the call may go to none of them. */
export function plan<C extends Choice>(
  choices: readonly C[],
  asking: Asking,
  rules: {
    readonly pricer: Pricer;
    readonly budgets: readonly Budget[];
    readonly ceilings: readonly Ceilings[];
    readonly periodOf: (budget: Budget) => Period;
    readonly nowMs: number;
    /** How it is bought; one by one unless told. */
    readonly channel?: Channel;
  },
): readonly Planned<C>[] | Failure {
  const { pricer, budgets, ceilings, periodOf, nowMs, channel = 'sync' } = rules;
  const { inbound, caller } = asking;
  // Asking for a count costs nothing.
  const counted = inbound.operation === 'count' ? [] : budgets;
  const sizes = new Map<ModelFacts, Size>();
  const planned: Planned<C>[] = [];
  let refusal: Failure | undefined;
  for (const choice of choices) {
    const { target, facts } = choice;
    const size = sizes.get(facts) ?? sizeOf(inbound, facts, target);
    sizes.set(facts, size);
    const sale: Sale = { provider: target.provider, model: target.model, channel, atMs: nowMs };
    const worst = worstPrice(pricer, size, sale);
    const shares = sharesOf(counted, { caller, requestedModel: inbound.head.model, model: target.model });
    const uncounted =
      worst === null ? shares.find(({ budget }) => budget.exceeded === 'block' && budget.onUnpriced === 'refuse') : undefined;
    const objection = uncounted
      ? unpriced(target, uncounted.budget)
      : tooMuch(asking, size, () => likelyPrice(pricer, size, sale), ceilings);
    if (objection) {
      refusal ??= objection;
      continue;
    }
    planned.push({ choice, size, worst, entries: entriesOf(shares, worst, periodOf) });
  }
  return planned.length > 0 || !refusal ? planned : refusal;
}

/** One entry an account: a key may bring a budget that the configuration has for it too, and then the smaller holds. */
function entriesOf(shares: readonly BudgetShare[], worst: Money | null, periodOf: (budget: Budget) => Period): Entry[] {
  const entries = new Map<string, Entry>();
  for (const { budget, value } of shares) {
    const key = `${budget.name}\n${value}`;
    const other = entries.get(key);
    if (other && other.budget.limit <= budget.limit) continue;
    const { startMs, endMs } = periodOf(budget);
    entries.set(key, { budget, account: { budget: budget.name, value, startMs, endMs }, amount: worst ?? assumed(budget) });
  }
  return [...entries.values()];
}

/** What a budget counts for an attempt without a price. */
export const assumed = ({ onUnpriced }: Budget): Money => (typeof onUnpriced === 'bigint' ? onUnpriced : (0n as Money));

/** What an attempt counts: its cost, so that what is spent is what the ledger says; where nobody knows that, what was set aside for it. */
export function chargeOf({ cost, costFloor, measured }: UsageRecord, budget: Budget, amount: Money): Money {
  if (cost !== null) return cost;
  const unknown = measured === 'reported' ? assumed(budget) : amount;
  return costFloor > unknown ? costFloor : unknown;
}

function unpriced({ provider, model }: Target, budget: Budget): Failure {
  const message = `model "${provider}/${model}" has no known price, so the budget "${budget.name}" cannot count it: write its prices, or set onUnpriced of the budget`;
  return { kind: 'overBudget', code: 'unpriced_model', message };
}

function tooMuch(asking: Asking, size: Size, price: () => Money | null, ceilings: readonly Ceilings[]): Failure | undefined {
  if (asking.inbound.operation === 'count') return undefined;
  const { inputTokens, outputTokensMax } = size;
  const tokens = inputTokens.likely + outputTokensMax;
  for (const { callTokensMax, callCostMax } of ceilings) {
    if (callTokensMax !== undefined && tokens > callTokensMax)
      return over(
        'call_too_large',
        `may take about ${inputTokens.likely} tokens of input and up to ${outputTokensMax} of output`,
        `${callTokensMax} tokens`,
      );
    const cost = callCostMax === undefined ? null : price();
    if (callCostMax !== undefined && cost !== null && cost > callCostMax)
      return over('call_too_dear', `may cost about $${formatUsd(cost)}`, `$${formatUsd(callCostMax)}`);
  }
  return undefined;
}

const over = (code: string, what: string, ceiling: string): Failure => ({
  kind: 'overBudget',
  code,
  message: `this call ${what}, and one call may take ${ceiling} at most: send less, or limit the answer (max tokens)`,
});

/** What to set aside so that an attempt at any of the choices is covered: one claim an account. */
export function claimsOf(planned: readonly Planned<Choice>[]): Claim[] {
  const claims = new Map<string, Claim>();
  for (const { entries } of planned) {
    for (const { budget, account, amount } of entries) {
      if (budget.exceeded === 'alert') continue;
      const key = `${account.budget}\n${account.value}`;
      const other = claims.get(key);
      claims.set(key, {
        account,
        scope: budget.scope,
        limit: other && other.limit < budget.limit ? other.limit : budget.limit,
        amount: other && other.amount > amount ? other.amount : amount,
      });
    }
  }
  return [...claims.values()];
}
