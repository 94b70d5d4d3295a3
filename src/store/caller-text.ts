import type { Caller } from '../model/caller.ts';
import type { KeyLimits } from '../model/key.ts';
import type { Money } from '../model/money.ts';

/** A caller as JSON; money as its digits, which JSON's numbers could not hold. */
export const callerText = (caller: Caller): string => JSON.stringify(caller, digits);

export function callerFrom(text: string): Caller {
  const { limits, ...caller } = JSON.parse(text) as Omit<Caller, 'limits'> & { readonly limits?: WrittenLimits };
  return limits ? { ...caller, limits: limitsFrom(limits) } : caller;
}

/** For `JSON.stringify`: money as its digits. */
export const digits = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

export type WrittenLimits = Omit<KeyLimits, 'callCostMax' | 'budgets'> & {
  readonly callCostMax?: string;
  readonly budgets?: readonly (Omit<NonNullable<KeyLimits['budgets']>[number], 'limit'> & { readonly limit: string })[];
};

export const limitsFrom = ({ callCostMax, budgets, ...counts }: WrittenLimits): KeyLimits => ({
  ...counts,
  ...(callCostMax !== undefined && { callCostMax: BigInt(callCostMax) as Money }),
  ...(budgets && { budgets: budgets.map((budget) => ({ ...budget, limit: BigInt(budget.limit) as Money })) }),
});
