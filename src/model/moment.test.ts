import assert from 'node:assert/strict';
import test from 'node:test';
import { momentMs } from './moment.ts';

test('a moment is a day, or a time with its distance from UTC, that some calendar has', () => {
  for (const [text, iso] of [
    ['2027-01-31', '2027-01-31T00:00:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
    ['2027-01-31T12:00Z', '2027-01-31T12:00:00.000Z'],
    ['2027-01-31T12:00:01.5+05:30', '2027-01-31T06:30:01.500Z'],
    ['2027-02-31', undefined],
    ['2027-02-29T12:00Z', undefined],
    ['2027-13-01', undefined],
    ['2027-01-31T12:00', undefined],
    ['2027-01-31T25:00Z', undefined],
    ['tomorrow', undefined],
  ] as const) {
    const ms = momentMs(text);
    assert.equal(ms === undefined ? undefined : new Date(ms).toISOString(), iso, text);
  }
});
