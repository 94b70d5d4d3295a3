import assert from 'node:assert/strict';
import test from 'node:test';
import { readConfig } from './read.ts';

const PROVIDERS = 'providers: { openai: { dialect: openai, apiKey: k } }\n';
const read = (text: string) => readConfig(PROVIDERS + text, { SLACK: 'https://hooks.slack.test/secret' });
const problems = (text: string) => {
  const found = read(text);
  return 'problems' in found ? found.problems.map(({ message }) => message) : [];
};
function alerts(text: string) {
  const found = read(text);
  assert.ok('config' in found);
  return found.config.alerts;
}

test('without a word about alerts a refused key, a price nobody knows and the like are watched for, and the log hears of them', () => {
  const { rules, recipients } = alerts('')!;
  assert.deepEqual(
    rules.map(({ name, notify }) => [name, ...notify]),
    [['upstream_auth'], ['budget'], ['unpriced'], ['stale_prices'], ['ledger'], ['undelivered'], ['clock_skew'], ['usage_missing']],
  );
  assert.equal(recipients.size, 0);
  assert.equal(alerts('alerts: off'), undefined);
});

test('rules are read with exact ratios and sums, and tell everyone in notify unless they name some', () => {
  const { rules, recipients, deadAfterMs } = alerts(`
alerts:
  - { rule: daily_spend, by: feature, ratio: 1.5, floor: $2.50, notify: [ops] }
  - { rule: call_tokens, over: 200000 }
  - { rule: error_rate, abovePercent: 30, window: 10m, link: "https://grafana.test/d/{provider}" }
alertDefaults: { timezone: Europe/Berlin, giveUpAfter: 2h }
notify:
  ops: { slack: "\${SLACK}" }
  pager: { pagerduty: routing }
  own: { webhook: "http://127.0.0.1:9/x?version=1&sig=a%2Fb", secret: a-secret-of-16-chars }
`)!;
  assert.deepEqual(rules.slice(0, 3), [
    {
      rule: 'daily_spend',
      name: 'daily_spend by feature',
      notify: ['ops'],
      by: 'feature',
      timezone: 'Europe/Berlin',
      settings: {
        ratio: { numerator: 15n, denominator: 10n },
        clearRatio: { numerator: 1_350_000n, denominator: 1_000_000n },
        floor: 2_500_000_000_000n,
        windowDays: 7,
        historyDaysMin: 3,
        mode: 'mean',
      },
    },
    { rule: 'call_tokens', name: 'call_tokens over 200000', notify: ['ops', 'pager', 'own'], over: 200_000, everyMs: 300_000 },
    {
      rule: 'error_rate',
      name: 'error_rate',
      notify: ['ops', 'pager', 'own'],
      link: 'https://grafana.test/d/{provider}',
      settings: { windowMinutes: 10, requestsMin: 20, fireAbove: 0.3, clearAtOrBelow: 0.15, clearMinutes: 5 },
    },
  ]);
  assert.deepEqual(
    [...recipients],
    [
      ['ops', { kind: 'slack', url: 'https://hooks.slack.test/secret' }],
      ['pager', { kind: 'pagerduty', routingKey: 'routing', url: 'https://events.pagerduty.com/v2/enqueue' }],
      ['own', { kind: 'webhook', url: 'http://127.0.0.1:9/x?version=1&sig=a%2Fb', headers: {}, secret: 'a-secret-of-16-chars' }],
    ],
  );
  assert.equal(deadAfterMs, 7_200_000);
});

test('what is wrong about alerts is told by its place, and secrets are not repeated', () => {
  assert.deepEqual(problems('alerts: [{ rule: daily_spent }]').length, 1);
  assert.match(problems('alerts: [{ rule: daily_spent }]')[0]!, /^alerts\[0\]\.rule must be a rule: daily_spend, .*, got "daily_spent"$/);
  assert.deepEqual(
    problems(`
alerts:
  - { rule: error_rate, abovePercent: 10, clearPercent: 10 }
  - { rule: error_rate, name: second, clearPercent: 21 }
  - { rule: throttled, abovePercent: 5, clearPercent: 6 }`),
    ['alerts[1].clearPercent must be at most abovePercent (20), got 21', 'alerts[2].clearPercent must be at most abovePercent (5), got 6'],
  );
  assert.deepEqual(problems('alerts: [{ rule: call_tokens, over: 5, notify: [opps] }]\nnotify: { ops: { slack: "http://x.test/" } }'), [
    'alerts[0].notify[0] names "opps", which is not in notify (did you mean "ops"?)',
  ]);
  assert.deepEqual(problems('alerts: [{ rule: daily_spend }, { rule: daily_spend, ratio: 2 }]'), [
    'alerts[1] must have a name of its own, another rule is called "daily_spend": add name',
  ]);
  assert.deepEqual(problems('alertDefaults: { timezone: Mars/Olympus }'), [
    'alertDefaults.timezone must be a time zone such as "Europe/Berlin", got "Mars/Olympus"',
  ]);
  assert.deepEqual(problems('notify: { am: { alertmanager: "http://127.0.0.1:9093/?a=b" } }'), [
    'notify.am.alertmanager must be an http(s) address without query, got "http://127.0.0.1:9093/?a=b"',
  ]);
  assert.match(
    problems('notify: { ops: { webhook: "x-secret-token" } }')[0]!,
    /^notify\.ops\.webhook must be an http\(s\) address, got text of 14/,
  );
});
