import type { Money } from '../../model/money.ts';
import { compare, decimalFraction, type Fraction, fraction, median, product } from './fraction.ts';

/**
 * A day unlike its weekday. Measured against the median of that weekday over four weeks, and fired above what
 * such ratios usually scatter to: their median and three times their median absolute deviation.
 */
export interface DailyAnomaly {
  /** Never fires at or below this many times the baseline. */
  readonly ratioMin: Fraction;
  /** How many median absolute deviations above the median of past ratios. */
  readonly deviations: bigint;
  readonly floor: Money;
  /** A day must cost at least this much more than its baseline. */
  readonly excessMin: Money;
  /** An early warning comes above this many times what the weekday usually cost by that hour. */
  readonly earlyRatio: Fraction;
}

/** Above 1.5 times the usual, from $1 on and $5 more than usual; early above twice. */
export const DEFAULT_DAILY_ANOMALY: DailyAnomaly = {
  ratioMin: decimalFraction('1.5'),
  deviations: 3n,
  floor: 1_000_000_000_000n as Money,
  excessMin: 5_000_000_000_000n as Money,
  earlyRatio: decimalFraction('2'),
};

/** Weeks the weekday's median is taken over, and days of ratios that say how much they scatter. */
const WEEKS = 4;
const RATIO_DAYS = 28;
/** Fewer ratios do not say how much they scatter. */
const RATIOS_MIN = 14;

/** How many complete days before today make the whole picture. */
export const ANOMALY_HISTORY_DAYS = RATIO_DAYS + 7 * WEEKS;

/** What today is measured against. */
export interface Usual {
  /** What this weekday usually costs, in picodollars. */
  readonly baseline: Fraction;
  /** Above this many times of it the day fires. */
  readonly ratio: Fraction;
}

/**
 * What is usual for today; undefined while that is being learned. `past`: complete days, oldest first, yesterday
 * last, idle ones as zero. `holidays`: those of them that are no example to anyone, by their place in `past`.
 */
export function usualOf(rule: DailyAnomaly, past: readonly Money[], holidays: ReadonlySet<number> = new Set()): Usual | undefined {
  const days: (Money | undefined)[] = [];
  const ratios: number[] = [];
  for (const [at, spend] of past.entries()) {
    if (holidays.has(at)) {
      days.push(undefined);
      continue;
    }
    const baseline = weekdayMedian(days, at);
    const range = rangeOf(rule, ratios);
    const day = baseline && range ? clipped(spend, baseline, range) : spend;
    if (baseline && baseline.numerator > 0n) ratios.push(millionths(day, baseline));
    days.push(day);
  }
  const baseline = weekdayMedian(days, days.length);
  const range = rangeOf(rule, ratios);
  return baseline && baseline.numerator > 0n && range ? { baseline, ratio: fraction(BigInt(range.most), MILLION) } : undefined;
}

/** Whether a day that cost this much is unlike its weekday. */
export const isAnomalous = (rule: DailyAnomaly, { baseline, ratio }: Usual, spend: Money): boolean =>
  isLarge(rule, baseline, spend) && compare(fraction(spend), product(baseline, ratio)) > 0;

/** Whether a day already cost far more than its weekday usually had by this hour. `byNow`: of earlier weeks, by the same hour. */
export function isEarly(rule: DailyAnomaly, byNow: readonly Money[], spend: Money): boolean {
  const usual = median(byNow.map((amount) => fraction(amount)));
  if (!usual || byNow.length < WEEKS) return false;
  return isLarge(rule, usual, spend) && compare(fraction(spend), product(usual, rule.earlyRatio)) > 0;
}

const isLarge = (rule: DailyAnomaly, baseline: Fraction, spend: Money): boolean =>
  spend >= rule.floor && compare(fraction(spend - rule.excessMin), baseline) >= 0;

/** Of the weekdays before, clipped as they are; undefined when there is none. */
function weekdayMedian(days: readonly (Money | undefined)[], at: number): Fraction | undefined {
  const same: Fraction[] = [];
  for (let week = 1; week <= WEEKS; week += 1) {
    const day = days[at - 7 * week];
    if (day !== undefined) same.push(fraction(day));
  }
  return median(same);
}

/** Ratios of days to their baselines are no money: whole millionths do, and are quick to sort. */
const MILLION = 1_000_000n;
const millionths = (spend: Money, { numerator, denominator }: Fraction): number => Number((spend * denominator * MILLION) / numerator);

/**
 * A median absolute deviation times this is what a standard deviation would be without outliers. Left as it is,
 * three of them lie below 1.5 for a feature whose days scatter by a fifth, and it cries wolf 9 times a year, not 3.
 */
const SIGMA = 1.4826;

interface Range {
  readonly least: number;
  readonly most: number;
}

/** Ratios outside of it are unusual, in millionths; undefined while there are too few to tell. */
function rangeOf(rule: DailyAnomaly, ratios: readonly number[]): Range | undefined {
  const recent = ratios.slice(-RATIO_DAYS);
  if (recent.length < RATIOS_MIN) return undefined;
  const center = middle(recent);
  const scatter = Number(rule.deviations) * Math.round(SIGMA * middle(recent.map((ratio) => Math.abs(ratio - center))));
  const ratioMin = Number((rule.ratioMin.numerator * MILLION) / rule.ratioMin.denominator);
  return { most: Math.max(ratioMin, center + scatter), least: Math.min(Math.floor(1e12 / ratioMin), Math.max(0, center - scatter)) };
}

function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : Math.floor((sorted[half - 1]! + sorted[half]!) / 2);
}

/**
 * An unusual day counts as the most, or the least, that would not have been one. Clipping below as well keeps a
 * holiday week from lowering the baseline of the four weeks after it.
 */
function clipped(spend: Money, { numerator, denominator }: Fraction, { least, most }: Range): Money {
  const at = (ratio: number) => ((numerator * BigInt(ratio)) / (denominator * MILLION)) as Money;
  const [low, high] = [at(least), at(most)];
  return spend > high ? high : spend < low ? low : spend;
}
