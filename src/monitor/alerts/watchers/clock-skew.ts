import type { AlertRule } from '../../../policy/alerts/rules.ts';
import type { Watcher } from '../watcher.ts';
import { conditions } from './conditions.ts';

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
