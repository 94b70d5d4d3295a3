import assert from 'node:assert/strict';
import test from 'node:test';
import { WAIT_MS_MAX, waitsOf } from './waits.ts';

const AT = 'Mon, 23 Nov 2026 10:00:00 GMT';
const AT_MS = Date.parse(AT);
/** Our own clock, an hour wrong: it must not matter where the answer bears a date. */
const ASTRAY_MS = AT_MS + 3_600_000;

const limited = (remaining: string, reset: string, name = 'requests') => ({
  [`x-ratelimit-remaining-${name}`]: remaining,
  [`x-ratelimit-reset-${name}`]: reset,
});
const anthropic = (remaining: string, reset: string, name = 'tokens') => ({
  [`anthropic-ratelimit-${name}-remaining`]: remaining,
  [`anthropic-ratelimit-${name}-reset`]: reset,
});

/** Headers of a 429 answered at `AT`, and the wait they ask for in milliseconds. */
const CORPUS: readonly (readonly [headers: Record<string, string>, expected: number | undefined])[] = [
  // Seconds.
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after': '1' }, 1000],
  [{ 'retry-after': '1.5' }, 1500],
  [{ 'retry-after': '.25' }, 250],
  [{ 'retry-after': '2.' }, 2000],
  [{ 'retry-after': ' 17 ' }, 17_000],
  [{ 'retry-after': '0.0001' }, 1],
  [{ 'retry-after': '2000000' }, 2_000_000_000],
  [{ 'retry-after': '86400000' }, WAIT_MS_MAX],
  [{ 'retry-after': '9'.repeat(400) }, WAIT_MS_MAX],
  [{ 'retry-after': '5, 10' }, 10_000],
  // Nonsense, of which a lenient date parser makes years.
  [{ 'retry-after': '' }, undefined],
  [{ 'retry-after': '-1' }, undefined],
  [{ 'retry-after': 'NaN' }, undefined],
  [{ 'retry-after': 'Infinity' }, undefined],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': 'in 5 seconds' }, undefined],
  [{ 'retry-after': '1e3' }, undefined],
  [{ 'retry-after': '0x10' }, undefined],
  [{ 'retry-after': '1,5' }, 5000],
  [{ 'retry-after': 'Mon, 99 Nov 2026 10:00:30 GMT' }, undefined],
  // Dates in all the forms there are.
  [{ 'retry-after': 'Mon, 23 Nov 2026 10:00:30 GMT' }, 30_000],
  [{ 'retry-after': 'Monday, 23-Nov-26 10:00:30 GMT' }, 30_000],
  [{ 'retry-after': 'Mon Nov 23 10:00:30 2026' }, 30_000],
  [{ 'retry-after': '2026-11-23T10:00:30.5Z' }, 30_500],
  [{ 'retry-after': '2026-11-23T11:00:30+01:00' }, 30_000],
  [{ 'retry-after': 'Mon, 23 Nov 2026 09:59:00 GMT' }, 0],
  [{ 'retry-after': 'Tue, 23 Nov 2027 10:00:00 GMT' }, WAIT_MS_MAX],
  // Milliseconds come first, where they are sense.
  [{ 'retry-after-ms': '250', 'retry-after': '1' }, 250],
  [{ 'retry-after-ms': '0', 'retry-after': '1' }, 0],
  [{ 'retry-after-ms': '12.3' }, 13],
  [{ 'retry-after-ms': '-5', 'retry-after': '1' }, 1000],
  [{ 'retry-after-ms': 'soon', 'retry-after': '1' }, 1000],
  // Resets of OpenAI and those who speak like it.
  [limited('0', '6m0s'), 360_000],
  [limited('0', '1.5s'), 1500],
  [limited('0', '12ms'), 12],
  [limited('0', '7.66s', 'tokens'), 7660],
  [limited('0', '6h0m0.5s'), 21_600_500],
  [limited('0', '1d2h'), 93_600_000],
  [limited('0', '59'), 59_000],
  [limited('-2', '3s'), 3000],
  [limited('1', '6m0s'), undefined],
  [limited('', '6m0s'), undefined],
  [limited('0', 'later'), undefined],
  [{ 'x-ratelimit-reset-requests': '6m0s' }, undefined],
  [{ ...limited('0', '1s'), ...limited('0', '9s', 'tokens'), ...limited('5', '6m0s', 'day') }, 9000],
  [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(AT_MS + 4000) }, 4000],
  [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(AT_MS / 1000 + 4) }, 4000],
  // Resets of Anthropic.
  [anthropic('0', '2026-11-23T10:00:12Z'), 12_000],
  [anthropic('0', '2026-11-23T10:00:12Z', 'priority-input-tokens'), 12_000],
  [anthropic('0', '2026-11-23T09:00:00Z'), 0],
  [anthropic('9', '2026-11-23T10:00:12Z'), undefined],
  [anthropic('0', 'tomorrow'), undefined],
  [{ ...anthropic('0', '2026-11-23T10:00:12Z'), ...anthropic('0', '2026-11-23T10:00:40Z', 'requests') }, 40_000],
  // What is asked outright wins over resets.
  [{ 'retry-after': '2', ...anthropic('0', '2026-11-23T10:00:12Z') }, 2000],
  [{ 'retry-after': 'soon', ...anthropic('0', '2026-11-23T10:00:12Z') }, 12_000],
  [{}, undefined],
];

