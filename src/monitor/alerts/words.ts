import type { Money } from '../../model/money.ts';
import { type Fraction, fraction, fractionText } from '../../policy/alerts/fraction.ts';

/** Dollars for people: cents, and below a dollar as many places as say something. */
export function dollarText(amount: Money | Fraction): string {
  const exact = typeof amount === 'bigint' ? fraction(amount) : amount;
  const small = exact.numerator < exact.denominator * 1_000_000_000_000n;
  const text = fractionText(exact, 12, small ? 6 : 2);
  const [whole, places = ''] = text.split('.');
  return `$${whole}.${places.padEnd(2, '0')}`;
}

/** `chat`, and for what has no name: `(none)`. */
export const named = (value: string): string => value || '(none)';

export const percentText = (share: number): string => `${(share * 100).toFixed(1).replace(/\.0$/, '')} %`;

/** `2026-11-26 16:40` in a time zone. */
export function clockText(atMs: number, timezone: string): string {
  const parts = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'short' });
  return parts.format(atMs);
}

/** More than so many names of callers' own making get no alert of their own: together they are `OTHERS`. */
export const NAMES_MAX = 500;
const OTHERS = '__other__';

/** The name a value is watched under: its own as long as there is room beside those `known`. */
export const watchedName = (name: string, known: { readonly size: number; has(name: string): boolean }): string =>
  known.has(name) || known.size < NAMES_MAX ? name : OTHERS;
