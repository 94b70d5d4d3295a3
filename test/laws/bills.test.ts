import assert from 'node:assert/strict';
import test from 'node:test';
import { compileBook } from '../../src/accounting/book.ts';
import { linesOf, priceOf, type Sale } from '../../src/accounting/price.ts';
import type { PricedTier, PriceSheet, SheetRates } from '../../src/accounting/sheet.ts';
import { METERS, type Meter, type Tokens, type Usage } from '../../src/model/usage.ts';
import { type Chance, chance } from '../support/chance.ts';

const BOOKS = 1000;
const USAGES_PER_BOOK = 100;
const SEED = 20_261_123;

test('a hundred thousand random bills are what fractions say, never below zero, add up, grow and split', () => {
  for (let book = 0; book < BOOKS; book += 1) {
    const luck = chance(SEED + book);
    const random = randomBook(luck);
    const compiled = compileBook([random.sheet]);
    for (let usage = 0; usage < USAGES_PER_BOOK; usage += 1) {
      const { sale, priced } = randomSale(luck, random);
      const one = randomUsage(luck);
      const label = `seed ${SEED + book}, usage ${usage}`;
      const bill = priceOf(compiled, one, sale);

      const expected = byFractions(random, priced, one);
      assert.deepEqual({ floor: bill.floor, total: bill.cost !== null, unpriced: bill.unpriced }, expected, label);
      assert.ok(bill.floor >= 0n, label);
      assert.equal(
        linesOf(compiled, one, sale).reduce((sum, { cost }) => sum + (cost ?? 0n), 0n),
        bill.floor,
        label,
      );

      const meter = luck.of(METERS);
      const more = { ...one, tokens: { ...one.tokens, [meter]: (one.tokens[meter] ?? 0) + 1 + luck.upTo(1000) } };
      if (bandOf(priced, more.tokens) === bandOf(priced, one.tokens)) assert.ok(priceOf(compiled, more, sale).floor >= bill.floor, label);

      const other = randomUsage(luck);
      const together: Usage = { tokens: added(one.tokens, other.tokens), fees: added(one.fees ?? {}, other.fees ?? {}) };
      const bands = new Set([one, other, together].map(({ tokens }) => bandOf(priced, tokens)));
      if (bands.size === 1) assert.equal(priceOf(compiled, together, sale).floor, bill.floor + priceOf(compiled, other, sale).floor, label);
    }
  }
});

interface RandomBook {
  readonly sheet: PriceSheet;
  readonly tiers: Readonly<Record<string, PricedTier>>;
  readonly factors: Readonly<Record<string, string>>;
  readonly fees: Readonly<Record<string, string>>;
}

function randomBook(luck: Chance): RandomBook {
  const tiers = { standard: randomTier(luck), flex: randomTier(luck), batch: randomTier(luck) };
  const factors = { us: luck.of(['1.1', '1', '2', '0.85']), eu: luck.of(['1.25', '1.05']) };
  const fees = { search: luck.of(['0.01', '0.0025', '0']) };
  const models = [{ model: 'm', tiers, regions: factors }];
  return {
    sheet: { seller: 's', source: '', checked_on: '2026-01-01', tier_words: { standard: 'standard', flex: 'flex' }, fees, models },
    tiers,
    factors,
    fees,
  };
}

function randomTier(luck: Chance): PricedTier {
  const starts = Array.from({ length: luck.upTo(3) }, () => String(1 + luck.upTo(2_000_000)));
  const over = Object.fromEntries(starts.map((tokens) => [tokens, luck.upTo(10) === 0 ? null : randomRates(luck)]));
  return { rates: randomRates(luck), over };
}

/** Every meter but the odd one, at up to four decimals, so that factors come out even. */
function randomRates(luck: Chance): SheetRates {
  const priced = METERS.filter(() => luck.upTo(20) > 0);
  return Object.fromEntries(priced.map((meter) => [meter, `${luck.upTo(200)}.${String(luck.upTo(10_000)).padStart(4, '0')}`]));
}

interface Priced {
  readonly tier: PricedTier;
  readonly factor: string;
}

function randomSale(luck: Chance, { tiers, factors }: RandomBook): { sale: Sale & { tier?: string }; priced: Priced } {
  const region = luck.of([undefined, 'us', 'eu'] as const);
  const channel = luck.of(['sync', 'batch'] as const);
  const sale = { sellers: ['s'], model: 'm', channel, atMs: luck.upTo(2_000_000_000) * 1000, ...(region && { region }) };
  return { sale, priced: { tier: tiers[channel === 'batch' ? 'batch' : 'standard']!, factor: region ? factors[region]! : '1' } };
}

function randomUsage(luck: Chance): Usage {
  const used = METERS.filter(() => luck.upTo(2) === 0);
  const size = luck.of([10, 10_000, 1_000_000]);
  const tokens = Object.fromEntries(used.map((meter) => [meter, luck.upTo(size)]));
  return { tokens, ...(luck.upTo(3) === 0 && { fees: { [luck.of(['search', 'unknown'])]: luck.upTo(5) } }) };
}

const added = <T extends Readonly<Record<string, number>>>(one: T, other: T): T =>
  Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]),
  ) as T;

// The same sums once more, as fractions of dollars.

interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}

function fraction(decimal: string): Fraction {
  const [whole, part = ''] = decimal.split('.');
  return { over: BigInt(`${whole}${part}`), under: 10n ** BigInt(part.length) };
}
const product = (a: Fraction, b: Fraction): Fraction => ({ over: a.over * b.over, under: a.under * b.under });
const sum = (a: Fraction, b: Fraction): Fraction => ({ over: a.over * b.under + b.over * a.under, under: a.under * b.under });

/** Where the longest band begins that a prompt is beyond; 0: none. */
function bandOf({ tier: { over = {} } }: Priced, tokens: Tokens): number {
  const prompt = METERS.filter((meter) => !meter.toLowerCase().includes('output')).reduce((all, meter) => all + (tokens[meter] ?? 0), 0);
  return Math.max(
    0,
    ...Object.keys(over)
      .map(Number)
      .filter((start) => prompt > start),
  );
}

function byFractions({ fees }: RandomBook, priced: Priced, usage: Usage) {
  const band = bandOf(priced, usage.tokens);
  const rates = band === 0 ? priced.tier.rates : (priced.tier.over?.[String(band)] ?? {});
  let dollars: Fraction = { over: 0n, under: 1n };
  const unpriced: Record<string, number> = {};
  const charge = (what: string, count: number, usd: Fraction | undefined) => {
    if (count === 0) return;
    if (usd) dollars = sum(dollars, product(usd, { over: BigInt(count), under: 1n }));
    else unpriced[what] = count;
  };
  for (const [meter, count] of Object.entries(usage.tokens)) {
    const rate = rates[meter as Meter];
    charge(
      meter,
      count,
      rate === undefined ? undefined : product(product(fraction(rate), fraction(priced.factor)), { over: 1n, under: 1_000_000n }),
    );
  }
  for (const [name, uses] of Object.entries(usage.fees ?? {}))
    charge(name, uses, fees[name] === undefined ? undefined : fraction(fees[name]));
  const pico = dollars.over * 10n ** 12n;
  assert.equal(pico % dollars.under, 0n);
  return { floor: pico / dollars.under, total: Object.keys(unpriced).length === 0, unpriced };
}
