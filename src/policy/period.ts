import type { BudgetPeriod } from '../model/key.ts';

/** A stretch of time a budget holds for, milliseconds since 1970. */
export interface Period {
  readonly startMs: number;
  /** Exclusive: the next one's start. */
  readonly endMs: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * The hour, day or month of that time zone's calendar that holds the moment. Days are as long as clocks there
 * make them: 23 or 25 hours when they are put forward or back; an hour that comes twice is two.
 */
export function periodAt(period: BudgetPeriod, timezone: string, atMs: number): Period {
  const calendar = calendarOf(timezone);
  switch (period) {
    case 'hour': {
      const startMs = atMs - modulo(calendar.localMs(atMs), HOUR_MS);
      return { startMs, endMs: startMs + HOUR_MS };
    }
    case 'day': {
      const day = Math.floor(calendar.localMs(atMs) / DAY_MS);
      const isReached = (date: number) => (ms: number) => Math.floor(calendar.localMs(ms) / DAY_MS) >= date;
      return { startMs: firstMs(day * DAY_MS, isReached(day)), endMs: firstMs((day + 1) * DAY_MS, isReached(day + 1)) };
    }
    case 'month': {
      const local = new Date(calendar.localMs(atMs));
      const first = (months: number) => {
        const startMs = Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + months);
        return firstMs(startMs, (ms) => calendar.localMs(ms) >= startMs);
      };
      return { startMs: first(0), endMs: first(1) };
    }
    default:
      return period satisfies never;
  }
}

/** `periodAt` that remembers the period it is in: working one out takes dozens of looks at the calendar. */
export function periodClock(period: BudgetPeriod, timezone: string): (atMs: number) => Period {
  let current: Period = { startMs: 0, endMs: 0 };
  return (atMs) => {
    if (atMs < current.startMs || atMs >= current.endMs) current = periodAt(period, timezone, atMs);
    return current;
  };
}

/** Whether there is a calendar for the time zone (`Europe/Berlin`). */
export function isTimezone(name: string): boolean {
  try {
    calendarOf(name);
    return true;
  } catch {
    return false;
  }
}

interface Calendar {
  /** What clocks there show, as the milliseconds since 1970 at which clocks in UTC show the same. */
  localMs(atMs: number): number;
}

const calendars = new Map<string, Calendar>();

/** Throws a `RangeError` when there is no such time zone. */
function calendarOf(timezone: string): Calendar {
  const known = calendars.get(timezone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const calendar: Calendar = {
    localMs(atMs) {
      const fields: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
      for (const { type, value } of format.formatToParts(atMs)) fields[type] = Number(value);
      const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields;
      return Date.UTC(year, month - 1, day, hour, minute, second) + modulo(atMs, 1000);
    },
  };
  calendars.set(timezone, calendar);
  return calendar;
}

/** No clock on earth is further from UTC than 14 hours. */
const OFFSET_MS_MAX = 15 * HOUR_MS;

/** The first moment it is so, near the moment it would be in UTC. */
function firstMs(nearMs: number, isReached: (ms: number) => boolean): number {
  let before = nearMs - OFFSET_MS_MAX;
  let reached = nearMs + OFFSET_MS_MAX;
  while (reached - before > 1) {
    const middle = Math.floor((before + reached) / 2);
    if (isReached(middle)) reached = middle;
    else before = middle;
  }
  return reached;
}

const modulo = (value: number, divisor: number): number => ((value % divisor) + divisor) % divisor;
