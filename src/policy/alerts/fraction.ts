/** An exact amount that need not be whole: a mean of picodollars, a threshold of one and a half times that. */
export interface Fraction {
  readonly numerator: bigint;
  /** Greater than 0. */
  readonly denominator: bigint;
}

export const fraction = (numerator: bigint, denominator = 1n): Fraction => ({ numerator, denominator });

/** `1.5` as three halves: the decimal as written, not the nearest float. Throws on anything but a plain decimal. */
export function decimalFraction(text: string): Fraction {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) throw new RangeError(`expected a decimal such as "1.5", got ${JSON.stringify(text)}`);
  const digits = match[2] ?? '';
  return fraction(BigInt(match[1]! + digits), 10n ** BigInt(digits.length));
}

export const product = (a: Fraction, b: Fraction): Fraction => fraction(a.numerator * b.numerator, a.denominator * b.denominator);

/** Below 0, 0 or above 0, as `a` is less than, equal to or more than `b`. */
export function compare(a: Fraction, b: Fraction): -1 | 0 | 1 {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The middle one, or the mean of the two in the middle; of nothing: undefined. */
export function median(values: readonly Fraction[]): Fraction | undefined {
  const sorted = values.toSorted(compare);
  const upper = sorted[sorted.length >> 1];
  if (!upper || sorted.length % 2 === 1) return upper;
  const lower = sorted[(sorted.length >> 1) - 1]!;
  return fraction(lower.numerator * upper.denominator + upper.numerator * lower.denominator, 2n * lower.denominator * upper.denominator);
}

/** Rounded half up to so many places below the point after `scale` (12 for picodollars to dollars), without trailing zeros. */
export function fractionText({ numerator, denominator }: Fraction, scale = 0, places = 6): string {
  const divisor = denominator * 10n ** BigInt(scale);
  const scaled = numerator * 10n ** BigInt(places);
  const negative = scaled < 0n;
  const rounded = ((negative ? -scaled : scaled) * 2n + divisor) / (2n * divisor);
  const digits = rounded.toString().padStart(places + 1, '0');
  const decimals = digits.slice(digits.length - places).replace(/0+$/, '');
  return `${negative && rounded > 0n ? '-' : ''}${digits.slice(0, digits.length - places)}${decimals && `.${decimals}`}`;
}
