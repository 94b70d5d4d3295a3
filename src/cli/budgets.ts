import { type BudgetStanding, standingsOf } from '../limits/standings.ts';
import { formatUsd } from '../model/money.ts';
import { budgetStates, recountBudgets } from '../store/budgets.ts';
import { EXIT } from './exit.ts';
import { say, table } from './print.ts';
import { openLedger } from './read-ledger.ts';

interface BudgetsOptions {
  readonly recount?: boolean;
  readonly json?: boolean;
  readonly config?: string;
}

/** `headgate budgets`: how the configuration's budgets stand; those of keys are the admin API's to tell. */
export async function budgets({ recount = false, json = false, config: named }: BudgetsOptions, nowMs = Date.now()): Promise<number> {
  const open = await openLedger(named, recount);
  if (!open) return EXIT.failed;
  const { config, db } = open;
  try {
    if (recount) await recountBudgets(db, { nowMs, budgets: config.budgets });
    const standings = standingsOf(config.budgets, await budgetStates(db, { nowMs, budgets: [] }), nowMs);
    if (json) say(JSON.stringify(standings.map(plain), null, 2));
    else if (standings.length === 0) say('no budgets are configured, or nobody has spent of them in this period');
    else for (const line of table(['budget', 'spent', 'held', 'limit', 'until'], standings.map(cells))) say(line);
    return EXIT.ok;
  } finally {
    await db.close();
  }
}

const plain = ({ limit, spent, held, startMs, endMs, ...rest }: BudgetStanding) => ({
  ...rest,
  limitUsd: formatUsd(limit),
  spentUsd: formatUsd(spent),
  heldUsd: formatUsd(held),
  start: new Date(startMs).toISOString(),
  end: new Date(endMs).toISOString(),
});

const cells = ({ budget, value, limit, spent, held, endMs }: BudgetStanding): string[] => [
  value === '' ? budget : `${budget} (${value})`,
  `$${formatUsd(spent)}`,
  `$${formatUsd(held)}`,
  `$${formatUsd(limit)}`,
  new Date(endMs).toISOString(),
];
