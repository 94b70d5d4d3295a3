import type { Meter, Tokens } from './usage.ts';

/**
 * Whole picodollars: 1 USD = 1_000_000_000_000. A price in dollars per million tokens with up to
 * six decimals is a whole number of picodollars per token, so costs are exact and never rounded.
 */
export type Money = bigint & { readonly unit: 'picodollars' };

export type Rates = { readonly [M in Meter]?: Money };

export const zero = 0n as Money;

/** `usdPerMillion('3.75')` is 3_750_000 picodollars per token. */
export function usdPerMillion(decimal: string): Money {
  const match = /^(\d+)(?:\.(\d{1,6}))?$/.exec(decimal);
  if (!match) throw new RangeError(`price must be dollars per million tokens with at most six decimals, got "${decimal}"`);
  return (BigInt(match[1]!) * 1_000_000n + BigInt((match[2] ?? '').padEnd(6, '0'))) as Money;
}

/** `usd('3.75')` is 3_750_000_000_000: dollars with at most six decimals. */
export const usd = (decimal: string): Money => (usdPerMillion(decimal) * 1_000_000n) as Money;

/** Exact cost of the tokens at these rates, or the meters that have no rate: unknown is never zero. */
export function price(tokens: Tokens, rates: Rates): Money | { readonly unpriced: readonly Meter[] } {
  let total = 0n;
  const unpriced: Meter[] = [];
  for (const [name, count] of Object.entries(tokens)) {
    const rate = rates[name as Meter];
    if (rate !== undefined) total += BigInt(count) * rate;
    else if (count > 0) unpriced.push(name as Meter);
  }
  return unpriced.length > 0 ? { unpriced } : (total as Money);
}

/** `formatUsd(7_500_000_000n)` is `0.0075`: exact, no trailing zeros, no exponent. */
export function formatUsd(money: Money): string {
  const sign = money < 0n ? '-' : '';
  const digits = (money < 0n ? -money : money).toString().padStart(13, '0');
  const fraction = digits.slice(-12).replace(/0+$/, '');
  return `${sign}${digits.slice(0, -12)}${fraction && `.${fraction}`}`;
}
