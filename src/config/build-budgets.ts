import { BUDGET_MAX } from '../model/key.ts';
import { type Budget, budgetName } from '../policy/budget.ts';
import { isTimezone } from '../policy/period.ts';
import type { Scope } from '../policy/spender.ts';
import type { Complain } from './build-provider.ts';
import type { RateRule } from './config.ts';
import { present } from './present.ts';
import type { Written } from './schema.ts';

type WrittenBudget = NonNullable<Written['budgets']>[number];
type WrittenLimit = NonNullable<Written['limits']>[number];

/** The budgets of a configuration, each under a name of its own. */
export function buildBudgets(written: readonly WrittenBudget[], complain: Complain): Budget[] {
  const budgets = written.map((one, index) => buildBudget(one, index, complain));
  for (const [index, { name }] of budgets.entries()) {
    const first = budgets.findIndex((other) => other.name === name);
    if (first < index) complain(['budgets', index], `budgets[${index}] is for the same calls and period as budgets[${first}]: keep one`);
  }
  return budgets;
}

function buildBudget(
  { scope, limit, period, timezone = 'UTC', exceeded = 'block', onUnpriced = 'refuse' }: WrittenBudget,
  index: number,
  complain: Complain,
): Budget {
  const at = `budgets[${index}]`;
  if (limit > BUDGET_MAX) complain(['budgets', index, 'limit'], `${at}.limit must be at most $4000000`);
  if (!isTimezone(timezone))
    complain(['budgets', index, 'timezone'], `${at}.timezone must be the name of a time zone, such as "Europe/Berlin", got "${timezone}"`);
  const rule = { scope: buildScope(scope), limit, period, timezone, exceeded, onUnpriced };
  return { name: budgetName(rule), ...rule };
}

/** The rate limits of scopes. */
export const buildLimits = (written: readonly WrittenLimit[], complain: Complain): RateRule[] =>
  written.map(({ scope, ...limits }, index) => {
    if (limits.requestsPerMinute === undefined && limits.tokensPerMinute === undefined)
      complain(['limits', index], `limits[${index}] needs requestsPerMinute, tokensPerMinute or both`);
    return { scope: buildScope(scope), ...present(limits) };
  });

/** Tags become fields of their own: `{ tag: { team: blue } }` is `tag:team=blue`. */
function buildScope(written: WrittenBudget['scope']): Scope {
  if (written === undefined || written === 'total') return {};
  const { tag = {}, ...fields } = written;
  return { ...present(fields), ...Object.fromEntries(Object.entries(tag).map(([name, value]) => [`tag:${name}`, value])) };
}
