import type { UsageRecord } from '../../../accounting/record.ts';
import { FAILURES } from '../../../model/failure.ts';
import type { AlertRule } from '../../../policy/alerts/rules.ts';
import type { Change, Watcher } from '../watcher.ts';
import { burnJudge } from './burn-rate.ts';
import { rateJudge } from './error-rate.ts';

type Rule = Extract<AlertRule, { rule: 'error_rate' | 'throttled' | 'burn_rate' }>;

const MINUTE_MS = 60_000;

/** What of an attempt counts: what speaks against the provider, or its limits. What a caller did wrong is neither. */
const COUNTS = {
  error_rate: ({ outcome }: UsageRecord) => outcome !== 'ok' && FAILURES[outcome].trips,
  throttled: ({ outcome }: UsageRecord) => outcome === 'throttled',
  burn_rate: ({ outcome }: UsageRecord) => outcome !== 'ok' && FAILURES[outcome].trips,
} as const satisfies Record<Rule['rule'], (record: UsageRecord) => boolean>;

/** Watches each provider's share of failed attempts, minute by minute. */
export function watchRates(rule: Rule, startMs: number): Watcher {
  const counts = COUNTS[rule.rule];
  const judge = rule.rule === 'burn_rate' ? burnJudge(rule) : rateJudge(rule);
  const heard = new Map<string, { requests: number; errors: number }>();
  let minute = Math.floor(startMs / MINUTE_MS);

  return {
    hear(records) {
      for (const record of records) {
        let tally = heard.get(record.provider);
        if (!tally) {
          tally = { requests: 0, errors: 0 };
          heard.set(record.provider, tally);
        }
        tally.requests += 1;
        if (counts(record)) tally.errors += 1;
      }
    },
    look(nowMs) {
      const changes: Change[] = [];
      // What came is counted to the minute that ran when it did; asked twice a second, that is nearly so.
      for (const [provider, tally] of heard) changes.push(...judge.heard(provider, tally, nowMs));
      heard.clear();
      const now = Math.floor(nowMs / MINUTE_MS);
      // After a long sleep the minutes slept through are as many empty ones, beyond the longest window they say nothing.
      minute = Math.max(minute, now - 400);
      for (; minute < now; minute += 1) changes.push(...judge.minuteOver(nowMs));
      return changes;
    },
    adopt({ about }) {
      judge.adopt(about['provider'] ?? '');
    },
  };
}
