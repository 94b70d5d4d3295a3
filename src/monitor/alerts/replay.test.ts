import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import type { JsonObject } from '../../model/json.ts';
import { replayCase } from './replay.ts';

const OWN = 'fixtures/alerts/cases.json';
const GOLDEN = path.resolve(import.meta.dirname, '../../../../shared/golden/alerts.json');

for (const file of [OWN, GOLDEN].filter((name) => name === OWN || existsSync(name))) {
  for (const golden of (JSON.parse(readFileSync(file, 'utf8')) as { cases: JsonObject[] }).cases) {
    test(`${path.basename(file)} ${String(golden['id'])}: ${String(golden['title'] ?? golden['why'])}`, () => {
      assert.deepEqual(replayCase(golden), golden['expected']);
    });
  }
}

const NO_CASES: readonly [string, JsonObject, RegExp][] = [
  ['a rule nobody knows', { rule: 'moon' }, /rule must be daily_spend, .*, got "moon"/],
  ['an object’s own words for a rule', { rule: 'toString' }, /rule must be daily_spend/],
  ['a parameter nobody knows', { rule: 'daily_spend', params: { ratios: 2 } }, /params\.ratios is not known to daily_spend: it has ratio,/],
  ['a mode nobody knows', { rule: 'daily_spend', params: { mode: 'median' } }, /mode: expected mean, winsor or weekday, got "median"/],
  ['a window of no days', { rule: 'daily_spend', params: { window_days: 0 } }, /window_days: expected a whole number of 1 or more/],
  ['money that is none', { rule: 'daily_spend', history_usd: ['1', null] }, /history_usd\[1\] must be dollars such as "1\.5", got null/],
  ['a budget without a limit', { rule: 'budget', events: [] }, /limit_usd must be dollars/],
  ['a call without a limit', { rule: 'call_tokens', provider: 'openai', usage: { prompt_tokens: 1 } }, /limit_tokens must say/],
  ['a storm of no size', { rule: 'call_tokens_storm', title: 'many' }, /title must say how many calls/],
  ['minutes that are no pairs', { rule: 'error_rate', minutes: [{ requests: 1 }] }, /minutes\[0\] must be \[requests, errors\]/],
  ['a storm in no time we know', { rule: 'call_tokens_storm', title: '5 calls in 3 fortnights' }, /title must say the time in s, min or h/],
  ['a storm on two features', { rule: 'call_tokens_storm', title: '5 calls in 3 s on two features' }, /about one feature/],
  ['a call of no size', { rule: 'call_tokens', limit_tokens: 5 }, /usage, or estimate_tokens and max_tokens, must say/],
  [
    'an event with more to it than we know',
    { rule: 'daily_spend', history_usd: ['1', '1', '1'], today_events: [{ at: 'x', usd: '1', refund_of: 'y' }] },
    /today_events: refund_of is not known/,
  ],
  ['a time that is none', { rule: 'day_bucket', instant: 'noon' }, /instant must be a time/],
];

for (const [name, golden, message] of NO_CASES) {
  test(`a case of ${name} is refused by name`, () => assert.throws(() => replayCase(golden), message));
}

test('what a case leaves out the file says, before the rule does', () => {
  const golden = { rule: 'daily_spend', history_usd: ['10', '10', '10'], today_events: [{ at: 'noon', usd: '18' }] };
  const said = (defaults: JsonObject, params: JsonObject = {}) =>
    replayCase({ ...golden, params }, { daily_spend: { timezone: 'UTC', ...defaults } })['threshold_usd'];
  assert.deepEqual([said({}), said({ ratio: '2' }), said({ ratio: '2' }, { ratio: '3' })], ['15', '20', '30']);
});
