import assert from 'node:assert/strict';
import test from 'node:test';
import { daysBefore, dayTimeAt } from './calendar.ts';

test('days around a changed clock follow each other without a gap, each with its own length', () => {
  const today = dayTimeAt(Date.parse('2026-03-10T12:00:00Z'), 'America/New_York');
  const days = daysBefore(today, 3, 'America/New_York');
  assert.deepEqual(
    days.map(({ day, startMs, endMs }) => [day, (endMs - startMs) / 3_600_000]),
    [
      ['2026-03-07', 24],
      ['2026-03-08', 23],
      ['2026-03-09', 24],
    ],
  );
  assert.equal(days.at(-1)!.endMs, today.startMs);
});
