import { momentMs } from '../model/moment.ts';
import { periodAt } from '../policy/period.ts';
import { MisuseError } from './exit.ts';

/** How a stretch of time was asked for. */
export interface SpanOptions {
  readonly from?: string;
  readonly to?: string;
  /** In milliseconds. */
  readonly last?: number;
  readonly zone: string;
  readonly every?: 'hour' | 'day';
}

/** A stretch of time, in milliseconds since 1970. */
export interface Span {
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The time that is meant: without `from` the last week, today included. Throws a `MisuseError` that names the option. */
export function spanOf({ from, to, last, zone, every }: SpanOptions, nowMs: number): Span {
  if (last !== undefined && (from !== undefined || to !== undefined))
    throw new MisuseError('--last stands for --from and --to: give one or the other');
  const toMs = to === undefined ? nowMs + 1 : momentOf('--to', to, zone);
  const fromMs = from === undefined ? undefined : momentOf('--from', from, zone);
  if (fromMs === undefined && to !== undefined) throw new MisuseError('--to needs --from');
  if (fromMs !== undefined && fromMs >= toMs) throw new MisuseError(`--from ${from} is not before --to ${to ?? 'now'}`);
  if (fromMs !== undefined) return { fromMs, toMs: to === undefined ? nextMs(every ?? 'day', zone, nowMs) : toMs };
  return lastSpan(last ?? 7 * DAY_MS, every, zone, nowMs);
}

/** Whole days or, where the duration or the lines are not of days, whole hours; the one under way is the last. */
function lastSpan(last: number, every: SpanOptions['every'], zone: string, nowMs: number): Span {
  if (every === 'hour' || last % DAY_MS !== 0) {
    const toMs = nextMs('hour', zone, nowMs);
    return { fromMs: toMs - Math.ceil(last / HOUR_MS) * HOUR_MS, toMs };
  }
  let day = periodAt('day', zone, nowMs);
  const toMs = day.endMs;
  for (let left = last / DAY_MS; left > 1; left -= 1) day = periodAt('day', zone, day.startMs - 1);
  return { fromMs: day.startMs, toMs };
}

const nextMs = (stretch: 'hour' | 'day', zone: string, nowMs: number): number => periodAt(stretch, zone, nowMs).endMs;

function momentOf(option: string, text: string, zone: string): number {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) {
    const noonMs = Date.parse(`${text}T12:00Z`);
    // Noon in UTC is another day where clocks are more than twelve hours ahead.
    const days = [noonMs, noonMs - DAY_MS / 2, noonMs + DAY_MS / 2].map((ms) => (Number.isNaN(ms) ? undefined : periodAt('day', zone, ms)));
    const found = days.find((day) => day && dateIn(zone, day.startMs) === text);
    if (found) return found.startMs;
  } else {
    const ms = momentMs(text);
    if (ms !== undefined) return ms;
  }
  throw new MisuseError(`${option} must be a date such as 2026-11-20 or a moment such as 2026-11-20T14:00Z, got "${text}"`);
}

/** The date clocks there show, as 2026-11-20. */
export const dateIn = (zone: string, ms: number): string => new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(ms);

/** The hour clocks there show, as 2026-11-20 14:00, with its distance from UTC where it is not UTC: an hour may come twice. */
export function hourIn(zone: string, ms: number): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
  });
  const { hour, minute, timeZoneName } = Object.fromEntries(parts.formatToParts(ms).map(({ type, value }) => [type, value]));
  return `${dateIn(zone, ms)} ${hour}:${minute}${zone === 'UTC' ? '' : ` ${timeZoneName?.slice('GMT'.length)}`}`;
}
