import assert from 'node:assert/strict';
import test from 'node:test';
import { usageRecord } from '../../../test/support/alerting.ts';
import type { Money } from '../../model/money.ts';
import type { Ask } from '../../store/ask.ts';
import type { DaySum, DaySumsInput } from '../../store/day-sums.ts';
import { createSpendBook } from './spend-book.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 26, 12);
const usd = (dollars: number) => (BigInt(Math.round(dollars * 100)) * 10n ** 10n) as Money;
const spent = (dollars: number, endedAtMs: number) => [usageRecord({ usd: dollars, endedAtMs })];

/** A ledger that says what it is told to. */
function ledger(sums: DaySum[]): { ask: Ask; asked: DaySumsInput[] } {
  const asked: DaySumsInput[] = [];
  const ask = (async (_: string, input: DaySumsInput) => {
    asked.push(input);
    return sums;
  }) as unknown as Ask;
  return { ask, asked };
}

test('idle days since the first activity count as nothing spent, days before it do not exist', () => {
  const book = createSpendBook('feature', 'UTC', 8, START, undefined);
  book.add(spent(10, START));
  for (let day = 1; day <= 3; day += 1) book.turn(START + day * DAY);
  assert.deepEqual([book.past('chat'), book.past('other')], [[usd(10), 0n, 0n], []]);
});

test('a late call belongs to its own day, an early one to the day that is about to begin', () => {
  const book = createSpendBook('total', 'UTC', 8, START, undefined);
  book.add(spent(1, START - DAY));
  book.add(spent(2, START));
  book.add(spent(4, START + DAY));
  assert.deepEqual([book.spend(''), book.past('')], [usd(2), [usd(1)]]);
  book.turn(START + DAY);
  assert.deepEqual([book.spend(''), book.past('')], [usd(4), [usd(1), usd(2)]]);
});

test('what others spent is added once, however far the ledger is behind', async () => {
  const sums: DaySum[] = [{ day: 1, value: '', spend: usd(6) }];
  const book = createSpendBook('total', 'UTC', 1, START, ledger(sums).ask);
  const reads = async (dollars: number) => {
    sums[0] = { day: 1, value: '', spend: usd(dollars) };
    await book.refresh();
    return book.spend('');
  };
  await book.refresh();
  assert.deepEqual([book.ready, book.spend('')], [true, usd(6)]);
  book.add(spent(4, START));
  book.changed();
  // The ledger has not heard of our four yet, then it has, then others have spent five more.
  assert.deepEqual([await reads(6), await reads(10), await reads(15)], [usd(10), usd(10), usd(15)]);
});

test('days end at midnight of their own time zone, whatever their length', async () => {
  const { ask, asked } = ledger([]);
  // The clocks of New York were put back on 1 November 2026.
  const book = createSpendBook('total', 'America/New_York', 2, Date.UTC(2026, 10, 2, 12), ask);
  await book.refresh();
  assert.deepEqual(
    asked[0]!.days.map(({ startMs, endMs }) => [new Date(startMs).toISOString(), (endMs - startMs) / HOUR]),
    [
      ['2026-10-31T04:00:00.000Z', 24],
      ['2026-11-01T04:00:00.000Z', 25],
      ['2026-11-02T05:00:00.000Z', 24],
    ],
  );
  assert.equal(book.turn(Date.UTC(2026, 10, 3, 5) - 1), undefined);
  assert.equal(book.turn(Date.UTC(2026, 10, 3, 5))?.day.day, '2026-11-02');
});
