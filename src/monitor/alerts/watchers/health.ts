import type { UsageRecord } from '../../../accounting/record.ts';
import type { Alert } from '../../../policy/alerts/alert.ts';
import type { AlertRule } from '../../../policy/alerts/rules.ts';
import type { Change, Watcher } from '../watcher.ts';
import { percentText } from '../words.ts';

const DAY_MS = 86_400_000;

type Words = Pick<Alert, 'severity' | 'summary' | 'value' | 'threshold' | 'advice'>;

/** Opens and ends alerts of one rule as conditions begin and stop to hold, each known by what it is about. */
function conditions(rule: Pick<AlertRule, 'rule' | 'name'>) {
  const open = new Map<string, Alert>();
  const changes: Change[] = [];
  const idOf = (about: Alert['about']) => JSON.stringify(about);
  return {
    open,
    begin(about: Alert['about'], words: Words, atMs: number): void {
      if (open.has(idOf(about))) return;
      const alert: Alert = { rule: rule.rule, name: rule.name, about, period: '', contributors: [], ...words };
      open.set(idOf(about), alert);
      changes.push({ do: 'fire', level: 1, atMs, alert });
    },
    end(about: Alert['about'], summary: string, atMs: number): void {
      const alert = open.get(idOf(about));
      if (!alert) return;
      open.delete(idOf(about));
      changes.push({ do: 'resolve', closes: false, reason: 'recovered', atMs, alert: { ...alert, summary } });
    },
    take: (): readonly Change[] => changes.splice(0),
    adopt: (alert: Alert): void => void open.set(idOf(alert.about), alert),
  };
}

/** Calls whose cost is not known, by model; it ends when one is priced, or after a day without any. */
export function watchUnpriced(rule: Extract<AlertRule, { rule: 'unpriced' }>): Watcher {
  const found = conditions(rule);
  const lastMs = new Map<string, number>();
  return {
    hear(records) {
      for (const { provider, model, cost, outcome, endedAtMs, measured } of records) {
        const id = `${provider}/${model}`;
        if (cost === null) {
          lastMs.set(id, endedAtMs);
          found.begin(
            { model: id },
            {
              severity: 'warning',
              summary: `calls to ${id} have no price: what they cost is not in any sum`,
              value: 'unpriced',
              threshold: 'every call has a price',
              advice: `Add prices["${id}"] to the configuration, or update the price book (headgate prices check)`,
            },
            endedAtMs,
          );
        } else if (lastMs.size > 0 && outcome === 'ok' && measured !== 'nothing' && lastMs.delete(id)) {
          found.end({ model: id }, `calls to ${id} are priced again`, endedAtMs);
        }
      }
    },
    look(nowMs) {
      for (const [id, atMs] of lastMs) {
        if (nowMs - atMs < DAY_MS) continue;
        lastMs.delete(id);
        found.end({ model: id }, `no call to ${id} for a day`, nowMs);
      }
      return found.take();
    },
    adopt(alert, _, nowMs) {
      found.adopt(alert);
      lastMs.set(alert.about['model'] ?? '', nowMs);
    },
  };
}

/** Prices that nobody has checked for a long time. `checkedOn`: the oldest day any of those in use was checked, `2026-11-23`. */
export function watchStalePrices(rule: Extract<AlertRule, { rule: 'stale_prices' }>, checkedOn: () => string): Watcher {
  const found = conditions(rule);
  return {
    look(nowMs) {
      const days = Math.floor((nowMs - Date.parse(checkedOn())) / DAY_MS);
      if (days <= rule.days) found.end({}, 'prices were checked lately', nowMs);
      else {
        const words = { severity: 'warning', value: `${days} days`, threshold: `${rule.days} days` } as const;
        const summary = `some prices were last checked ${days} days ago, on ${checkedOn()}`;
        found.begin({}, { ...words, summary, advice: 'Update Headgate, or check the book: headgate prices check' }, nowMs);
      }
      return found.take();
    },
    adopt: (alert) => found.adopt(alert),
  };
}

/** The ledger's own trouble. `waiting`: how many rows wait to be written; undefined where nothing is kept. */
export function watchLedger(rule: Extract<AlertRule, { rule: 'ledger' }>, waiting: () => number | undefined): Watcher {
  const found = conditions(rule);
  const DROPPED_MS = 3_600_000;
  let droppedAtMs = Number.NEGATIVE_INFINITY;
  const advice = 'See to the disk or the database; calls go on meanwhile, and rows are kept as long as there is room (docs/operating.md)';
  return {
    notice(notice) {
      if (notice.type === 'ledger' && notice.state === 'failing') {
        const words = { severity: 'critical', value: 'failing', threshold: 'every row is written' } as const;
        found.begin({ trouble: 'writing' }, { ...words, summary: notice.message, advice }, notice.atMs);
      }
      if (notice.type === 'ledger' && notice.state === 'recovered') found.end({ trouble: 'writing' }, notice.message, notice.atMs);
      if (notice.type === 'ledgerDropped' || notice.type === 'ledgerDamaged') {
        droppedAtMs = notice.atMs;
        const words = { severity: 'critical', value: `${notice.count} rows`, threshold: 'none' } as const;
        const summary = `${notice.count} rows are not in the ledger: ${notice.message}`;
        found.begin({ trouble: 'lost' }, { ...words, summary, advice }, notice.atMs);
      }
    },
    look(nowMs) {
      if (nowMs - droppedAtMs >= DROPPED_MS) found.end({ trouble: 'lost' }, 'no row was lost for an hour', nowMs);
      const count = waiting() ?? 0;
      if (count > rule.waitingMax) {
        const words = { severity: 'error', value: `${count} rows`, threshold: `${rule.waitingMax} rows` } as const;
        found.begin({ trouble: 'lag' }, { ...words, summary: `${count} rows wait to be written to the ledger`, advice }, nowMs);
      } else if (count <= rule.waitingMax / 2) found.end({ trouble: 'lag' }, 'the ledger has caught up', nowMs);
      return found.take();
    },
    adopt(alert, _, nowMs) {
      found.adopt(alert);
      if (alert.about['trouble'] === 'lost') droppedAtMs = nowMs;
    },
  };
}

