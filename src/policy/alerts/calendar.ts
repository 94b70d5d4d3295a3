import { periodAt } from '../period.ts';

/** A calendar day, `2026-11-23`, in whatever time zone it was asked for. */
export type Day = string;

const formats = new Map<string, Intl.DateTimeFormat>();

/** The day a moment falls on in a time zone (IANA name). Throws a `RangeError` on a zone nobody knows. */
export function dayAt(atMs: number, timezone: string): Day {
  let format = formats.get(timezone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone: timezone, year: 'numeric', month: '2-digit', day: '2-digit' });
    formats.set(timezone, format);
  }
  return format.format(atMs);
}

/** A day and when it is: `endMs` is the next one's start. */
export interface DayTime {
  readonly day: Day;
  readonly startMs: number;
  readonly endMs: number;
}

const DAY_MS = 86_400_000;

/** The day of a moment in a time zone, and when it begins and ends there. */
export function dayTimeAt(atMs: number, timezone: string): DayTime {
  // Elsewhere a day is searched for, which takes some hundred looks at the calendar.
  if (timezone !== 'UTC') return { day: dayAt(atMs, timezone), ...periodAt('day', timezone, atMs) };
  const startMs = Math.floor(atMs / DAY_MS) * DAY_MS;
  return { day: new Date(startMs).toISOString().slice(0, 10), startMs, endMs: startMs + DAY_MS };
}

/** That many days before a day, oldest first, the day itself not among them. */
export function daysBefore({ startMs }: DayTime, count: number, timezone: string): DayTime[] {
  const days: DayTime[] = [];
  let endMs = startMs;
  while (days.length < count) {
    const day = dayTimeAt(endMs - 1, timezone);
    days.unshift(day);
    endMs = day.startMs;
  }
  return days;
}
