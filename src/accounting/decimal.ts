import type { Money } from '../model/money.ts';

/** An exact decimal: `value / 10 ** scale`. */
export interface Decimal {
  readonly value: bigint;
  readonly scale: number;
}

/** Reads `12.5`; no signs, no exponents: prices and quantities have neither. `what` leads the error. */
export function decimal(text: string, what: string): Decimal {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) throw new RangeError(`${what} must be a decimal such as "3.75", got ${JSON.stringify(text)}`);
  const fraction = match[2] ?? '';
  return { value: BigInt(match[1] + fraction), scale: fraction.length };
}

/**
 * A number of a case as `decimal` reads it, without an exponent: JSON's small ones become `1e-7` in text. What
 * is no number stays as it is, to be refused there.
 */
export function plain(number: string | number): string {
  const match = /^(\d+)(?:\.(\d+))?[eE]([+-]?\d{1,3})$/.exec(String(number));
  if (!match) return String(number);
  const [, units = '', fraction = '', exponent] = match;
  const digits = units + fraction;
  const point = units.length + Number(exponent);
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  return point >= digits.length ? digits.padEnd(point, '0') : `${digits.slice(0, point)}.${digits.slice(point)}`;
}

export const times = (a: Decimal, b: Decimal): Decimal => ({ value: a.value * b.value, scale: a.scale + b.scale });

/** The decimal times a power of ten, which must be a whole number: money is never rounded. */
export function whole(d: Decimal, powerOfTen: number, what: string): bigint {
  const shift = powerOfTen - d.scale;
  if (shift >= 0) return d.value * 10n ** BigInt(shift);
  const divisor = 10n ** BigInt(-shift);
  if (d.value % divisor !== 0n) throw new RangeError(`${what} must come to whole picodollars, got ${d.value}e-${d.scale}`);
  return d.value / divisor;
}

/** Dollars per million tokens, times a factor, as picodollars per token. */
export const perMillion = (usd: Decimal, factor: Decimal, what: string): Money => whole(times(usd, factor), 6, what) as Money;

/** Dollars as picodollars. */
export const dollars = (usd: Decimal, what: string): Money => whole(usd, 12, what) as Money;

export const one: Decimal = { value: 1n, scale: 0 };
