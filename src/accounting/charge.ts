import type { Money } from '../model/money.ts';

/** One sum that is kept for a budget: of one period, and of one value where its scope says `*`. */
export interface BudgetAccount {
  /** The budget's name. */
  readonly budget: string;
  /** Such as `user=ann`; empty where the scope has no `*`. */
  readonly value: string;
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
}

/** What an attempt adds to an account. */
export interface Charge {
  readonly account: BudgetAccount;
  /** What it cost; where that is unknown, what was set aside for it or what the budget counts for it. */
  readonly amount: Money;
  /** Whose hold covers it; absent: nobody's, as with a soft budget. */
  readonly holder?: string;
}

/** Charges as text, for a column of the ledger. */
export const writeCharges = (charges: readonly Charge[]): string =>
  JSON.stringify(
    charges.map(({ account, amount, holder = null }) => [
      account.budget,
      account.value,
      account.startMs,
      account.endMs,
      String(amount),
      holder,
    ]),
  );

/** The charges of a text that `writeCharges` wrote. */
export const readCharges = (text: string): Charge[] =>
  (JSON.parse(text) as [string, string, number, number, string, string | null][]).map(
    ([budget, value, startMs, endMs, amount, holder]) => ({
      account: { budget, value, startMs, endMs },
      amount: BigInt(amount) as Money,
      ...(holder !== null && { holder }),
    }),
  );
