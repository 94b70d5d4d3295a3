import type { BudgetAccount, Charge } from '../accounting/charge.ts';
import type { Money } from '../model/money.ts';
import { ACCOUNT, accountFrom, inOrder, keyOf, recount, seed } from './budget-account.ts';
import type { Database, Row } from './database.ts';

/*
 * Every change locks its account's row first and its holds after it, accounts in one order: two processes
 * can then wait for each other, but never both at once.
 */

/** What one holder needs of one account. */
export interface Want {
  readonly account: BudgetAccount;
  /** The budget's scope, for what the ledger holds from before the budget was there. */
  readonly scope: Readonly<Record<string, string>>;
  readonly limit: bigint;
  /** Without this much nothing is set aside. */
  readonly need: bigint;
  /** This much is welcome; less is given where little is left, so that others find something too. */
  readonly welcome: bigint;
}

export interface HoldInput {
  readonly holder: string;
  readonly wants: readonly Want[];
  /** When the holds let go by themselves; an earlier moment than they had changes nothing. */
  readonly expiresMs: number;
  readonly nowMs: number;
}

/** What was set aside, want by want; or the first account with too little left, and then nothing was. */
export type Held = { readonly granted: readonly Grant[] } | { readonly short: BudgetState };

export interface Grant {
  readonly amount: bigint;
  /** Neither spent nor set aside by anybody, after this. */
  readonly left: bigint;
}

/** An account as it stands. */
export interface BudgetState extends BudgetAccount {
  readonly spent: Money;
  /** Set aside by whoever has calls under way, and by what they keep ready for the next. */
  readonly held: Money;
}

/** No account may give more than this share of what is left beyond what is needed at once. */
const SHARE = 8n;

const TAKE = `update budget_account set held = held + $1
  where budget = $2 and value = $3 and start_ms = $4 and held + $1 <= $5 - spent returning spent, held`;

const KEEP = `insert into budget_hold (budget, value, start_ms, holder, amount, expires_ms) values ($1, $2, $3, $4, $5, $6)
  on conflict (budget, value, start_ms, holder) do update set amount = budget_hold.amount + excluded.amount,
  expires_ms = case when excluded.expires_ms > budget_hold.expires_ms then excluded.expires_ms else budget_hold.expires_ms end`;

/** Sets money aside in every account, or in none. */
export async function holdBudgets(db: Database, { holder, wants, expiresMs, nowMs }: HoldInput): Promise<Held> {
  const granted = new Map<Want, Grant>();
  try {
    await db.transaction(async (within) => {
      for (const want of wants.toSorted((a, b) => inOrder(a.account, b.account))) {
        await open(within, want, nowMs);
        const grant = await take(within, want, nowMs);
        granted.set(want, grant);
        await within.all(KEEP, [...keyOf(want.account), holder, grant.amount, expiresMs]);
      }
    });
  } catch (error) {
    if (error instanceof Short) return { short: error.state };
    throw error;
  }
  return { granted: wants.map((want) => granted.get(want)!) };
}

/** Rolls the other accounts back. */
class Short extends Error {
  readonly state: BudgetState;
  constructor(state: BudgetState) {
    super('too little is left');
    this.state = state;
  }
}

/** Sees to it that the account is there and holds what was spent before. */
async function open(within: Database, { account, scope }: Want, nowMs: number): Promise<void> {
  await within.insert(ACCOUNT, [[...keyOf(account), account.endMs, 0, 0, 0]]);
  await seed(within, account, scope, nowMs);
}

async function take(within: Database, want: Want, nowMs: number): Promise<Grant> {
  const { account, limit, need, welcome } = want;
  const { spent, held } = await stateOf(within, account);
  const share = (limit - spent - held) / SHARE;
  const generous = welcome < share ? welcome : share;
  // Another process may have taken of it since it was read: then what is needed at once will do.
  const grant = (generous > need && (await taken(within, want, generous))) || (await taken(within, want, need));
  if (grant) return grant;
  await within.all(LOCK, keyOf(account));
  await dropExpired(within, account, nowMs);
  const last = await taken(within, want, need);
  if (last) return last;
  throw new Short(await stateOf(within, account));
}

async function taken(within: Database, { account, limit }: Want, amount: bigint): Promise<Grant | undefined> {
  const [row] = await within.all(TAKE, [amount, ...keyOf(account), limit]);
  return row && { amount, left: limit - BigInt(row['spent'] ?? 0) - BigInt(row['held'] ?? 0) };
}

const READ = 'select * from budget_account where budget = $1 and value = $2 and start_ms = $3';

async function stateOf(within: Database, account: BudgetAccount): Promise<BudgetState> {
  const [row] = await within.all(READ, keyOf(account));
  return row ? accountFrom(row) : { ...account, spent: 0n as Money, held: 0n as Money };
}

export interface ReleaseInput {
  readonly holder: string;
  readonly amounts: readonly { readonly account: BudgetAccount; readonly amount: bigint }[];
}

/** Gives back what was set aside and is not needed. What has expired meanwhile is given back already. */
export async function releaseBudgets(db: Database, { holder, amounts }: ReleaseInput): Promise<void> {
  await db.transaction(async (within) => {
    for (const { account, amount } of amounts.toSorted((a, b) => inOrder(a.account, b.account))) {
      await lessen(within, account, holder, amount);
    }
  });
}

const LOCK = 'update budget_account set held = held where budget = $1 and value = $2 and start_ms = $3';
const LESSEN_HOLD = 'update budget_hold set amount = amount - $5 where budget = $1 and value = $2 and start_ms = $3 and holder = $4';
const LESSEN = 'update budget_account set held = held - $4 where budget = $1 and value = $2 and start_ms = $3';

