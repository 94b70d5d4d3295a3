import assert from 'node:assert/strict';
import test from 'node:test';
import { pricesAgeDays, staleness } from './age.ts';

const book = { checkedOn: '2026-11-23' };
const at = (time: string) => Date.parse(time);

test('prices age by whole days, and never before their day', () => {
  const ages = ['2026-11-22T12:00:00Z', '2026-11-23T00:00:00Z', '2026-11-23T23:59:59Z', '2026-11-24T00:00:00Z', '2026-12-23T00:00:00Z'];
  assert.deepEqual(
    ages.map((time) => pricesAgeDays(book, at(time))),
    [0, 0, 0, 1, 30],
  );
});

test('prices are stale after thirty days, not on the thirtieth', () => {
  assert.equal(staleness(book, at('2026-12-23T23:59:59Z')), undefined);
  assert.equal(
    staleness(book, at('2026-12-24T00:00:00Z')),
    'the prices were last compared with their sources on 2026-11-23, 31 days ago: costs may be wrong',
  );
});
