import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { usd } from '../model/money.ts';
import { inPreference, type Outlook, STRATEGIES } from './route.ts';

interface Place {
  readonly name: string;
  readonly weight: number;
  readonly usd?: string;
  readonly ms?: number;
  readonly warm?: true;
}
const OUTLOOK: Outlook<Place> = {
  price: (one) => (one.usd === undefined ? null : usd(one.usd)),
  speed: ({ ms }) => ms,
  warm: ({ warm = false }) => warm,
};
const place = (name: string, facts: Partial<Place> = {}): Place => ({ name, weight: 1, ...facts });
const names = (strategy: (typeof STRATEGIES)[number], places: readonly Place[], random = 0.5) =>
  inPreference(strategy, places, OUTLOOK, random).map(({ name }) => name);

test('the cheapest comes first, those alike as written, those without a price last', () => {
  const places = [place('unpriced'), place('dear', { usd: '2' }), place('cheap', { usd: '1' }), place('cheap too', { usd: '1' })];
  assert.deepEqual(names('cheapest', places), ['cheap', 'cheap too', 'dear', 'unpriced']);
});

test('the fastest comes first, after those nobody has asked yet', () => {
  const places = [place('slow', { ms: 900 }), place('fast', { ms: 100 }), place('new')];
  assert.deepEqual(names('fastest', places), ['new', 'fast', 'slow']);
});

test('now and then a slow one is asked first, so that it can become fast', () => {
  const places = [place('fast', { ms: 100 }), place('slow', { ms: 900 })];
  assert.deepEqual(names('fastest', places, 0.049), ['slow', 'fast']);
  assert.deepEqual(names('fastest', places, 0.01), ['fast', 'slow']);
});

test('a conversation stays where it is cached, if reading it makes that the cheaper place', () => {
  const first = place('first', { usd: '1' });
  assert.deepEqual(names('sticky', [first, place('warm', { usd: '0.9', warm: true })]), ['warm', 'first']);
  assert.deepEqual(names('sticky', [first, place('warm', { usd: '1', warm: true })]), ['first', 'warm']);
  assert.deepEqual(names('sticky', [first, place('warm', { warm: true })]), ['first', 'warm']);
});

test('whatever the strategy, every target is there once', () => {
  const some = fc.uniqueArray(
    fc.record({
      name: fc.string(),
      weight: fc.integer({ min: 1, max: 9 }),
      ms: fc.integer({ min: 0, max: 5 }),
      usd: fc.constantFrom('0', '1'),
    }),
    { minLength: 1, maxLength: 6, selector: ({ name }) => name },
  );
  fc.assert(
    fc.property(fc.constantFrom(...STRATEGIES), some, fc.double({ min: 0, max: 0.999999, noNaN: true }), (strategy, places, random) => {
      assert.deepEqual(names(strategy, places, random).toSorted(), places.map(({ name }) => name).toSorted());
    }),
  );
});
