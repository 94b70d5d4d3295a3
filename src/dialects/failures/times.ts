/** `1m3s`, `12ms`, `6h0m0.5s` in milliseconds; plain numbers are seconds; undefined for anything else. */
export function durationMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^(\d+(\.\d+)?(ms|[dhms]))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ms|[dhms])/g)) total += Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
  return total;
}

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * An HTTP date in any of its three forms, or one of RFC 3339, in Unix milliseconds. `Date.parse` alone
 * finds a year in `-1` and in `soon 5`, and reads the asctime form in local time.
 */
export function instantMs(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  const at = FORMS.some((form) => form.test(trimmed)) ? Date.parse(ASCTIME.test(trimmed) ? `${trimmed} GMT` : trimmed) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;
const FORMS = [
  /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/,
  /^[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT$/,
  ASCTIME,
  /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/,
];
