import type { AlertRule } from '../../../policy/alerts/rules.ts';
import type { Watcher } from '../watcher.ts';
import { watchedName } from '../words.ts';
import { conditions } from './conditions.ts';

const DAY_MS = 86_400_000;

/** Calls whose cost is not known, by model; it ends when one is priced, or after a day without any. */
export function watchUnpriced(rule: Extract<AlertRule, { rule: 'unpriced' }>): Watcher {
  const found = conditions(rule);
  const lastMs = new Map<string, number>();
  return {
    hear(records) {
      for (const { provider, model, cost, outcome, endedAtMs, measured } of records) {
        const own = `${provider}/${model}`;
        if (cost === null) {
          const id = watchedName(own, lastMs);
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
        } else if (lastMs.size > 0 && outcome === 'ok' && measured !== 'nothing' && lastMs.delete(own)) {
          found.end({ model: own }, `calls to ${own} are priced again`, endedAtMs);
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
