import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import test from 'node:test';
import type { AlertNews } from '../../../policy/alerts/alert.ts';
import { recipientOf } from './index.ts';

const NEWS: AlertNews = {
  rule: 'daily_spend',
  name: 'daily_spend by feature',
  severity: 'error',
  about: { feature: 'a&b <c>' },
  period: '2026-11-26',
  summary: 'feature a&b <c> spent $15.01',
  value: '$15.01',
  threshold: '$15.00 (1.5 × $10.00)',
  baselineDays: 7,
  contributors: [{ name: 'model gpt', value: '$9.00' }],
  advice: 'Look <here>',
  type: 'firing',
  fingerprint: 'daily_spend by feature{feature="a&b <c>"}',
  atMs: Date.UTC(2026, 10, 26, 9),
  startedAtMs: Date.UTC(2026, 10, 26, 9),
  link: 'https://grafana.test/d?f=a%26b',
};
const OVER: AlertNews = { ...NEWS, type: 'resolved', reason: 'day_closed', atMs: NEWS.atMs + 60_000, value: '$20.00' };
const bodyOf = (letter: { readonly body: unknown }) => JSON.parse(String(letter.body));

test('Slack gets a text with its three special characters escaped, and all a reader needs', () => {
  const { write } = recipientOf({ kind: 'slack', url: 'https://hooks.test/x' });
  assert.deepEqual(bodyOf(write(NEWS, 'id', 0)), {
    text: [
      ':rotating_light: *firing* feature a&amp;b &lt;c&gt; spent $15.01',
      'value $15.01, threshold $15.00 (1.5 × $10.00), from 7 days',
      'model gpt $9.00',
      '_Look &lt;here&gt;_',
      '<https://grafana.test/d?f=a%26b|look into it>',
    ].join('\n'),
  });
  assert.match(bodyOf(write(OVER, 'id', 0)).text, /^:white_check_mark: \*over\* .* \(day_closed\)\nvalue \$20\.00/);
});

test('PagerDuty gets one dedup_key for trigger and resolve, within its limits', () => {
  const { write } = recipientOf({ kind: 'pagerduty', routingKey: 'r', url: 'https://events.test/' });
  const long = { ...NEWS, summary: 'x'.repeat(2000), fingerprint: 'y'.repeat(300) };
  const [trigger, resolve] = [bodyOf(write(long, 'id', 0)), bodyOf(write({ ...long, type: 'resolved' }, 'id', 0))];
  assert.deepEqual(
    [trigger.event_action, trigger.payload.summary.length, trigger.payload.severity, trigger.dedup_key.length <= 255, trigger.dedup_key],
    ['trigger', 1024, 'error', true, resolve.dedup_key],
  );
  assert.deepEqual(resolve, { routing_key: 'r', dedup_key: trigger.dedup_key, event_action: 'resolve' });
});

test('Alertmanager gets labels it takes, an end while it is so, and the real one when it is over', () => {
  const { write, remind } = recipientOf({ kind: 'alertmanager', url: 'http://am.test/', headers: {} });
  const letter = write({ ...NEWS, about: { 'tag:team': 'red', feature: '' } }, 'id', NEWS.atMs);
  const [{ labels, startsAt, endsAt, generatorURL }] = bodyOf(letter);
  assert.deepEqual(
    [letter.url, labels, startsAt, endsAt, generatorURL],
    [
      'http://am.test/api/v2/alerts',
      { alertname: 'headgate_daily_spend', rule: 'daily_spend by feature', severity: 'error', period: '2026-11-26', tag_team: 'red' },
      '2026-11-26T09:00:00.000Z',
      '2026-11-26T09:03:00.000Z',
      'https://grafana.test/d?f=a%26b',
    ],
  );
  assert.equal(bodyOf(write(OVER, 'id', NEWS.atMs))[0].endsAt, '2026-11-26T09:01:00.000Z');
  assert.equal(bodyOf(remind!([NEWS, OVER], NEWS.atMs)).length, 2);
});

test('a webhook is signed over time and body by the documented recipe, and names the id twice', () => {
  const { write } = recipientOf({ kind: 'webhook', url: 'http://own.test/', secret: 'a-secret-of-16-chars', headers: { 'x-team': 'red' } });
  const { headers, body } = write(NEWS, 'the-id', 1_000_500);
  const signature = createHmac('sha256', 'a-secret-of-16-chars')
    .update(`1000.${String(body)}`)
    .digest('hex');
  assert.deepEqual(headers, {
    'content-type': 'application/json',
    'x-team': 'red',
    'idempotency-key': 'the-id',
    'x-headgate-timestamp': '1000',
    'x-headgate-signature': `sha256=${signature}`,
  });
  const { id, type, at, startedAt, summary, version } = JSON.parse(String(body));
  assert.deepEqual(
    [version, id, type, at, startedAt, summary],
    [1, 'the-id', 'firing', '2026-11-26T09:00:00.000Z', '2026-11-26T09:00:00.000Z', NEWS.summary],
  );
});
