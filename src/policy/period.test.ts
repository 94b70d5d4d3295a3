import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { BUDGET_PERIODS, type BudgetPeriod } from '../model/key.ts';
import { isTimezone, periodAt, periodClock } from './period.ts';

const HOUR_MS = 3_600_000;

const rows: [BudgetPeriod, string, string, string, string][] = [
  ['day', 'UTC', '2026-11-26T13:00:00Z', '2026-11-26T00:00:00Z', '2026-11-27T00:00:00Z'],
  ['hour', 'UTC', '2026-11-26T13:59:59.999Z', '2026-11-26T13:00:00Z', '2026-11-26T14:00:00Z'],
  ['month', 'UTC', '2026-11-26T13:00:00Z', '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'],
  ['day', 'Europe/Berlin', '2026-11-26T23:30:00Z', '2026-11-26T23:00:00Z', '2026-11-27T23:00:00Z'],
  // Clocks forward: 23 hours. Clocks back: 25.
  ['day', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'],
  ['day', 'Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z'],
  ['month', 'America/New_York', '2026-12-01T04:59:59Z', '2026-11-01T04:00:00Z', '2026-12-01T05:00:00Z'],
  // The hour that comes twice is two.
  ['hour', 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25T00:00:00Z', '2026-10-25T01:00:00Z'],
  ['hour', 'Europe/Berlin', '2026-10-25T01:30:00Z', '2026-10-25T01:00:00Z', '2026-10-25T02:00:00Z'],
  // Half-hour and quarter-hour zones.
  ['hour', 'Asia/Kolkata', '2026-11-26T13:45:00Z', '2026-11-26T13:30:00Z', '2026-11-26T14:30:00Z'],
  ['day', 'Asia/Kathmandu', '2026-11-26T13:45:00Z', '2026-11-25T18:15:00Z', '2026-11-26T18:15:00Z'],
  // A day that begins at one o'clock, because midnight is skipped.
  ['day', 'Africa/Cairo', '2026-04-24T12:00:00Z', '2026-04-23T22:00:00Z', '2026-04-24T21:00:00Z'],
  ['day', 'Pacific/Kiritimati', '2026-11-26T10:00:00Z', '2026-11-26T10:00:00Z', '2026-11-27T10:00:00Z'],
  ['month', 'Pacific/Apia', '2011-12-30T12:00:00Z', '2011-12-01T10:00:00Z', '2011-12-31T10:00:00Z'],
];
for (const [period, timezone, at, start, end] of rows) {
  test(`the ${period} of ${at} in ${timezone}`, () => {
    const { startMs, endMs } = periodAt(period, timezone, Date.parse(at));
    assert.deepEqual([new Date(startMs), new Date(endMs)], [new Date(start), new Date(end)]);
  });
}

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'Asia/Kolkata',
  'Australia/Sydney',
  'Africa/Cairo',
  'Pacific/Apia',
];
const moments = fc.integer({ min: Date.UTC(2015, 0), max: Date.UTC(2035, 0) });

test('periods follow each other without gap or overlap, and hold their moment', () => {
  fc.assert(
    fc.property(fc.constantFrom(...BUDGET_PERIODS), fc.constantFrom(...ZONES), moments, (period, timezone, atMs) => {
      const { startMs, endMs } = periodAt(period, timezone, atMs);
      assert.ok(startMs <= atMs && atMs < endMs);
      assert.equal(periodAt(period, timezone, startMs).startMs, startMs);
      assert.equal(periodAt(period, timezone, endMs - 1).startMs, startMs);
      assert.equal(periodAt(period, timezone, endMs).startMs, endMs);
    }),
    { numRuns: 300 },
  );
});

test('a day begins when the date changes there', () => {
  fc.assert(
    fc.property(fc.constantFrom(...ZONES), moments, (timezone, atMs) => {
      const date = new Intl.DateTimeFormat('en-CA', { timeZone: timezone });
      const { startMs, endMs } = periodAt('day', timezone, atMs);
      assert.equal(date.format(startMs), date.format(atMs));
      assert.notEqual(date.format(startMs - 1), date.format(startMs));
      assert.equal(date.format(endMs - 1), date.format(atMs));
      assert.ok(endMs - startMs >= 23 * HOUR_MS && endMs - startMs <= 25 * HOUR_MS);
    }),
    { numRuns: 300 },
  );
});

test('the clock tells the same as the calendar', () => {
  const clock = periodClock('day', 'Europe/Berlin');
  for (const at of ['2026-10-24T21:59:59Z', '2026-10-24T22:00:00Z', '2026-10-25T22:59:59Z', '2026-10-25T23:00:00Z', '2026-10-24T00:00:00Z'])
    assert.deepEqual(clock(Date.parse(at)), periodAt('day', 'Europe/Berlin', Date.parse(at)));
});

test('time zones are those of the calendar', () => {
  assert.deepEqual(['Europe/Berlin', 'UTC', 'Mars/Olympus', ''].map(isTimezone), [true, true, false, false]);
});
