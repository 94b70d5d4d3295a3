import type { Channel } from '../accounting/bill.ts';
import type { BudgetAccount, Charge } from '../accounting/charge.ts';
import { likelyPrice } from '../accounting/estimate.ts';
import type { Pricer } from '../accounting/pricer.ts';
import type { UsageRecord } from '../accounting/record.ts';
import type { Asking } from '../lanes/lane.ts';
import type { Caller } from '../model/caller.ts';
import type { Failure } from '../model/failure.ts';
import type { Ceilings } from '../model/limits.ts';
import type { Money } from '../model/money.ts';
import type { Budget } from '../policy/budget.ts';
import type { Period } from '../policy/period.ts';
import type { Ask } from '../store/ask.ts';
import type { World } from '../world/world.ts';
import { type Choice, chargeOf, plan } from './plan.ts';
import { exceeded, unreachable } from './refusals.ts';

/** Money for jobs: what all their calls may take is set aside before the first is made, and each row takes its part of that. */
export interface Funds {
  /** What one call may take there, or why it may not be made. Its accounts are those of `atMs`. */
  line(asking: Asking, choice: Choice, channel: Channel, atMs: number): LineFunds | Failure;
  /** Sets aside all of it, or says why not. */
  hold(job: string, wants: readonly Want[], expiresMs: number): Promise<Failure | undefined>;
  holderOf(job: string): string;
  charges(job: string, row: UsageRecord, wants: readonly Want[]): readonly Charge[];
}

interface LineFunds {
  readonly inputTokens: number;
  /** About the most it costs; null where its model has no price. */
  readonly likely: Money | null;
  readonly wants: readonly Want[];
}

interface Want {
  readonly account: BudgetAccount;
  readonly scope: Readonly<Record<string, string>>;
  readonly limit: bigint;
  readonly amount: Money;
  readonly soft: boolean;
}

/** After its calls have expired a job may still collect answers. */
const AFTER_MS = 86_400_000;

export function createFunds(rooms: {
  readonly ask?: Ask;
  readonly world: World;
  rulesFor(caller: Caller): {
    readonly pricer: Pricer;
    readonly budgets: readonly Budget[];
    readonly ceilings: readonly Ceilings[];
    readonly periodAt: (budget: Budget, atMs: number) => Period;
  };
}): Funds {
  const { ask, world, rulesFor } = rooms;
  const byName = new Map<string, Budget>();
  const holderOf = (job: string) => `job:${job}`;
  return {
    line(asking, choice, channel, atMs) {
      const { periodAt, ...rules } = rulesFor(asking.caller);
      const planned = plan([choice], asking, { ...rules, channel, periodOf: (budget) => periodAt(budget, atMs), nowMs: atMs });
      if ('kind' in planned) return planned;
      const [{ size, entries }] = planned as [(typeof planned)[number]];
      const { provider, model } = choice.target;
      return {
        inputTokens: size.inputTokens.likely,
        likely: likelyPrice(rules.pricer, size, { provider, model, channel, atMs }),
        wants: entries.map(({ budget, account, amount }) => {
          byName.set(budget.name, budget);
          return { account, scope: budget.scope, limit: budget.limit, amount, soft: budget.exceeded === 'alert' };
        }),
      };
    },
    async hold(job, wants, expiresMs) {
      if (wants.length === 0) return undefined;
      if (!ask) return unreachable('no ledger is kept');
      try {
        const held = await ask('holdBudgets', {
          holder: holderOf(job),
          wants: wants.map(({ account, scope, limit, amount }) => ({ account, scope, limit, need: amount, welcome: amount })),
          expiresMs: expiresMs + AFTER_MS,
          nowMs: world.now(),
        });
        if (!('short' in held)) return undefined;
        const { short } = held;
        const want = wants.find(
          ({ account }) => account.budget === short.budget && account.value === short.value && account.startMs === short.startMs,
        );
        return exceeded(want ?? wants[0]!, short);
      } catch (error) {
        return unreachable(error instanceof Error ? error.message : String(error));
      }
    },
    holderOf,
    charges: (job, row, wants) =>
      wants.flatMap(({ account, amount, soft }) => {
        const budget = byName.get(account.budget);
        return budget ? [{ account, amount: chargeOf(row, budget, amount), ...(!soft && { holder: holderOf(job) }) }] : [];
      }),
  };
}
