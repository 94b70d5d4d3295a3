import type { AlertRule } from '../../../policy/alerts/rules.ts';
import type { Watcher } from '../watcher.ts';
import { conditions } from './conditions.ts';

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
