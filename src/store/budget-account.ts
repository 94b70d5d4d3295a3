import { type BudgetAccount, readCharges } from '../accounting/charge.ts';
import type { Money } from '../model/money.ts';
import { valuesOf } from '../policy/spender.ts';
import { MICRO } from './bucket-row.ts';
import type { BudgetState } from './budgets.ts';
import type { Database, Insert, Row, Value } from './database.ts';

/** Where accounts are opened; one that is there stays as it is. */
export const ACCOUNT: Insert = {
  table: 'budget_account',
  columns: { budget: 'text', value: 'text', start_ms: 'bigint', end_ms: 'bigint', spent: 'bigint', held: 'bigint', seeded: 'bigint' },
  key: ['budget', 'value', 'start_ms'],
  conflict: 'keep',
};

export const keyOf = ({ budget, value, startMs }: BudgetAccount): Value[] => [budget, value, startMs];

/** The one order accounts are locked in. */
export function inOrder(a: BudgetAccount, b: BudgetAccount): number {
  const [left, right] = a.budget !== b.budget ? [a.budget, b.budget] : [a.value, b.value];
  return left < right ? -1 : left > right ? 1 : a.startMs - b.startMs;
}

export const accountFrom = (row: Row): BudgetState => ({
  budget: row['budget'] as string,
  value: row['value'] as string,
  startMs: Number(row['start_ms']),
  endMs: Number(row['end_ms'] ?? 0),
  spent: BigInt(row['spent'] ?? 0) as Money,
  held: BigInt(row['held'] ?? 0) as Money,
});

type Scope = Readonly<Record<string, string>>;

const UNSEEDED = `update budget_account set seeded = 1
  where budget = $1 and value = $2 and start_ms = $3 and seeded = 0 returning spent`;
const HEARD_OF = 'insert into budget (name, since_ms) values ($1, $2) on conflict (name) do nothing';
const SINCE = 'select since_ms from budget where name = $1';

/** Counts what the ledger holds of the account's period from before its budget was there: once an account. */
export async function seed(within: Database, account: BudgetAccount, scope: Scope, nowMs: number): Promise<void> {
  const unseeded = await within.all(UNSEEDED, keyOf(account));
  if (unseeded.length === 0) return;
  await within.all(HEARD_OF, [account.budget, nowMs]);
  const [row] = await within.all(SINCE, [account.budget]);
  if (Number(row?.['since_ms']) > account.startMs) await recount(within, account, scope);
}

const SET = 'update budget_account set spent = $4 where budget = $1 and value = $2 and start_ms = $3';

/** Makes `spent` what the ledger says. The account must be there, and its row locked by this transaction. */
export async function recount(within: Database, account: BudgetAccount, scope: Scope): Promise<void> {
  await within.all(SET, [...keyOf(account), (await chargedTo(within, account)) + (await unchargedIn(within, account, scope))]);
}

const CHARGED = `select charges from usage_record where ended_ms >= $1 and charges like $2 escape '!'`;

/** What rows charge to the account. */
async function chargedTo(within: Database, account: BudgetAccount): Promise<bigint> {
  const isIts = (other: BudgetAccount) => keyOf(other).join('\n') === keyOf(account).join('\n');
  const rows = await within.all(CHARGED, [account.startMs, `%${mentioning(account)}%`]);
  const charges = rows.flatMap((row) => readCharges(row['charges'] as string));
  return charges.reduce((sum, charge) => (isIts(charge.account) ? sum + charge.amount : sum), 0n);
}

/** What rows of the account's period and scope cost that were written without heed of its budget. */
async function unchargedIn(within: Database, account: BudgetAccount, scope: Scope): Promise<bigint> {
  const params: Value[] = [account.startMs, account.startMs, account.endMs, `%${mentioning(account)}%`];
  const tags: [string, string][] = [];
  let sql = '';
  for (const [field, wanted] of Object.entries(valuesOf(scope, account.value))) {
    const column = COLUMN_OF[field];
    if (column === undefined) {
      tags.push([field.slice('tag:'.length), wanted]);
      continue;
    }
    params.push(wanted);
    sql += ` and ${column.replaceAll('?', `$${params.length}`)}`;
  }
  const rows = await within.all(
    `select tags, sum(cost_floor / ${MICRO}) as micro, sum(cost_floor % ${MICRO}) as pico
     from usage_record join usage_kind on id = kind
     where ended_ms >= $1 and ended_ms - duration_ms >= $2 and ended_ms - duration_ms < $3
     and (charges is null or charges not like $4 escape '!')${sql} group by tags`,
    params,
  );
  return rows
    .filter((row) => tags.every(([name, wanted]) => (tagsOf(row)[name] ?? '') === wanted))
    .reduce((sum, row) => sum + BigInt(row['micro'] ?? 0) * MICRO + BigInt(row['pico'] ?? 0), 0n);
}

const COLUMN_OF: Readonly<Record<string, string>> = {
  key: 'key_id = ?',
  feature: "coalesce(feature, '') = ?",
  user: "coalesce(user_id, '') = ?",
  model: '(model = ? or requested_model = ?)',
};

const tagsOf = (row: Row) => (row['tags'] === null ? {} : (JSON.parse(row['tags'] as string) as Record<string, string>));

/** How `writeCharges` begins a charge to the account's budget, as a pattern. */
const mentioning = ({ budget }: BudgetAccount): string => `[${JSON.stringify(budget)},`.replace(/[!%_]/g, '!$&');
