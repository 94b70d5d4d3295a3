const WRITTEN = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

/**
 * Milliseconds since 1970 of a day (its midnight in UTC) or of a moment with its distance from UTC, as `2027-01-31` or
 * `2027-01-31T12:00:00Z`. Undefined for anything else, days no calendar has among it: `Date` takes 31 February for 3 March.
 */
export function momentMs(text: string): number | undefined {
  const [, day] = WRITTEN.exec(text) ?? [];
  if (day === undefined) return undefined;
  const ms = Date.parse(text);
  const midnightMs = Date.parse(day);
  return Number.isNaN(ms) || Number.isNaN(midnightMs) || !new Date(midnightMs).toISOString().startsWith(day) ? undefined : ms;
}

/** What is asked for, in messages. */
export const MOMENT_WORDS = 'a day or moment such as "2027-01-31" or "2027-01-31T12:00:00Z"';
