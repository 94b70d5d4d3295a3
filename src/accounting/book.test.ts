import assert from 'node:assert/strict';
import test from 'node:test';
import { compileBook } from './book.ts';
import { priceBook, SHEETS } from './prices/index.ts';
import type { PriceSheet } from './sheet.ts';

const sheet = (models: PriceSheet['models'], more: Partial<PriceSheet> = {}): PriceSheet => ({
  seller: 'acme',
  source: 'https://acme.example/prices',
  checked_on: '2026-11-23',
  tier_words: {},
  models,
  ...more,
});
const plain = { standard: { rates: { input: '1' } } };

const MISTAKES: readonly [string, PriceSheet[], RegExp][] = [
  [
    'a float',
    [sheet([{ model: 'm', tiers: { standard: { rates: { input: '1e-6' } } } }])],
    /prices of acme: m: standard: input must be a decimal such as "3.75", got "1e-6"/,
  ],
  [
    'less than a picodollar',
    [sheet([{ model: 'm', tiers: { standard: { rates: { input: '0.0000001' } } } }])],
    /m: standard: input must come to whole picodollars/,
  ],
  [
    'a region that does not come out even',
    [sheet([{ model: 'm', tiers: { standard: { rates: { input: '0.000001' } } }, regions: { us: '1.1' } }])],
    /whole picodollars/,
  ],
  ['an unknown meter', [sheet([{ model: 'm', tiers: { standard: { rates: { inptu: '1' } as object } } }])], /"inptu" is not a meter/],
  ['no tiers', [sheet([{ model: 'm', tiers: {} }])], /m: tiers must not be empty/],
  [
    'a band that is no number',
    [sheet([{ model: 'm', tiers: { standard: { rates: {}, over: { '200K': null } } } }])],
    /over must be a number of tokens, got "200K"/,
  ],
  [
    'a name priced twice at once',
    [
      sheet([
        { model: 'm', aliases: ['n'], tiers: plain },
        { model: 'n', tiers: plain },
      ]),
    ],
    /n is priced twice from the start/,
  ],
  [
    'a day that is none',
    [sheet([{ model: 'm', from: 'yesterday', tiers: plain }])],
    /from must be a UTC date such as 2026-11-23, or a full hour of one, got "yesterday"/,
  ],
  ['two sheets of one seller', [sheet([]), sheet([])], /prices of acme: there is a second sheet/],
];

for (const [name, sheets, expected] of MISTAKES) {
  test(`a book is refused for ${name}`, () => assert.throws(() => compileBook(sheets), expected));
}

test('the prices that come along compile, and every tier of a model is at least defined for what its standard tier meters', () => {
  const gaps = SHEETS.flatMap(({ models }) =>
    models.flatMap(({ model, tiers }) =>
      Object.entries(tiers)
        .filter(([, tier]) => Object.keys(tier.rates).join() !== Object.keys(tiers['standard']?.rates ?? {}).join())
        .map(([tier]) => `${model} ${tier}`),
    ),
  );
  assert.deepEqual([[...priceBook().sellers.keys()], gaps], [['openai', 'anthropic'], []]);
});

test('batch and flex are half of standard in every column, as the vendors publish them', () => {
  const odd: string[] = [];
  for (const { models } of SHEETS) {
    for (const { model, tiers } of models) {
      for (const name of ['batch', 'flex']) {
        for (const [meter, usd] of Object.entries(tiers[name]?.rates ?? {})) {
          const standard = tiers['standard']?.rates[meter as 'input'];
          if (Number(usd) * 2 !== Number(standard)) odd.push(`${model} ${name} ${meter}`);
        }
      }
    }
  }
  assert.deepEqual(odd, []);
});

test('a book’s version changes with its content', () => {
  const one = compileBook([sheet([{ model: 'm', tiers: plain }])]);
  const other = compileBook([sheet([{ model: 'm', tiers: { standard: { rates: { input: '2' } } } }])]);
  assert.notEqual(one.version, other.version);
  assert.equal(one.version, compileBook([sheet([{ model: 'm', tiers: plain }])]).version);
});

test('an operator’s sheet takes the place of a seller’s', () => {
  const own = priceBook([sheet([{ model: 'gpt-6-sol', tiers: plain }], { seller: 'openai' })]);
  assert.deepEqual([...(own.sellers.get('openai')?.models.keys() ?? [])], ['gpt-6-sol']);
});
