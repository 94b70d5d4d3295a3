import type { Failure } from '../model/failure.ts';
import { formatUsd, type Money } from '../model/money.ts';
import type { BudgetState } from '../store/budgets.ts';
import type { Claim } from './lease.ts';
import type { Wait } from './rates.ts';

const usd = (amount: bigint) => `$${formatUsd((amount < 0n ? 0n : amount) as Money)}`;

/** Too little is left of a budget. The value of its `*` is told to the one it is about. */
export function exceeded({ account, limit, amount }: Claim, { spent, held }: BudgetState): Failure {
  const whose = account.value === '' ? '' : ` for ${account.value}`;
  return {
    kind: 'overBudget',
    message:
      `the budget "${account.budget}"${whose} of ${usd(limit)} cannot cover this call, which may cost up to ${usd(amount)}: ` +
      `${usd(spent)} is spent and ${usd(held)} set aside for calls under way; it begins anew at ${new Date(account.endMs).toISOString()}`,
  };
}

/** Whether there is money left cannot be told: a budget that blocks lets nothing through unseen. */
export const unreachable = (reason: string): Failure => ({
  kind: 'limited',
  code: 'budget_backend_unavailable',
  message: `budgets cannot be checked at the moment (${reason}), and nothing is spent unchecked`,
  retryAfterMs: 2000,
});

export const slowDown = ({ name, of, perMinute, retryAfterMs }: Wait): Failure => ({
  kind: 'limited',
  message: `the limit of ${perMinute} ${of} per minute (${name.trim()}) is reached; try again in ${Math.ceil(retryAfterMs / 1000)} s`,
  retryAfterMs: Math.ceil(retryAfterMs),
});
