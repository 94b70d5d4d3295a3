import type { AlertRule } from '../../../policy/alerts/rules.ts';
import type { World } from '../../../world/world.ts';
import type { Books } from '../spending.ts';
import type { Watcher } from '../watcher.ts';
import { type Standings, watchBudgets } from './budget.ts';
import { watchCallTokens } from './call-tokens.ts';
import { watchClock } from './clock-skew.ts';
import { watchLedger } from './ledger.ts';
import { watchRates } from './rates.ts';
import { watchSpend } from './spend.ts';
import { watchStalePrices } from './stale-prices.ts';
import { watchUndelivered } from './undelivered.ts';
import { watchUnpriced } from './unpriced.ts';
import { type ProviderKeys, watchUpstreamAuth } from './upstream-auth.ts';
import { watchUsageMissing } from './usage-missing.ts';

/** What watchers look at besides calls and notices. */
export interface Sources {
  readonly world: World;
  readonly books: Books;
  readonly keys: ProviderKeys;
  readonly budgets: Standings;
  /** The oldest day any price in use was checked on, `2026-11-23`. */
  readonly pricesCheckedOn: () => string;
  /** Rows of the ledger that wait to be written; undefined where nothing is kept. */
  readonly waiting: () => number | undefined;
  readonly failingSince: Parameters<typeof watchUndelivered>[1];
}

/** The watcher of a rule, from now on. */
export function watcherOf(rule: AlertRule, { world, books, keys, budgets, pricesCheckedOn, waiting, failingSince }: Sources): Watcher {
  const nowMs = world.now();
  switch (rule.rule) {
    case 'daily_spend':
    case 'daily_anomaly':
      return watchSpend(rule, books, nowMs);
    case 'budget':
      return watchBudgets(rule, budgets);
    case 'call_tokens':
      return watchCallTokens(rule);
    case 'error_rate':
    case 'throttled':
    case 'burn_rate':
      return watchRates(rule, nowMs);
    case 'upstream_auth':
      return watchUpstreamAuth(rule, keys);
    case 'unpriced':
      return watchUnpriced(rule);
    case 'stale_prices':
      return watchStalePrices(rule, pricesCheckedOn);
    case 'ledger':
      return watchLedger(rule, waiting);
    case 'undelivered':
      return watchUndelivered(rule, failingSince);
    case 'clock_skew':
      return watchClock(rule, world.elapsed, nowMs);
    case 'usage_missing':
      return watchUsageMissing(rule, nowMs);
    default:
      return rule satisfies never;
  }
}
