import { pricesAgeDays } from '../../../accounting/age.ts';
import type { AlertRule } from '../../../policy/alerts/rules.ts';
import type { Watcher } from '../watcher.ts';
import { conditions } from './conditions.ts';

/** Prices that nobody has checked for a long time. `checkedOn`: the oldest day any of those in use was checked, `2026-11-23`. */
export function watchStalePrices(rule: Extract<AlertRule, { rule: 'stale_prices' }>, checkedOn: () => string): Watcher {
  const found = conditions(rule);
  return {
    look(nowMs) {
      const days = pricesAgeDays({ checkedOn: checkedOn() }, nowMs);
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
