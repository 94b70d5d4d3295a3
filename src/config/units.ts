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
