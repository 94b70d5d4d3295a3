import type { Money } from '../../../model/money.ts';
import type { Alert } from '../../../policy/alerts/alert.ts';
import type { Day, DayTime } from '../../../policy/alerts/calendar.ts';
import type { AlertRule, SpendRule } from '../../../policy/alerts/rules.ts';
import { dailyAnomalyGauge, dailySpendGauge, historyDaysOf } from '../gauge.ts';
import { createSpendBook } from '../spend-book.ts';
import { aboutOf, type Books, spendParts, subjectOf } from '../spending.ts';
import type { Change, Watcher } from '../watcher.ts';
import { dollarText } from '../words.ts';

/** How often it is asked what other processes spent, in milliseconds; and how soon again when that failed. */
const REFRESH_MS = 30_000;
const RETRY_MS = 2_000;

/** Watches what each value spends in a day, against the days before it. */
export function watchSpend(rule: AlertRule & SpendRule, books: Books, nowMs: number): Watcher {
  const book = createSpendBook(rule.by, rule.timezone, historyDaysOf(rule), nowMs, books.ask);
  const gauge = rule.rule === 'daily_spend' ? dailySpendGauge(rule, book) : dailyAnomalyGauge(rule, book, books.ask);
  /** Levels of today's open alerts. */
  const open = new Map<string, number>();
  /** Alerts of days that were over before this began. */
  let left: { readonly value: string; readonly day: Day; readonly atMs: number }[] = [];
  let refreshAtMs = nowMs;
  let refreshing = false;

  function refresh(atMs: number): void {
    if (refreshing || atMs < refreshAtMs) return;
    refreshing = true;
    const wasReady = book.ready;
    const work = book.refresh().then(() => gauge.prepare?.(atMs));
    work.then(
      () => {
        refreshAtMs = atMs + REFRESH_MS;
        // What was worked out before the days were known was worked out from nothing.
        if (!wasReady) gauge.reset();
        refreshing = false;
      },
      () => {
        refreshAtMs = atMs + RETRY_MS;
        refreshing = false;
      },
    );
  }

  function alertOf(value: string, day: Day, spend: Money, level: number): Alert {
    const subject = subjectOf(rule, value);
    const measure = gauge.measure(value);
    return {
      rule: rule.rule,
      name: rule.name,
      severity: rule.rule === 'daily_anomaly' && level < 2 ? 'warning' : 'error',
      about: aboutOf(rule, value),
      period: day,
      summary: `${subject} spent ${dollarText(spend)} on ${day}${measure ? `, usually ${measure.usual} a day` : ''}${level === 1 && rule.rule === 'daily_anomaly' ? ' (early: far more than by this hour of other weeks)' : ''}`,
      value: dollarText(spend),
      threshold: measure?.threshold ?? 'not known any more',
      ...(measure && { baselineDays: measure.days }),
      contributors: [],
      advice: `See what ${subject} asked for (headgate usage); if it should not go on, set a budget or revoke the key`,
    };
  }

  function dayOver(day: DayTime, spends: ReadonlyMap<string, Money>): Change[] {
    const changes = [...open].map(([value, level]): Change => {
      const alert = alertOf(value, day.day, spends.get(value) ?? (0n as Money), level);
      return { do: 'resolve', atMs: day.endMs, reason: 'day_closed', closes: true, alert };
    });
    open.clear();
    return changes;
  }

  function closeLeft(): Change[] {
    const over = left;
    left = [];
    return over.map(({ value, day, atMs }) => {
      const alert = alertOf(value, day, book.spendOn(value, day) ?? (0n as Money), 1);
      return { do: 'resolve', atMs, reason: 'day_closed', closes: true, alert };
    });
  }

  function judge(value: string, atMs: number): Change[] {
    const spend = book.spend(value);
    const before = open.get(value) ?? 0;
    const level = gauge.level(value, spend, before);
    if (level === before) return [];
    const alert = alertOf(value, book.today.day, spend, level);
    if (level === 0) {
      open.delete(value);
      return [{ do: 'resolve', atMs, reason: 'below_clear_threshold', closes: false, alert }];
    }
    open.set(value, level);
    const { today } = book;
    return [{ do: 'fire', level, atMs, alert, contributors: () => spendParts(books, rule, value, today) }];
  }

  return {
    hear: (records) => book.add(records),
    look(atMs) {
      refresh(atMs);
      if (!book.ready) return [];
      const changes: Change[] = [];
      for (let over = book.turn(atMs); over; over = book.turn(atMs)) {
        changes.push(...dayOver(over.day, over.spends));
        gauge.reset();
      }
      return [...changes, ...closeLeft(), ...book.changed().flatMap((value) => judge(value, atMs))];
    },
    adopt({ about, period }, level, atMs) {
      const value = rule.by === 'total' ? '' : (about[rule.by] ?? '');
      if (period === book.today.day) open.set(value, level);
      else left.push({ value, day: period, atMs });
    },
  };
}
