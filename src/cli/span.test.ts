import assert from 'node:assert/strict';
import test from 'node:test';
import { hourIn, type SpanOptions, spanOf } from './span.ts';

const nowMs = Date.parse('2026-10-26T15:20:30Z');
const iso = (options: Partial<SpanOptions>) => {
  const { fromMs, toMs } = spanOf({ zone: 'UTC', ...options }, nowMs);
  return `${new Date(fromMs).toISOString().slice(0, 16)} ${new Date(toMs).toISOString().slice(0, 16)}`;
};
const HOUR_MS = 3_600_000;

test('a time is what its words mean in the zone', () => {
  assert.equal(iso({}), '2026-10-20T00:00 2026-10-27T00:00');
  assert.equal(iso({ last: 24 * HOUR_MS }), '2026-10-26T00:00 2026-10-27T00:00');
  assert.equal(iso({ last: 24 * HOUR_MS, every: 'hour' }), '2026-10-25T16:00 2026-10-26T16:00');
  assert.equal(iso({ last: 90 * 60_000 }), '2026-10-26T14:00 2026-10-26T16:00');
  // Clocks in Berlin went back an hour on the 25th.
  assert.equal(iso({ last: 48 * HOUR_MS, zone: 'Europe/Berlin' }), '2026-10-24T22:00 2026-10-26T23:00');
  assert.equal(iso({ from: '2026-10-25', to: '2026-10-26', zone: 'Europe/Berlin' }), '2026-10-24T22:00 2026-10-25T23:00');
  assert.equal(iso({ from: '2026-10-25', zone: 'Pacific/Kiritimati' }), '2026-10-24T10:00 2026-10-27T10:00');
  assert.equal(iso({ from: '2026-10-25', to: '2026-10-26', zone: 'Pacific/Pago_Pago' }), '2026-10-25T11:00 2026-10-26T11:00');
  assert.equal(iso({ from: '2026-10-25T14:30+02:00', to: '2026-10-25T13:00Z' }), '2026-10-25T12:30 2026-10-25T13:00');
});

test('a time that means nothing is refused by its option', () => {
  assert.throws(() => iso({ from: 'yesterday' }), {
    message: '--from must be a date such as 2026-11-20 or a moment such as 2026-11-20T14:00Z, got "yesterday"',
  });
  for (const from of ['2026-02-30', '2026-02-30T12:00Z']) assert.throws(() => iso({ from }), /--from must be a date/);
  assert.throws(() => iso({ from: '2026-10-20', to: '2026-10-20' }), /--from 2026-10-20 is not before --to 2026-10-20/);
  assert.throws(() => iso({ to: '2026-10-20' }), /--to needs --from/);
  assert.throws(() => iso({ from: '2026-10-20', last: 1 }), /--last stands for --from and --to/);
});

test('an hour that comes twice is told apart', () => {
  assert.deepEqual(
    [0, 1].map((hour) => hourIn('Europe/Berlin', Date.parse('2026-10-25T00:00Z') + hour * HOUR_MS)),
    ['2026-10-25 02:00 +02:00', '2026-10-25 02:00 +01:00'],
  );
  assert.equal(hourIn('UTC', nowMs), '2026-10-26 15:20');
});
