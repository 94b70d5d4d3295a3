import type { Money } from '../../model/money.ts';

/** How far a budget is used: 0, then one more for each share reached, in order, and one more when it is exceeded. */
export type BudgetLevel = number;

/** Shares of the limit that are told of, in percent and rising. */
export const DEFAULT_PERCENTS = [50, 80, 100] as const;

/** What a budget's new standing is worth telling. */
export type BudgetChange =
  | { readonly type: 'exceeded' }
  | { readonly type: 'reached'; readonly percent: number }
  | { readonly type: 'resolved'; readonly reason: 'limit_raised' };

/** What is remembered of a budget's period: the highest level told of, and whether that is still so. */
export interface BudgetAlert {
  readonly level: BudgetLevel;
  readonly open: boolean;
}

/** A period nothing was told of. */
export const UNTOLD: BudgetAlert = { level: 0, open: false };

/**
 * The one thing to tell of a budget since `before`: only the strongest of what was crossed at once. A share is reached
 * at or above it; the limit is exceeded strictly above it. What was told ends with its period or when the limit is
 * raised; a correction that takes spend back ends nothing, and what it takes back may be spent again without a word.
 */
export function judgeBudget(
  percents: readonly number[],
  before: BudgetAlert,
  { spent, limit, limitBefore = limit }: { readonly spent: Money; readonly limit: Money; readonly limitBefore?: Money },
): BudgetAlert & { readonly change?: BudgetChange } {
  const reached = spent > 0n ? percents.filter((percent) => spent * 100n >= limit * BigInt(percent)).length : 0;
  const level = spent > limit ? percents.length + 1 : reached;
  if (level < before.level && limit > limitBefore)
    return { level, open: false, ...(before.open && { change: { type: 'resolved', reason: 'limit_raised' } }) };
  if (level <= before.level) return before;
  return { level, open: true, change: level > percents.length ? { type: 'exceeded' } : { type: 'reached', percent: percents[level - 1]! } };
}

/** When the limit is passed if spending goes on as it did so far; undefined: not within the period. */
export function exceededAtMs(
  { spent, limit, startMs, endMs }: { readonly spent: Money; readonly limit: Money; readonly startMs: number; readonly endMs: number },
  nowMs: number,
): number | undefined {
  // A period that has hardly begun says nothing of how it will go on.
  if (spent <= 0n || nowMs - startMs < (endMs - startMs) / 20) return undefined;
  const atMs = startMs + Number((BigInt(Math.round(nowMs - startMs)) * limit) / spent);
  return atMs < endMs ? Math.max(atMs, nowMs) : undefined;
}