/** Recipients of alerts that take none. `failingSince`: since when each has taken none, by name, in milliseconds since 1970. */
export function watchUndelivered(
  rule: Extract<AlertRule, { rule: 'undelivered' }>,
  failingSince: () => ReadonlyMap<string, { readonly sinceMs: number; readonly message: string }>,
): Watcher {
  const found = conditions(rule);
  return {
    look(nowMs) {
      const failing = failingSince();
      for (const [recipient, { sinceMs, message }] of failing) {
        if (nowMs - sinceMs < rule.afterMs) continue;
        const minutes = Math.round((nowMs - sinceMs) / 60_000);
        const words = { severity: 'error', value: `${minutes} min`, threshold: `${Math.round(rule.afterMs / 60_000)} min` } as const;
        const summary = `${recipient} has taken no alert for ${minutes} min: ${message}`;
        found.begin({ recipient }, { ...words, summary, advice: `Look at notify.${recipient}; try it with: headgate alerts test` }, nowMs);
      }
      for (const { about } of found.open.values()) {
        if (!failing.has(about['recipient'] ?? '')) found.end(about, `${about['recipient']} takes alerts again`, nowMs);
      }
      return found.take();
    },
    adopt: (alert) => found.adopt(alert),
  };
}

/** The wall clock against the steady one: prices, days and budgets go by the wall clock. */
export function watchClock(rule: Extract<AlertRule, { rule: 'clock_skew' }>, elapsedMs: () => number, startMs: number): Watcher {
  const found = conditions(rule);
  let offsetMs = startMs - elapsedMs();
  let calmAtMs = Number.NEGATIVE_INFINITY;
  return {
    look(nowMs) {
      const jumpMs = nowMs - elapsedMs() - offsetMs;
      if (Math.abs(jumpMs) > rule.overMs) {
        offsetMs += jumpMs;
        calmAtMs = elapsedMs() + 3_600_000;
        const seconds = Math.round(Math.abs(jumpMs) / 1000);
        const words = { severity: 'warning', value: `${seconds} s`, threshold: `${rule.overMs / 1000} s` } as const;
        const summary = `this machine's clock was put ${seconds} s ${jumpMs > 0 ? 'forward' : 'back'}`;
        found.begin({}, { ...words, summary, advice: 'Keep it by NTP: days, prices and budgets go by the clock' }, nowMs);
      } else if (elapsedMs() >= calmAtMs) found.end({}, 'the clock has run evenly for an hour', nowMs);
      return found.take();
    },
    adopt(alert) {
      found.adopt(alert);
      calmAtMs = elapsedMs() + 3_600_000;
    },
  };
}

/** Answers that came without the provider's own count, by provider, hour by hour: their cost is an estimate. */
export function watchUsageMissing(rule: Extract<AlertRule, { rule: 'usage_missing' }>, startMs: number): Watcher {
  const HOUR_MS = 3_600_000;
  const ANSWERS_MIN = 20;
  const found = conditions(rule);
  const counts = new Map<string, { answers: number; missing: number }>();
  let hour = Math.floor(startMs / HOUR_MS);
  const isMissing = ({ measured }: UsageRecord) => measured === 'estimated';
  return {
    hear(records) {
      for (const record of records) {
        if (record.outcome !== 'ok') continue;
        const count = counts.get(record.provider) ?? { answers: 0, missing: 0 };
        count.answers += 1;
        if (isMissing(record)) count.missing += 1;
        counts.set(record.provider, count);
      }
    },
    look(nowMs) {
      const isOver = Math.floor(nowMs / HOUR_MS) > hour;
      for (const [provider, { answers, missing }] of counts) {
        const share = missing / answers;
        if (answers >= ANSWERS_MIN && share > rule.share) {
          const words = { severity: 'warning', value: percentText(share), threshold: percentText(rule.share) } as const;
          const summary = `${missing} of ${answers} answers of ${provider} came without usage; what they cost is estimated`;
          const advice = `Set providers.${provider}.includeUsage, or ask the provider why its streams hold no usage`;
          found.begin({ provider }, { ...words, summary, advice }, nowMs);
        } else if (isOver) found.end({ provider }, `answers of ${provider} came with usage for an hour`, nowMs);
      }
      if (isOver) {
        hour = Math.floor(nowMs / HOUR_MS);
        counts.clear();
      }
      return found.take();
    },
    adopt: (alert) => found.adopt(alert),
  };
}
