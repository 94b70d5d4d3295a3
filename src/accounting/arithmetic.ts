import { type Decimal, decimal, times, whole } from './decimal.ts';

/**
 * The exact value of sums and products of decimals with brackets, times a power of ten: `(3*0.1 + 7)*2`
 * with 6 is 14600000. Throws on anything else, and when it is no whole number.
 */
export function arithmetic(text: string, powerOfTen: number): bigint {
  const tokens = text.match(/\d+(?:\.\d+)?|\S/g) ?? [];
  let at = 0;

  function sum(): Decimal {
    let value = product();
    while (tokens[at] === '+' || tokens[at] === '-') {
      const sign = tokens[at++] === '+' ? 1n : -1n;
      value = plus(value, product(), sign);
    }
    return value;
  }
  function product(): Decimal {
    let value = factor();
    while (tokens[at] === '*') {
      at += 1;
      value = times(value, factor());
    }
    return value;
  }
  function factor(): Decimal {
    const token = tokens[at++] ?? 'nothing';
    if (token !== '(') return decimal(token, `arithmetic "${text}"`);
    const value = sum();
    if (tokens[at++] !== ')') throw new RangeError(`arithmetic "${text}": a bracket is not closed`);
    return value;
  }

  const value = sum();
  if (at < tokens.length) throw new RangeError(`arithmetic "${text}": expected +, - or *, got "${tokens[at]}"`);
  return whole(value, powerOfTen, `arithmetic "${text}"`);
}

function plus(a: Decimal, b: Decimal, sign: bigint): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { value: a.value * 10n ** BigInt(scale - a.scale) + sign * b.value * 10n ** BigInt(scale - b.scale), scale };
}