const waitMs = (headers: Record<string, string>, over: Partial<Parameters<typeof waitsOf>[1]> = {}) =>
  waitsOf(headers, { kind: 'throttled', message: '', nowMs: ASTRAY_MS, ...over }).retryAfterMs;

for (const [headers, expected] of CORPUS) {
  const said = JSON.stringify(headers);
  test(`${said.length > 150 ? `${said.slice(0, 150)}…` : said} asks to wait ${expected ?? 'for nothing'}`, () =>
    assert.equal(waitMs({ date: AT, ...headers }), expected));
}

test('dates count from our clock where the answer bears no date, and say nothing without either', () => {
  const headers = { 'retry-after': 'Mon, 23 Nov 2026 10:00:30 GMT' };
  assert.deepEqual(
    [waitMs(headers, { nowMs: AT_MS }), waitMs({ ...headers, date: 'today' }, { nowMs: AT_MS }), waitMs(headers, { nowMs: undefined })],
    [30_000, 30_000, undefined],
  );
});

test('waits that stand only in the words are read', () => {
  const said = [
    'Rate limit reached. Please try again in 1m1.5s.',
    'Rate limit reached. Please try again in 20ms. Visit us.',
    'Requests have exceeded the token rate limit. Please retry after 6 seconds.',
    'Please retry after 1 second.',
    'You exceeded your current quota. Please retry in 34.07s.',
    'Please try again in 2 hours.',
    'Please try again in a moment.',
    'Please try again later.',
  ].map((message) => waitMs({}, { message }));
  assert.deepEqual(said, [61_500, 20, 6000, 1000, 34_070, 7_200_000, undefined, undefined]);
});

test('a wait is read only of failures that another try, or a rested key, can mend', () => {
  const kinds = (['throttled', 'overloaded', 'broken', 'slow', 'denied', 'exhausted', 'invalid', 'tooLong', 'filtered'] as const).map(
    (kind) => [kind, waitMs({ 'retry-after': '2' }, { kind }), waitMs({ date: AT, ...limited('0', '3s') }, { kind })],
  );
  assert.deepEqual(kinds, [
    ['throttled', 2000, 3000],
    ['overloaded', 2000, 3000],
    ['broken', 2000, undefined],
    ['slow', 2000, undefined],
    ['denied', 2000, undefined],
    ['exhausted', 2000, undefined],
    ['invalid', undefined, undefined],
    ['tooLong', undefined, undefined],
    ['filtered', undefined, undefined],
  ]);
});

test('the provider’s own word on another try is passed on, whatever the kind', () => {
  const told = ['true', 'false', ' False ', 'yes', ''].map(
    (word) => waitsOf({ 'x-should-retry': word }, { kind: 'invalid', message: '' }).shouldRetry,
  );
  assert.deepEqual(told, [true, false, false, undefined, undefined]);
});
