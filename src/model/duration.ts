/** `500ms`, `120s`, `1m30s`, `2h`, `1d`: whole numbers, largest unit first, each at most once. */
export const DURATION = /^(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/;

const DURATION_UNITS_MS = [86_400_000, 3_600_000, 60_000, 1000, 1];

/** Milliseconds a written duration means; undefined when it is not one. */
export function durationMs(written: string): number | undefined {
  const match = DURATION.exec(written);
  if (!match) return undefined;
  return DURATION_UNITS_MS.reduce((sum, unitMs, index) => sum + Number(match[index + 1] ?? 0) * unitMs, 0);
}
