/** An exact fraction in lowest terms, `below` above 0. */
export interface Fraction {
  readonly above: bigint;
  readonly below: bigint;
}

/** `above / below` in lowest terms; `below` must not be 0. */
export function fraction(above: bigint, below: bigint): Fraction {
  const sign = below < 0n ? -1n : 1n;
  const divisor = greatestCommonDivisor(above < 0n ? -above : above, below * sign);
  return { above: (above * sign) / divisor, below: (below * sign) / divisor };
}

const greatestCommonDivisor = (a: bigint, b: bigint): bigint => (b === 0n ? a : greatestCommonDivisor(b, a % b));

/** `23/18`, or `3` where it is whole. */
export const formatFraction = ({ above, below }: Fraction): string => (below === 1n ? String(above) : `${above}/${below}`);

export const toNumber = ({ above, below }: Fraction): number => Number(above) / Number(below);
