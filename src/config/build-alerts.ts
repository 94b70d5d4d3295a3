import { DEFAULT_PERCENTS } from '../policy/alerts/budget.ts';
import { DEFAULT_BURN_PAIRS } from '../policy/alerts/burn-rate.ts';
import { DEFAULT_DAILY_ANOMALY } from '../policy/alerts/daily-anomaly.ts';
import { DEFAULT_DAILY_SPEND } from '../policy/alerts/daily-spend.ts';
import { DEFAULT_ERROR_RATE, DEFAULT_THROTTLE_RATE, type ErrorRate } from '../policy/alerts/error-rate.ts';
import { decimalFraction } from '../policy/alerts/fraction.ts';
import type { AlertsConfig, RecipientConfig } from '../policy/alerts/recipients.ts';
import type { AlertRule } from '../policy/alerts/rules.ts';
import { REMIND_MS } from '../policy/alerts/upstream-auth.ts';
import { isTimezone } from '../policy/period.ts';
import type { Complain } from './build-provider.ts';
import type { Path } from './interpolate.ts';
import { didYouMean } from './nearest.ts';
import { pathText } from './problems.ts';
import type { Written } from './schema.ts';

type WrittenRule = Exclude<NonNullable<Written['alerts']>, 'off'>[number];
type WrittenRecipient = NonNullable<Written['notify']>[string];

/** Watched for unless alerts are off: what is wrong whoever runs the gateway. */
const ALWAYS = [
  ...['upstream_auth', 'budget', 'unpriced', 'stale_prices', 'ledger', 'undelivered', 'clock_skew', 'usage_missing'],
] as const as readonly (
  | 'upstream_auth'
  | 'budget'
  | 'unpriced'
  | 'stale_prices'
  | 'ledger'
  | 'undelivered'
  | 'clock_skew'
  | 'usage_missing'
)[];

const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';
const DAY_MS = 86_400_000;

/** Rules and recipients with their defaults; undefined when alerts are off. */
export function buildAlerts(written: Pick<Written, 'alerts' | 'alertDefaults' | 'notify'>, complain: Complain): AlertsConfig | undefined {
  if (written.alerts === 'off') return undefined;
  const given = written.alerts ?? [];
  const { timezone = 'UTC', link, giveUpAfter = DAY_MS } = written.alertDefaults ?? {};
  checkTimezone(timezone, ['alertDefaults', 'timezone'], complain);
  const recipients = new Map(Object.entries(written.notify ?? {}).map(([name, one]) => [name, buildRecipient(one)]));
  if (recipients.has('log')) complain(['notify', 'log'], 'notify.log must have another name: the log hears of every alert anyway');
  const always = ALWAYS.filter((rule) => !given.some((one) => one.rule === rule)).map((rule): WrittenRule => ({ rule }));
  const rules = [...given, ...always].map((rule, index) => {
    const path = ['alerts', index];
    for (const [at, name] of (rule.notify ?? []).entries()) checkRecipient(name, [...path, 'notify', at], recipients, complain);
    if ('timezone' in rule && rule.timezone !== undefined) checkTimezone(rule.timezone, [...path, 'timezone'], complain);
    const built = buildRule(
      { ...rule, notify: rule.notify ?? [...recipients.keys()], ...((rule.link ?? link) && { link: rule.link ?? link }) },
      timezone,
    );
    if (built.rule === 'error_rate' || built.rule === 'throttled') checkRate(built.settings, [...path, 'clearPercent'], complain);
    return built;
  });
  for (const [index, { name }] of rules.entries()) {
    if (rules.findIndex((other) => other.name === name) < index)
      complain(['alerts', index], `alerts[${index}] must have a name of its own, another rule is called "${name}": add name`);
  }
  return { rules, recipients, deadAfterMs: giveUpAfter };
}

