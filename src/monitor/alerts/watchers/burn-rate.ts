import type { Alert } from '../../../policy/alerts/alert.ts';
import { type BurnPair, burning } from '../../../policy/alerts/burn-rate.ts';
import type { Tally } from '../../../policy/alerts/error-rate.ts';
import type { AlertRule } from '../../../policy/alerts/rules.ts';
import type { Change } from '../watcher.ts';
import { percentText } from '../words.ts';
import type { Judge } from './judge.ts';

/** Judges how fast the errors an objective allows are used up. */
export function burnJudge(rule: Extract<AlertRule, { rule: 'burn_rate' }>): Judge {
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
