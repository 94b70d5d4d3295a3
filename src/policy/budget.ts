import type { BudgetPeriod, KeyBudget } from '../model/key.ts';
import type { Money } from '../model/money.ts';
import { matching, type Scope, type Spender } from './spender.ts';

/** A sum that calls of a scope may spend in a stretch of time. */
export interface Budget {
  /** Says scope, period and what it does; no two have the same. */
  readonly name: string;
  /** What a call must be to count, all of it; `*` gives every value a budget of its own. */
  readonly scope: Scope;
  readonly limit: Money;
  readonly period: BudgetPeriod;
  /** Whose hours, days and months: an IANA name such as `Europe/Berlin`. */
  readonly timezone: string;
  /** `block`: a call that might exceed it is refused, so that it never is. `alert`: it is told of. */
  readonly exceeded: KeyBudget['exceeded'];
  /** What to do about a model without a price: refuse the call, let it through uncounted, or count this much for each attempt. */
  readonly onUnpriced: 'refuse' | 'allow' | Money;
}

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

/**
 * The budgets an attempt counts against. Of those for the same fields and period, one that names a value
 * takes the place of one that says `*`: what is set for one feature is not also held to every feature's.
 */
export const sharesOf = (budgets: readonly Budget[], spender: Spender): readonly BudgetShare[] =>
  matching(budgets, spender, (one, other) => one.period === other.period && one.exceeded === other.exceeded).map(({ rule, value }) => ({
    budget: rule,
    value,
  }));
