import { priceBook } from './accounting/prices/index.ts';
import type { UsageRecord } from './accounting/record.ts';
import type { Config } from './config/config.ts';
import type { Notices } from './model/notice.ts';
import { type Alerts, createAlerts } from './monitor/alerts/alerts.ts';
import type { Standings } from './monitor/alerts/watchers/budget.ts';
import type { Store } from './store/store.ts';
import { post } from './transport/post.ts';
import type { World } from './world/world.ts';

/** The alerts of a gateway, put together: the rules of its configuration, the database, the way to recipients. */
export interface Alerting {
  /** Hears of a call that is over, before its caller sees the end. */
  hear(records: readonly UsageRecord[]): void;
  reload(config: Config): void;
  close(): Promise<void>;
}

/** What alerts need of the rooms beside them. */
export interface AlertingRooms {
  readonly world: World;
  readonly notices: Notices;
  readonly store: Store | undefined;
  /** Fingerprints of each provider's keys, as notices tell them. */
  readonly keys: (config: Config) => ReadonlyMap<string, readonly string[]>;
  /** How budgets stand; absent: there are none. */
  readonly budgets?: Standings;
}

export function createAlerting(first: Config, { world, notices, store, keys, budgets = async () => [] }: AlertingRooms): Alerting {
  let config = first;
  let fingerprints = keys(first);
  let checkedOn = priceBook(first.prices).checkedOn;
  let alerts: Alerts | undefined;
  const begin = (from: NonNullable<Config['alerts']>): Alerts =>
    createAlerts({
      world,
      config: from,
      ...(store && { ask: store.ask }),
      books: store ? { ask: store.ask, usage: store.ledger.usage } : {},
      keys: () => fingerprints,
      budgets,
      pricesCheckedOn: () => checkedOn,
      waiting: () => store?.ledger.state.waiting,
      post,
      onNews({ type, rule, fingerprint, severity, summary }) {
        notices.tell({ type: 'alert', state: type, rule, alert: fingerprint, severity, summary });
      },
      onDead: (message) => notices.tell({ type: 'alertLost', message }),
    });
  if (config.alerts) alerts = begin(config.alerts);
  const stopHearing = notices.hear((notice) => {
    // What alerts tell of themselves is no news to them.
    if (notice.type !== 'alert' && notice.type !== 'alertLost') alerts?.notice(notice);
  });

  return {
    hear: (records) => alerts?.hear(records),
    reload(next) {
      config = next;
      fingerprints = keys(next);
      checkedOn = priceBook(next.prices).checkedOn;
      if (!config.alerts) {
        void alerts?.close();
        alerts = undefined;
      } else if (alerts) alerts.reload(config.alerts);
      else alerts = begin(config.alerts);
    },
    async close() {
      stopHearing();
      await alerts?.close();
    },
  };
}
