import type { Money } from '../../model/money.ts';
import { compare, decimalFraction, type Fraction, fraction, median, product } from './fraction.ts';

/**
 * A day's spend over a share of what the days before it cost. `mean` is the rule as people say it; `winsor` clips
 * past days that were themselves over it, so that one bad day does not hide the next; `weekday` compares with the
 * same day of earlier weeks.
 */
export interface DailySpend {
  /** Fires strictly above this many times the baseline. */
  readonly ratio: Fraction;
  /** An open alert ends at or below this many times the baseline, when corrections bring the day down. */
  readonly clearRatio: Fraction;
  /** And only from this on: nobody wants to be woken for cents. Inclusive. */
  readonly floor: Money;
  /** How many complete days the baseline is the mean of. */
  readonly windowDays: number;
  /** Below this many complete days since the first activity the rule only learns. */
  readonly historyDaysMin: number;
  readonly mode: 'mean' | 'winsor' | 'weekday';
}

/** Above 1.5 times the mean of seven days, from $1 on. */
export const DEFAULT_DAILY_SPEND: DailySpend = {
  ratio: decimalFraction('1.5'),
  clearRatio: decimalFraction('1.35'),
  floor: 1_000_000_000_000n as Money,
  windowDays: 7,
  historyDaysMin: 3,
  mode: 'mean',
};

/**
 * What a day is measured against, in picodollars; undefined while the rule learns. `past`: complete days since
 * the first activity, oldest first, idle ones as zero. `sameWeekday`: that day of earlier weeks.
 */
export function baselineOf(rule: DailySpend, past: readonly Money[], sameWeekday: readonly Money[] = []): Fraction | undefined {
  if (past.length < rule.historyDaysMin) return undefined;
  switch (rule.mode) {
    case 'mean':
      return meanOf(past.slice(-rule.windowDays).map((spend) => fraction(spend)));
    case 'winsor':
      return meanOf(winsorised(rule, past).slice(-rule.windowDays));
    case 'weekday':
      return median(sameWeekday.map((spend) => fraction(spend)));
    default:
      return rule.mode satisfies never;
  }
}

/** How far back `weekday` looks. */
export const WEEKDAY_HISTORY_DAYS = 28;

/** Of complete days, oldest first, those of the last four weeks that fell on the weekday of the day after them. */
export const sameWeekdayOf = (past: readonly Money[]): readonly Money[] =>
  past.filter((_, at) => (past.length - at) % 7 === 0).slice(-WEEKDAY_HISTORY_DAYS / 7);

/** Above which a day fires. */
export const thresholdOf = (rule: DailySpend, baseline: Fraction): Fraction => product(baseline, rule.ratio);

/** What a day's spend, all of it so far, changes about its alert; undefined: nothing. */
export function judgeDay(rule: DailySpend, baseline: Fraction | undefined, open: boolean, spend: Money): 'firing' | 'resolved' | undefined {
  if (!baseline) return undefined;
  if (open) return compare(fraction(spend), product(baseline, rule.clearRatio)) <= 0 ? 'resolved' : undefined;
  return spend >= rule.floor && compare(fraction(spend), thresholdOf(rule, baseline)) > 0 ? 'firing' : undefined;
}

/**
 * Each day, at most its own threshold. Days before it count as clipped; the first ones, with too little before
 * them, as they were. After days of nothing the floor is the most: else a rise from nothing would stay nothing for ever.
 */
function winsorised(rule: DailySpend, past: readonly Money[]): Fraction[] {
  const clipped: Fraction[] = [];
  for (const spend of past) {
    const day = fraction(spend);
    const before = clipped.length >= rule.historyDaysMin ? meanOf(clipped.slice(-rule.windowDays)) : undefined;
    const most = before && (before.numerator > 0n ? thresholdOf(rule, before) : fraction(rule.floor));
    clipped.push(most && compare(day, most) > 0 ? most : day);
  }
  return clipped;
}

function meanOf(values: readonly Fraction[]): Fraction | undefined {
  if (values.length === 0) return undefined;
  const denominator = values.reduce((common, value) => common * (common % value.denominator === 0n ? 1n : value.denominator), 1n);
  const numerator = values.reduce((sum, value) => sum + (value.numerator * denominator) / value.denominator, 0n);
  return fraction(numerator, denominator * BigInt(values.length));
}
