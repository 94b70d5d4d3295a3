import type { UsageRecord } from '../../../accounting/record.ts';
import { FAILURES } from '../../../model/failure.ts';
import type { Alert } from '../../../policy/alerts/alert.ts';
import { type BurnPair, burning } from '../../../policy/alerts/burn-rate.ts';
import { CALM, minuteOver, type RateJudgement, type RateState, rateHeard, type Tally } from '../../../policy/alerts/error-rate.ts';
import type { AlertRule } from '../../../policy/alerts/rules.ts';
import type { Change, Watcher } from '../watcher.ts';
import { percentText } from '../words.ts';

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

interface Judge {
  heard(provider: string, tally: Tally, nowMs: number): Change[];
  minuteOver(nowMs: number): Change[];
  adopt(provider: string): void;
}

function rateJudge(rule: Extract<AlertRule, { rule: 'error_rate' | 'throttled' }>): Judge {
  const { settings } = rule;
  const states = new Map<string, RateState>();
  const what = rule.rule === 'throttled' ? 'rate-limited' : 'failed';

  function alertOf(provider: string, { requests, errors }: Tally): Alert {
    const share = requests === 0 ? 0 : errors / requests;
    return {
      rule: rule.rule,
      name: rule.name,
      severity: rule.rule === 'throttled' ? 'warning' : 'critical',
      about: { provider },
      period: '',
      summary: `${errors} of ${requests} attempts at ${provider} ${what} within ${settings.windowMinutes} min`,
      value: `${percentText(share)} (${errors} of ${requests})`,
      threshold: `${percentText(settings.fireAbove)} of at least ${settings.requestsMin} attempts in ${settings.windowMinutes} min`,
      contributors: [],
      advice:
        rule.rule === 'throttled'
          ? 'Ask the provider for a higher limit, add a key, or send part of the traffic elsewhere (strategy: weighted)'
          : "Look at the provider's status page; give the routes that depend on it a second target",
    };
  }

  function take(provider: string, { state, change, window }: RateJudgement, atMs: number): Change[] {
    // A provider nobody calls and nothing is open about needs no memory.
    if (!state.open && state.running.requests === 0 && state.past.every(({ requests }) => requests === 0)) states.delete(provider);
    else states.set(provider, state);
    if (!change) return [];
    const alert = alertOf(provider, window);
    return change.type === 'firing'
      ? [{ do: 'fire', level: 1, atMs, alert }]
      : [{ do: 'resolve', closes: false, reason: 'recovered', atMs, alert }];
  }

  return {
    heard: (provider, tally, atMs) => take(provider, rateHeard(settings, states.get(provider) ?? CALM, tally), atMs),
    minuteOver: (atMs) => [...states].flatMap(([provider, state]) => take(provider, minuteOver(settings, state), atMs)),
    adopt: (provider) => void states.set(provider, { ...CALM, open: true }),
  };
}

function burnJudge(rule: Extract<AlertRule, { rule: 'burn_rate' }>): Judge {
  const { settings } = rule;
  const longest = Math.max(...settings.pairs.map(({ longMinutes }) => longMinutes));
  /** By provider: tallies of minutes, the running one last. */
  const minutes = new Map<string, Tally[]>();
  const open = new Set<string>();

  function alertOf(provider: string, pair: BurnPair | undefined): Alert {
    const { factor, longMinutes, shortMinutes } = pair ?? settings.pairs[0]!;
    return {
      rule: 'burn_rate',
      name: rule.name,
      severity: 'critical',
      about: { provider },
      period: '',
      summary: pair
        ? `${provider} fails ${factor} times more often than ${percentText(settings.objective)} success allows, over ${longMinutes} min and still over the last ${shortMinutes}`
        : `${provider} keeps to ${percentText(settings.objective)} success again`,
      value: pair ? `above ${percentText(Math.min(1, factor * (1 - settings.objective)))} failed` : 'within the objective',
      threshold: `${factor} × ${percentText(1 - settings.objective)} failed over ${longMinutes} min and ${shortMinutes} min`,
      contributors: [],
      advice: "Look at the provider's status page; give the routes that depend on it a second target",
    };
  }

  function judge(provider: string, atMs: number): Change[] {
    const pair = burning(settings, minutes.get(provider) ?? []);
    if ((pair !== undefined) === open.has(provider)) return [];
    const alert = alertOf(provider, pair);
    if (pair) {
      open.add(provider);
      return [{ do: 'fire', level: 1, atMs, alert }];
    }
    open.delete(provider);
    return [{ do: 'resolve', closes: false, reason: 'recovered', atMs, alert }];
  }

  return {
    heard(provider, tally, atMs) {
      const known = minutes.get(provider) ?? [];
      const { requests, errors } = known.pop() ?? { requests: 0, errors: 0 };
      known.push({ requests: requests + tally.requests, errors: errors + tally.errors });
      minutes.set(provider, known);
      // It ends only with a minute: within one, a few good answers would end it and a few bad ones begin it again.
      return open.has(provider) ? [] : judge(provider, atMs);
    },
    minuteOver(atMs) {
      for (const known of minutes.values()) {
        known.push({ requests: 0, errors: 0 });
        if (known.length > longest) known.shift();
      }
      return [...open].flatMap((provider) => judge(provider, atMs));
    },
    adopt: (provider) => void open.add(provider),
  };
}
