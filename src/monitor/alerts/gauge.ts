import type { Money } from '../../model/money.ts';
import { type DayTime, dayTimeAt } from '../../policy/alerts/calendar.ts';
import { ANOMALY_HISTORY_DAYS, isAnomalous, isEarly, type Usual, usualOf } from '../../policy/alerts/daily-anomaly.ts';
import { baselineOf, judgeDay, sameWeekdayOf, thresholdOf, WEEKDAY_HISTORY_DAYS } from '../../policy/alerts/daily-spend.ts';
import { type Fraction, fractionText, product } from '../../policy/alerts/fraction.ts';
import type { SpendRule } from '../../policy/alerts/rules.ts';
import type { Ask } from '../../store/ask.ts';
import type { SpendBook } from './spend-book.ts';
import { dollarText } from './words.ts';

/** Measures a value's day against the days before. What it works out holds until `reset`. */
export interface Gauge {
  /** The level an alert about the value stands at now, 0 for none. */
  level(value: string, spend: Money, before: number): number;
  /** What a day is held against, in words; undefined while that is being learned. */
  measure(value: string): Measure | undefined;
  /** Looks up what cannot be known from days alone. */
  prepare?(nowMs: number): Promise<void>;
  /** Another day has begun. */
  reset(): void;
}

export interface Measure {
  readonly usual: string;
  readonly threshold: string;
  readonly days: number;
}

/** How many days before today a rule is worked out from. Weekday rules need weeks; users are many, and need fewer. */
export function historyDaysOf(rule: SpendRule): number {
  if (rule.rule !== 'daily_spend' || rule.by !== 'user') return ANOMALY_HISTORY_DAYS;
  // A clipped day is held against a window of its own.
  return rule.settings.mode === 'weekday' ? WEEKDAY_HISTORY_DAYS : 2 * rule.settings.windowDays + 1;
}

/** The day's spend over a share of its baseline. */
export function dailySpendGauge(rule: Extract<SpendRule, { rule: 'daily_spend' }>, book: SpendBook): Gauge {
  const { settings } = rule;
  const baselines = remembered((value): Fraction | undefined => {
    const past = book.past(value);
    return baselineOf(settings, past, sameWeekdayOf(past));
  });
  return {
    level(value, spend, before) {
      const change = judgeDay(settings, baselines.of(value), before > 0, spend);
      return change === 'firing' ? 1 : change === 'resolved' ? 0 : before;
    },
    measure(value) {
      const baseline = baselines.of(value);
      if (!baseline) return undefined;
      const usual = dollarText(baseline);
      return {
        usual,
        threshold: `${dollarText(thresholdOf(settings, baseline))} (${fractionText(settings.ratio)} × ${usual})`,
        days:
          settings.mode === 'weekday' ? Math.floor(book.past(value).length / 7) : Math.min(book.past(value).length, settings.windowDays),
      };
    },
    reset: baselines.forget,
  };
}

/** The day against its weekday; level 1 warns early, by the hour. */
export function dailyAnomalyGauge(rule: Extract<SpendRule, { rule: 'daily_anomaly' }>, book: SpendBook, ask: Ask | undefined): Gauge {
  const { settings, holidays } = rule;
  let byHour: { readonly endMs: number; readonly spends: readonly ReadonlyMap<string, Money>[] } | undefined;
  const usuals = remembered((value): Usual | undefined => {
    const past = book.past(value);
    const days = book.before.slice(book.before.length - past.length);
    return usualOf(settings, past, new Set([...days.keys()].filter((at) => holidays.has(days[at]!.day))));
  });
  return {
    level(value, spend, before) {
      const usual = usuals.of(value);
      if (before < 2 && usual && isAnomalous(settings, usual, spend)) return 2;
      const early = byHour?.spends.map((spends) => spends.get(value) ?? (0n as Money)) ?? [];
      return before < 1 && usual && isEarly(settings, early, spend) ? 1 : before;
    },
    measure(value) {
      const usual = usuals.of(value);
      if (!usual) return undefined;
      const threshold = dollarText(product(usual.baseline, usual.ratio));
      return {
        usual: dollarText(usual.baseline),
        threshold: `${threshold} (${fractionText(usual.ratio, 0, 2)} × ${dollarText(usual.baseline)})`,
        days: book.past(value).length,
      };
    },
    async prepare(nowMs) {
      if (!ask || (byHour && nowMs < byHour.endMs)) return;
      const { by } = rule;
      const endMs = (Math.floor(nowMs / HOUR_MS) + 1) * HOUR_MS;
      const spends = await Promise.all(
        weekdaysBefore(book.today, rule.timezone).map(async ({ startMs }) => {
          const stretch = { startMs, endMs: startMs + endMs - book.today.startMs };
          const sums = await ask('daySums', { days: [stretch], ...(by !== 'total' && { by }) });
          return new Map(sums.map(({ value, spend }) => [value, spend]));
        }),
      );
      byHour = { endMs, spends };
    },
    reset() {
      usuals.forget();
      byHour = undefined;
    },
  };
}

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;

/** The same weekday of the four weeks before; a week counts from noon, which changed clocks do not move to another day. */
const weekdaysBefore = ({ startMs }: DayTime, timezone: string): DayTime[] =>
  [1, 2, 3, 4].map((weeks) => dayTimeAt(startMs + 12 * HOUR_MS - weeks * WEEK_MS, timezone));

/** Works something out for each value once, until told to forget. */
function remembered<T>(workOut: (value: string) => T) {
  const known = new Map<string, T>();
  return {
    of(value: string): T {
      const found = known.get(value);
      if (found !== undefined || known.has(value)) return found as T;
      const worked = workOut(value);
      known.set(value, worked);
      return worked;
    },
    forget: () => known.clear(),
  };
}
