import { type Money, zero } from '../model/money.ts';
import type { Budget } from '../policy/budget.ts';
import { periodAt } from '../policy/period.ts';
import type { Ask } from '../store/ask.ts';
import type { BudgetState } from '../store/budgets.ts';
import type { World } from '../world/world.ts';

/** How a budget stands in its current period, one for each value where its scope says `*`. */
export interface BudgetStanding {
  /** Its name. */
  readonly budget: string;
  /** Such as `user=ann`; empty where it is not kept by value. */
  readonly value: string;
  readonly scope: Budget['scope'];
  readonly exceeded: Budget['exceeded'];
  readonly limit: Money;
  readonly spent: Money;
  /** Set aside for calls under way, and kept ready by gateways for the next. */
  readonly held: Money;
  readonly startMs: number;
  /** Exclusive: then it begins anew. */
  readonly endMs: number;
}

export interface Standings {
  /** As the store has them now: what is booked and not yet written is still in `held`. */
  read(): Promise<readonly BudgetStanding[]>;
  /** As of a few seconds ago. The first look finds none. */
  recent(): readonly BudgetStanding[];
}

/** Budgets as accounts of the store say; those that nobody has spent of yet have none. */
export const standingsOf = (budgets: readonly Budget[], states: readonly BudgetState[], nowMs: number): BudgetStanding[] =>
  budgets.flatMap(({ name, period, timezone, scope, exceeded, limit }) => {
    const { startMs, endMs } = periodAt(period, timezone, nowMs);
    const own = states.filter((state) => state.budget === name && state.startMs === startMs);
    const shown = own.length === 0 && !Object.values(scope).includes('*') ? [{ value: '', spent: zero, held: zero }] : own;
    return shown.map(({ value, spent, held }) => ({ budget: name, value, scope, exceeded, limit, spent, held, startMs, endMs }));
  });

const RECENT_MS = 5000;

/** `budgets`: those to look up, in the order to show. */
export function createStandings({ ask, world }: { ask: Ask; world: World }, budgets: () => readonly Budget[]): Standings {
  let known: readonly BudgetStanding[] = [];
  let readAtMs = Number.NEGATIVE_INFINITY;

  async function read(): Promise<readonly BudgetStanding[]> {
    readAtMs = world.elapsed();
    const nowMs = world.now();
    const all = budgets();
    const states = all.length === 0 ? [] : await ask('budgetStates', { nowMs, budgets: all.map(({ name, scope }) => ({ name, scope })) });
    known = standingsOf(all, states, nowMs);
    return known;
  }

  return {
    read,
    recent() {
      // A look that fails leaves what was known; the ledger tells of its own trouble.
      if (world.elapsed() - readAtMs > RECENT_MS) void read().catch(() => undefined);
      return known;
    },
  };
}