function buildRule(written: WrittenRule, timezoneDefault: string): AlertRule {
  const common = { notify: written.notify ?? [], ...(written.link !== undefined && { link: written.link }) };
  const named = (name: string) => ({ name: written.name ?? name, ...common });
  switch (written.rule) {
    case 'daily_spend': {
      const { by = 'total', timezone = timezoneDefault, ratio, clearRatio, floor, days, learnDays, mode } = written;
      const base = DEFAULT_DAILY_SPEND;
      return {
        rule: 'daily_spend',
        ...named(by === 'total' ? 'daily_spend' : `daily_spend by ${by}`),
        by,
        timezone,
        settings: {
          ratio: ratio === undefined ? base.ratio : decimalFraction(String(ratio)),
          // A lower ratio to fire at needs a lower one to end at.
          clearRatio:
            clearRatio === undefined
              ? ratio === undefined
                ? base.clearRatio
                : decimalFraction((ratio * 0.9).toFixed(6))
              : decimalFraction(String(clearRatio)),
          floor: floor ?? base.floor,
          windowDays: days ?? base.windowDays,
          historyDaysMin: learnDays ?? base.historyDaysMin,
          mode: mode ?? base.mode,
        },
      };
    }
    case 'daily_anomaly': {
      const { by = 'total', timezone = timezoneDefault, ratio, floor, excess, earlyRatio, holidays = [] } = written;
      const base = DEFAULT_DAILY_ANOMALY;
      return {
        rule: 'daily_anomaly',
        ...named(by === 'total' ? 'daily_anomaly' : `daily_anomaly by ${by}`),
        by,
        timezone,
        holidays: new Set(holidays),
        settings: {
          ...base,
          ratioMin: ratio === undefined ? base.ratioMin : decimalFraction(String(ratio)),
          floor: floor ?? base.floor,
          excessMin: excess ?? base.excessMin,
          earlyRatio: earlyRatio === undefined ? base.earlyRatio : decimalFraction(String(earlyRatio)),
        },
      };
    }
    case 'budget':
      return {
        rule: 'budget',
        ...named('budget'),
        percents: (written.percents ?? [...DEFAULT_PERCENTS]).toSorted((a, b) => a - b),
        timezone: written.timezone ?? timezoneDefault,
      };
    case 'call_tokens':
      return { rule: 'call_tokens', ...named(`call_tokens over ${written.over}`), over: written.over, everyMs: written.every ?? 300_000 };
    case 'error_rate':
      return { rule: 'error_rate', ...named('error_rate'), settings: buildRate(written, DEFAULT_ERROR_RATE) };
    case 'throttled':
      return { rule: 'throttled', ...named('throttled'), settings: buildRate(written, DEFAULT_THROTTLE_RATE) };
    case 'burn_rate':
      return {
        rule: 'burn_rate',
        ...named(`burn_rate of ${written.objectivePercent} %`),
        settings: { objective: Math.min(99.999, written.objectivePercent) / 100, pairs: DEFAULT_BURN_PAIRS },
      };
    case 'upstream_auth':
      return { rule: 'upstream_auth', ...named('upstream_auth'), remindMs: written.remind ?? REMIND_MS };
    case 'unpriced':
      return { rule: 'unpriced', ...named('unpriced') };
    case 'stale_prices':
      return { rule: 'stale_prices', ...named('stale_prices'), days: written.days ?? 30 };
    case 'ledger':
      return { rule: 'ledger', ...named('ledger'), waitingMax: written.waitingMax ?? 20_000 };
    case 'undelivered':
      return { rule: 'undelivered', ...named('undelivered'), afterMs: written.after ?? 300_000 };
    case 'clock_skew':
      return { rule: 'clock_skew', ...named('clock_skew'), overMs: written.over ?? 30_000 };
    case 'usage_missing':
      return { rule: 'usage_missing', ...named('usage_missing'), share: (written.abovePercent ?? 5) / 100 };
    default:
      return written satisfies never;
  }
}

const MINUTE_MS = 60_000;

const buildRate = (written: Extract<WrittenRule, { rule: 'error_rate' | 'throttled' }>, base: ErrorRate): ErrorRate => ({
  windowMinutes: written.window === undefined ? base.windowMinutes : Math.max(1, Math.round(written.window / MINUTE_MS)),
  requestsMin: written.requestsMin ?? base.requestsMin,
  fireAbove: written.abovePercent === undefined ? base.fireAbove : written.abovePercent / 100,
  clearAtOrBelow:
    written.clearPercent === undefined
      ? written.abovePercent === undefined
        ? base.clearAtOrBelow
        : written.abovePercent / 200
      : written.clearPercent / 100,
  clearMinutes: written.clearAfter === undefined ? base.clearMinutes : Math.max(1, Math.round(written.clearAfter / MINUTE_MS)),
});

/** Else one rate would both fire and end an alert. */
function checkRate({ fireAbove, clearAtOrBelow }: ErrorRate, path: Path, complain: Complain): void {
  if (clearAtOrBelow <= fireAbove) return;
  const [most, got] = [fireAbove, clearAtOrBelow].map((share) => Number((share * 100).toFixed(6)));
  complain(path, `${pathText(path)} must be at most abovePercent (${most}), got ${got}`);
}

function buildRecipient(written: WrittenRecipient): RecipientConfig {
  if ('slack' in written) return { kind: 'slack', url: written.slack };
  if ('pagerduty' in written) return { kind: 'pagerduty', routingKey: written.pagerduty, url: written.url ?? PAGERDUTY_URL };
  if ('alertmanager' in written) return { kind: 'alertmanager', url: written.alertmanager, headers: written.headers ?? {} };
  const { webhook: url, secret, headers = {} } = written;
  return { kind: 'webhook', url, headers, ...(secret !== undefined && { secret }) };
}

function checkRecipient(name: string, path: Path, recipients: AlertsConfig['recipients'], complain: Complain): void {
  if (recipients.has(name)) return;
  const known = [...recipients.keys()];
  complain(
    path,
    `${pathText(path)} names "${name}", which is not in notify${didYouMean(name, known) || (known.length > 0 ? `; there are ${known.join(', ')}` : '')}`,
  );
}

function checkTimezone(timezone: string, path: Path, complain: Complain): void {
  if (!isTimezone(timezone))
    complain(path, `${pathText(path)} must be a time zone such as "Europe/Berlin", got "${timezone.slice(0, 40)}"`);
}
