import type { Alert } from '../../../policy/alerts/alert.ts';
import { CALM, minuteOver, type RateJudgement, type RateState, rateHeard, type Tally } from '../../../policy/alerts/error-rate.ts';
import type { AlertRule } from '../../../policy/alerts/rules.ts';
import type { Change } from '../watcher.ts';
import { percentText } from '../words.ts';
import type { Judge } from './judge.ts';

/** Judges the share of attempts that failed within a window of minutes. */
export function rateJudge(rule: Extract<AlertRule, { rule: 'error_rate' | 'throttled' }>): Judge {
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