/** A hold may fall below nothing, when a call took more than was set aside for it: its holder owes the rest. */
async function lessen(within: Database, account: BudgetAccount, holder: string, amount: bigint): Promise<void> {
  await within.all(LOCK, keyOf(account));
  const [changed] = await within.many(LESSEN_HOLD, [[...keyOf(account), holder, amount]]);
  if (changed) await within.all(LESSEN, [...keyOf(account), amount]);
}

const RENEW = 'update budget_hold set expires_ms = $2 where holder = $1 and expires_ms < $2 and expires_ms >= $3';

/** The holder is still there: none of its holds lets go before `expiresMs`. */
export async function renewHolds(db: Database, input: { holder: string; expiresMs: number; nowMs: number }): Promise<void> {
  await db.all(RENEW, [input.holder, input.expiresMs, input.nowMs]);
}

const EXPIRED = 'select distinct budget, value, start_ms from budget_hold where expires_ms < $1';
const DROP = 'delete from budget_hold where budget = $1 and value = $2 and start_ms = $3 and expires_ms < $4 returning amount';
const FORGET = 'delete from budget_account where end_ms < $1 and held = 0';
const KEPT_MS = 400 * 86_400_000;

/** Lets go of what the dead have set aside, and forgets periods over for more than a year. */
export async function sweepHolds(db: Database, { nowMs }: { readonly nowMs: number }): Promise<void> {
  await db.transaction(async (within) => {
    const expired = (await within.all(EXPIRED, [nowMs])).map(accountFrom);
    for (const account of expired.toSorted(inOrder)) {
      await within.all(LOCK, keyOf(account));
      await dropExpired(within, account, nowMs);
    }
    await within.all(FORGET, [nowMs - KEPT_MS]);
  });
}

/** The account's row must be locked. */
async function dropExpired(within: Database, account: BudgetAccount, nowMs: number): Promise<void> {
  const dropped = await within.all(DROP, [...keyOf(account), nowMs]);
  const amount = dropped.reduce((sum, row) => sum + BigInt(row['amount'] ?? 0), 0n);
  if (dropped.length > 0) await within.all(LESSEN, [...keyOf(account), amount]);
}

/** Sums stop growing here, short of leaving 64 bits. */
const SPENT_MAX = 9_000_000_000_000_000_000n;
const SPEND = `insert into budget_account (budget, value, start_ms, end_ms, spent, held, seeded) values ($1, $2, $3, $4, $5, 0, 0)
  on conflict (budget, value, start_ms) do update
  set spent = case when budget_account.spent > ${SPENT_MAX} - excluded.spent then ${SPENT_MAX} else budget_account.spent + excluded.spent end`;

/** Adds what rows charge to their accounts and takes it from the holds that cover it: part of writing the rows. */
export async function chargeBudgets(within: Database, charges: readonly Charge[]): Promise<void> {
  for (const account of added(charges).toSorted((a, b) => inOrder(a.account, b.account))) {
    const { spent, byHolder } = account;
    await within.all(SPEND, [...keyOf(account.account), account.account.endMs, spent < SPENT_MAX ? spent : SPENT_MAX]);
    for (const [holder, amount] of byHolder) await lessen(within, account.account, holder, amount);
  }
}

function added(charges: readonly Charge[]) {
  const sums = new Map<string, { account: BudgetAccount; spent: bigint; byHolder: Map<string, bigint> }>();
  for (const { account, amount, holder } of charges) {
    const key = keyOf(account).join('\n');
    const sum = sums.get(key) ?? { account, spent: 0n, byHolder: new Map<string, bigint>() };
    sum.spent += amount;
    if (holder !== undefined) sum.byHolder.set(holder, (sum.byHolder.get(holder) ?? 0n) + amount);
    sums.set(key, sum);
  }
  return [...sums.values()];
}

/** Makes every account of periods that are not over say what the ledger's rows say. */
export async function recountBudgets(
  db: Database,
  input: { readonly nowMs: number; readonly budgets: readonly { readonly name: string; readonly scope: Want['scope'] }[] },
): Promise<void> {
  for (const account of (await db.all(STATES, [input.nowMs])).map(accountFrom)) {
    const budget = input.budgets.find(({ name }) => name === account.budget);
    if (!budget) continue;
    await db.transaction(async (within) => {
      await within.all(LOCK, keyOf(account));
      await recount(within, account, budget.scope);
    });
  }
}

const STATES = 'select * from budget_account where end_ms > $1 order by budget, value, start_ms';

/** Accounts of periods that are not over, those of `budgets` counted from their period's start. */
export async function budgetStates(
  db: Database,
  input: { readonly nowMs: number; readonly budgets: readonly { readonly name: string; readonly scope: Want['scope'] }[] },
): Promise<BudgetState[]> {
  const scopes = new Map(input.budgets.map(({ name, scope }) => [name, scope]));
  const unseeded = (row: Row) => Number(row['seeded']) === 0 && scopes.has(row['budget'] as string);
  const rows = await db.all(STATES, [input.nowMs]);
  if (!rows.some(unseeded)) return rows.map(accountFrom);
  return db.transaction(async (within) => {
    for (const row of rows.filter(unseeded)) await seed(within, accountFrom(row), scopes.get(row['budget'] as string) ?? {}, input.nowMs);
    return (await within.all(STATES, [input.nowMs])).map(accountFrom);
  });
}
