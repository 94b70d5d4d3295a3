import type { UsageRecord } from '../../../accounting/record.ts';
import type { AlertRule } from '../../../policy/alerts/rules.ts';
import type { Watcher } from '../watcher.ts';
import { percentText } from '../words.ts';
import { conditions } from './conditions.ts';

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
