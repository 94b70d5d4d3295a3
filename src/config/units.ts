/** `500ms`, `120s`, `1m30s`, `2h`, `1d`: whole numbers, largest unit first, each at most once. */
export const DURATION = /^(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/;

const DURATION_UNITS_MS = [86_400_000, 3_600_000, 60_000, 1000, 1];

/** Milliseconds a written duration means; undefined when it is not one. */
export function durationMs(written: string): number | undefined {
  const match = DURATION.exec(written);
  if (!match) return undefined;
  return DURATION_UNITS_MS.reduce((sum, unitMs, index) => sum + Number(match[index + 1] ?? 0) * unitMs, 0);
}

/** `512B`, `64KB`, `32MB`, `1GB`. A kilobyte is 1024 bytes, as in every server's body limit. */
export const SIZE = /^(\d+)(B|KB|MB|GB)$/;

const SIZE_UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

/** Bytes a written size means; undefined when it is not one. */
export function sizeBytes(written: string): number | undefined {
  const [, count, unit] = SIZE.exec(written) ?? [];
  return unit === undefined ? undefined : Number(count) * SIZE_UNITS[unit]!;
}

/** `$3`, `$0.25`: dollars with at most six decimals, which per million tokens is the finest the books keep. */
export const DOLLARS = /^\$(\d+(?:\.\d{1,6})?)$/;

/** The decimal behind the sign, as price sheets write it; undefined when it is no amount of dollars. */
export const dollars = (written: string): string | undefined => DOLLARS.exec(written)?.[1];
