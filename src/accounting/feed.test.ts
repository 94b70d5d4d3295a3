import assert from 'node:assert/strict';
import test from 'node:test';
import { compileBook } from './book.ts';
import { compareWithFeed, type Feed, type FeedPrice } from './feed.ts';

const book = compileBook([
  {
    seller: 'acme',
    source: 'https://acme.example',
    checked_on: '2026-11-23',
    tier_words: {},
    models: [
      { model: 'same', tiers: { standard: { rates: { input: '2', output: '10.5' }, over: { '1000': { input: '4', output: '21' } } } } },
      {
        model: 'differs',
        aliases: ['differs-2026'],
        tiers: {
          standard: {
            rates: { input: '2', cacheRead: '0.1', output: '10' },
            over: { '1000': { input: '4', cacheRead: '0.2', output: '15' } },
          },
        },
      },
      { model: 'changed', tiers: { standard: { rates: { input: '3' } } } },
      { model: 'changed', from: '2026-10-07', tiers: { standard: { rates: { input: '2' } } } },
      { model: 'ours', tiers: { standard: { rates: { input: '1' } } } },
      { model: 'dated', from: '2027-01-01', tiers: { standard: { rates: { input: '1' } } } },
    ],
  },
]);

const flat = (usd: number) => ({ usd, over: [] });
const PRICES: Readonly<Record<string, FeedPrice>> = {
  same: {
    model: 'same',
    meters: { input: { usd: 2, over: [{ tokens: 1000, usd: 4 }] }, output: { usd: 10.5, over: [{ tokens: 1000, usd: 21 }] } },
  },
  differs: {
    model: 'differs',
    meters: {
      input: { usd: 2, over: [{ tokens: 999, usd: 4 }] },
      output: { usd: 11, over: [{ tokens: 999, usd: 16 }] },
      audioInput: flat(5),
    },
  },
  'differs-2026': { model: 'diff', meters: { input: flat(2), cacheRead: flat(0.1), output: flat(10) } },
  changed: { model: 'changed', meters: { input: flat(2) } },
};
const feed: Feed = { models: () => [...Object.keys(PRICES), 'theirs'], find: (_, model) => PRICES[model] };

test('every number that differs is told with both, and models that only one list has', () => {
  const row = (model: string, what: string, ours: string | null, theirs: string | null, takenFor?: string) => ({
    seller: 'acme',
    model,
    what,
    ours,
    theirs,
    ...(takenFor && { takenFor }),
  });
  assert.deepEqual(compareWithFeed(book, feed, Date.parse('2026-11-26')), {
    compared: 4,
    disagreements: [
      row('differs', 'over', '1000', '999'),
      row('differs', 'cacheRead', '0.1', null),
      row('differs', 'output', '10', '11'),
      row('differs', 'audioInput', null, '5'),
      row('differs', 'cacheRead over 1000', '0.2', null),
      row('differs', 'output over 1000', '15', '16'),
      row('differs', 'audioInput over 1000', null, '5'),
      row('differs-2026', 'over', '1000', null, 'diff'),
    ],
    onlyOurs: ['acme/ours'],
    onlyTheirs: ['acme/theirs'],
  });
});

test('prices are compared as they were at the moment asked for', () => {
  const { disagreements } = compareWithFeed(book, feed, Date.parse('2026-10-06'));
  assert.deepEqual(disagreements.at(-1), { seller: 'acme', model: 'changed', what: 'input', ours: '3', theirs: '2' });
});
