import type { Caller } from '../model/caller.ts';
import type { BudgetPeriod, KeyBudget } from '../model/key.ts';
import type { Money } from '../model/money.ts';

/** What a budget may be for; `tag:NAME` is one of the caller's tags. Empty: all calls together. */
export type BudgetScope = Readonly<Record<string, string>>;

export const SCOPE_FIELDS = ['key', 'feature', 'user', 'model'] as const;

/** A sum that calls of a scope may spend in a stretch of time. */
export interface Budget {
  /** Says scope, period and what it does; no two have the same. */
  readonly name: string;
  /** What a call must be to count, all of it; `*` gives every value a budget of its own. */
  readonly scope: BudgetScope;
  readonly limit: Money;
  readonly period: BudgetPeriod;
  /** Whose hours, days and months: an IANA name such as `Europe/Berlin`. */
  readonly timezone: string;
  /** `block`: a call that might exceed it is refused, so that it never is. `alert`: it is told of. */
  readonly exceeded: KeyBudget['exceeded'];
  /** What to do about a model without a price: refuse the call, let it through uncounted, or count this much for each attempt. */
  readonly onUnpriced: 'refuse' | 'allow' | Money;
}

/** The most a budget may be, four million dollars: what is spent and set aside is added up in 64 bits of picodollars. */
export const BUDGET_MAX = 4_000_000_000_000_000_000n as Money;

/** The name of a budget, unique among those of one configuration. */
export function budgetName({ scope, period, timezone, exceeded }: Pick<Budget, 'scope' | 'period' | 'timezone' | 'exceeded'>): string {
  const fields = Object.entries(scope).map(([field, value]) => `${field}=${value}`);
  return `${fields.join(',') || 'total'} per ${period}${timezone === 'UTC' ? '' : ` in ${timezone}`}${exceeded === 'alert' ? ', alert only' : ''}`;
}

/** One of a budget's sums: the values that stand for its scope's `*`, as `user=ann`; empty where it has none. */
export interface BudgetShare {
  readonly budget: Budget;
  readonly value: string;
}

/** Whose calls, and under which names their model goes: the one asked for, and the target's own. */
export interface Spender {
  readonly caller: Caller;
  readonly requestedModel: string;
  readonly model: string;
}

/**
 * The budgets an attempt counts against. Of those for the same fields and period, one that names a
 * value takes the place of one that says `*`: what is set for one feature is not also held to every feature's.
 */
export function sharesOf(budgets: readonly Budget[], spender: Spender): readonly BudgetShare[] {
  if (budgets.length === 0) return NONE;
  const shares = budgets.flatMap((budget) => shareOf(budget, spender) ?? []);
  return shares.filter(({ budget }) => shares.every((other) => !outranks(other.budget, budget)));
}

const NONE: readonly BudgetShare[] = [];

function shareOf(budget: Budget, spender: Spender): BudgetShare | undefined {
  let value = '';
  for (const field in budget.scope) {
    const wanted = budget.scope[field];
    const names = namesOf(field, spender);
    if (wanted !== '*') {
      if (!names.includes(wanted ?? '')) return undefined;
      continue;
    }
    value += `${value && ','}${field}=${names.at(-1)}`;
  }
  return { budget, value };
}

/** What a call is called in that field; one without a feature, user or tag has the empty name. */
function namesOf(field: string, { caller, requestedModel, model }: Spender): readonly string[] {
  switch (field) {
    case 'key':
      return [caller.key];
    case 'feature':
      return [caller.feature ?? ''];
    case 'user':
      return [caller.user ?? ''];
    case 'model':
      return [requestedModel, model];
    default:
      return [caller.tags?.[field.slice('tag:'.length)] ?? ''];
  }
}

function outranks(one: Budget, other: Budget): boolean {
  if (one.period !== other.period || one.exceeded !== other.exceeded) return false;
  const fields = Object.keys(one.scope);
  if (fields.length !== Object.keys(other.scope).length) return false;
  return (
    fields.every((field) => other.scope[field] === one.scope[field] || other.scope[field] === '*') &&
    fields.some((field) => other.scope[field] !== one.scope[field])
  );
}
