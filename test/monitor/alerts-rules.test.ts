import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { UsageRecord } from '../../src/accounting/record.ts';
import type { Money } from '../../src/model/money.ts';
import type { BudgetStanding } from '../../src/monitor/alerts/watchers/budget.ts';
import { watchSpend } from '../../src/monitor/alerts/watchers/spend.ts';
import { DEFAULT_BURN_PAIRS } from '../../src/policy/alerts/burn-rate.ts';
import { DEFAULT_DAILY_ANOMALY } from '../../src/policy/alerts/daily-anomaly.ts';
import { DEFAULT_ERROR_RATE, DEFAULT_THROTTLE_RATE } from '../../src/policy/alerts/error-rate.ts';
import type { AlertRule } from '../../src/policy/alerts/rules.ts';
import { DatabaseError } from '../../src/store/database.ts';
import { memoryAsk } from '../../src/store/memory.ts';
import { type Bench, bench, dailySpend, usageRecord } from '../support/alerting.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const NOTIFY = { notify: ['ops'] };
const lines = ({ posted }: Bench) => posted.map(({ at, type, summary }) => `${at.slice(11, 19)} ${type}: ${summary}`);

test('one call over the limit is told of within two seconds, a storm of them once and then together, and its end', async () => {
  const rule: AlertRule = { rule: 'call_tokens', name: 'call_tokens', ...NOTIFY, over: 1000, everyMs: 300_000 };
  const work = bench({ rules: [rule] });
  const call = (callId: string, output: number) =>
    work.alerts.hear([usageRecord({ callId, endedAtMs: work.world.now(), tokens: { input: 100, cacheRead: 400, output } })]);
  call('just-so', 500);
  call('one-more', 501);
  await work.pass(2_000);
  assert.deepEqual(lines(work), ['09:00:00 firing: feature chat: call one-more took 1001 tokens']);
  for (let more = 0; more < 999; more += 1) call(`call-${more}`, 600 + more);
  await work.pass(601_000, 1_000);
  assert.deepEqual(lines(work).slice(1), [
    '09:05:00 repeated: feature chat: 999 more calls, the largest call-998, took 2098 tokens',
    '09:10:00 resolved: feature chat: no call above 1000 tokens for 5 min',
  ]);
});

test('a budget is told of by its strongest step within two seconds, and resolved by the next period or a raised limit', async () => {
  const rule: AlertRule = { rule: 'budget', name: 'budget', ...NOTIFY, percents: [50, 80, 100], timezone: 'UTC' };
  const usd = (dollars: number) => (BigInt(dollars * 1e6) * 1_000_000n) as Money;
  const startMs = Date.UTC(2026, 10, 26);
  let standing: BudgetStanding = { budget: 'team', value: '', spent: usd(4), limit: usd(10), startMs, endMs: startMs + 12 * HOUR };
  const work = bench({ rules: [rule], budgets: async () => [standing] });
  const spent = async (dollars: number, more: Partial<BudgetStanding> = {}) => {
    standing = { ...standing, spent: usd(dollars), ...more };
    work.alerts.hear([usageRecord()]);
    await work.pass(2_000);
  };
  await spent(4);
  await spent(8);
  await spent(12);
  await spent(12, { limit: usd(30) });
  await work.pass(3 * HOUR, 60_000);
  await spent(1, { startMs: startMs + 12 * HOUR, endMs: startMs + 24 * HOUR });
  await spent(29);
  assert.deepEqual(lines(work), [
    '09:00:02 firing: budget team: $8.00 of $10.00 spent; at this rate it is exceeded by 2026-11-26 11:15',
    '09:00:04 firing: budget team: $12.00 of $10.00 spent, which is more than it allows',
    '09:00:06 resolved: budget team: $12.00 of $30.00 spent',
    '12:00:10 firing: budget team: $29.00 of $30.00 spent',
  ]);
});

/** What each of several runs of a gateway tells of one budget, by its own spend and limit, in dollars. */
async function toldInRuns(runs: readonly (readonly (readonly [number, number])[])[]): Promise<string[][]> {
  const rule: AlertRule = { rule: 'budget', name: 'budget', ...NOTIFY, percents: [50, 80, 100], timezone: 'UTC' };
  const startMs = Date.UTC(2026, 10, 26);
  const ask = memoryAsk();
  let nowMs = startMs + 9 * HOUR;
  const told: string[][] = [];
  for (const run of runs) {
    let found: BudgetStanding[] = [];
    const work = bench({ rules: [rule], ask, budgets: async () => found, startMs: nowMs });
    for (const [spent, limit] of run) {
      const [spentUsd, limitUsd] = [spent, limit].map((dollars) => (BigInt(dollars) * 10n ** 12n) as Money) as [Money, Money];
      found = [{ budget: 'team', value: '', spent: spentUsd, limit: limitUsd, startMs, endMs: startMs + 24 * HOUR }];
      work.alerts.hear([usageRecord()]);
      await work.pass(2_000);
    }
    await work.alerts.close();
    nowMs = work.world.now();
    told.push(work.posted.map(({ type, value, reason }) => `${type} ${value}${reason ? `: ${reason}` : ''}`));
  }
  return told;
}

test('what was told of a budget and is resolved is not told again after a restart, but what goes beyond it is', async () => {
  assert.deepEqual(
    await toldInRuns([
      [
        [11, 10],
        [11, 20],
      ],
      [
        [11, 20],
        [16, 20],
      ],
    ]),
    [['firing $11.00 (110 %)', 'resolved $11.00 (55 %): limit_raised'], ['firing $16.00 (80 %)']],
  );
  assert.deepEqual(
    await toldInRuns([
      [
        [11, 10],
        [11, 20],
        [11, 40],
      ],
      [[21, 40]],
    ]),
    [['firing $11.00 (110 %)', 'resolved $11.00 (55 %): limit_raised'], ['firing $21.00 (52.5 %)']],
  );
});

test('a limit raised while no gateway ran ends a budget’s alert, a correction then does not', async () => {
  assert.deepEqual(
    [
      await toldInRuns([[[11, 10]], [[11, 20]]]),
      await toldInRuns([
        [[11, 10]],
        [
          [9, 10],
          [9, 20],
        ],
      ]),
    ],
    [
      [['firing $11.00 (110 %)'], ['resolved $11.00 (55 %): limit_raised']],
      [['firing $11.00 (110 %)'], ['resolved $9.00 (45 %): limit_raised']],
    ],
  );
});

test('a provider whose attempts fail fires at once and is over after five calm minutes; what callers do wrong does not count', async () => {
  const rules: AlertRule[] = [
    { rule: 'error_rate', name: 'error_rate', ...NOTIFY, settings: DEFAULT_ERROR_RATE },
    { rule: 'throttled', name: 'throttled', ...NOTIFY, settings: DEFAULT_THROTTLE_RATE },
    { rule: 'burn_rate', name: 'burn_rate', ...NOTIFY, settings: { objective: 0.99, pairs: DEFAULT_BURN_PAIRS } },
  ];
  const work = bench({ rules });
  const attempts = (count: number, outcome: UsageRecord['outcome']) => {
    for (let at = 0; at < count; at += 1) work.alerts.hear([usageRecord({ outcome, endedAtMs: work.world.now() })]);
  };
  attempts(100, 'invalid');
  await work.pass(2_000);
  assert.deepEqual(lines(work), []);
  attempts(30, 'broken');
  attempts(20, 'throttled');
  await work.pass(2_000);
  assert.deepEqual(work.posted.map(({ type, rule, value }) => `${type} ${rule} ${value}`).toSorted(), [
    'firing burn_rate above 14.4 % failed',
    'firing throttled 13.3 % (20 of 150)',
  ]);
  attempts(1, 'broken');
  await work.pass(32 * 60_000, 5_000);
  assert.deepEqual(
    work.posted.slice(2).map(({ at, type, rule }) => `${at.slice(11, 16)} ${type} ${rule}`),
    ['09:00 firing error_rate', '09:10 resolved error_rate', '09:10 resolved throttled', '09:30 resolved burn_rate'],
  );
});

test('a call without a price fires once for its model, and is over when one is priced', async () => {
  const work = bench({ rules: [{ rule: 'unpriced', name: 'unpriced', ...NOTIFY }] });
  const call = (cost: Money | null) => work.alerts.hear([usageRecord({ cost, endedAtMs: work.world.now() })]);
  call(null);
  call(null);
  await work.pass(2_000);
  call(1n as Money);
  await work.pass(2_000);
  assert.deepEqual(lines(work), [
    '09:00:00 firing: calls to openai/gpt have no price: what they cost is not in any sum',
    '09:00:02 resolved: calls to openai/gpt are priced again',
  ]);
});

test('names that callers invent are told of together once there are very many', async () => {
  const rules: AlertRule[] = [
    { rule: 'unpriced', name: 'unpriced', ...NOTIFY },
    { rule: 'call_tokens', name: 'large', over: 10, everyMs: 300_000, ...NOTIFY },
  ];
  const { alerts, pass, posted } = bench({ rules });
  for (let name = 0; name < 2000; name += 1)
    alerts.hear([{ ...usageRecord({}), model: `m${name}`, feature: `f${name}`, cost: null, tokens: { input: 100 } }]);
  await pass(5_000);
  const about = (rule: string) => new Set(posted.filter((news) => news.rule === rule).map((news) => JSON.stringify(news.about)));
  assert.deepEqual([about('unpriced').size, about('call_tokens').size], [501, 501]);
  assert.ok(about('unpriced').has('{"model":"__other__"}') && about('call_tokens').has('{"feature":"__other__"}'));
});

test('a database that cannot be written is told of all the same', async () => {
  const work = bench({
    rules: [{ rule: 'ledger', name: 'ledger', ...NOTIFY, waitingMax: 100 }],
    ask: () => Promise.reject(new DatabaseError('disk full', true)),
  });
  work.tell({ type: 'ledger', state: 'failing', message: 'the ledger cannot be written: disk full' });
  await work.pass(1_000);
  work.tell({ type: 'ledger', state: 'recovered', message: 'the ledger can be written again' });
  await work.pass(1_000);
  assert.deepEqual(lines(work), [
    '09:00:00 firing: the ledger cannot be written: disk full',
    '09:00:01 resolved: the ledger can be written again',
  ]);
});

test('after a restart the key that was refused is known to be, is not told of again, and its first success resolves', async () => {
  const rule: AlertRule = { rule: 'upstream_auth', name: 'upstream_auth', ...NOTIFY, remindMs: HOUR };
  const ask = memoryAsk();
  const keys = () => new Map([['openai', ['k1']]]);
  const first = bench({ rules: [rule], ask, keys });
  first.tell({ type: 'keyParked', provider: 'openai', key: 'k1', reason: 'denied', status: 401 });
  await first.pass(1_000);
  const second = bench({ rules: [rule], ask, keys, startMs: first.world.now() });
  await second.pass(1_000);
  second.tell({ type: 'keyParked', provider: 'openai', key: 'k1', reason: 'denied', status: 401 });
  await second.pass(HOUR, 10_000);
  second.tell({ type: 'keyRestored', provider: 'openai', key: 'k1' });
  await second.pass(1_000);
  assert.deepEqual(
    [first.posted.map(({ type }) => type), second.posted.map(({ type, at }) => `${at.slice(11, 16)} ${type}`)],
    [['firing'], ['10:00 repeated', '10:00 resolved']],
  );
});

test('an alert says what its value is made of, from how many days its threshold comes, and where to look', async () => {
  const day = Date.UTC(2026, 10, 26);
  const asked: unknown[] = [];
  const rule = { ...dailySpend(), link: 'https://grafana.test/d?var-feature={feature}' };
  const usage = async (query: unknown) => {
    asked.push(query);
    const sums = {
      calls: 1,
      attempts: 1,
      failures: 0,
      unpriced: 0,
      estimated: 0,
      starved: 0,
      inputTokens: 0,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: 0,
      reasoningTokens: 0,
      batchSavedNano: 0,
      cacheSavedNano: 0,
    };
    return [9, 5, 2, 1].map((dollars, at) => ({ ...sums, model: `model-${at}`, cost: (BigInt(dollars) * 10n ** 12n) as Money }));
  };
  const work = bench({ rules: [rule], books: { usage }, startMs: day - 3 * DAY });
  for (let before = 3; before > 0; before -= 1) {
    work.alerts.hear([usageRecord({ feature: 'a&b', usd: 10, endedAtMs: work.world.now() })]);
    await work.pass(DAY, HOUR);
  }
  work.alerts.hear([usageRecord({ feature: 'a&b', usd: 17, endedAtMs: day + 1 })]);
  await work.pass(2_000);
  const [{ baselineDays, contributors, link, threshold, value }] = work.posted as [(typeof work.posted)[number]];
  assert.deepEqual(
    { baselineDays, contributors, link, threshold, value, asked },
    {
      baselineDays: 3,
      contributors: [
        { name: 'model model-0', value: '$9.00' },
        { name: 'model model-1', value: '$5.00' },
        { name: 'model model-2', value: '$2.00' },
      ],
      link: 'https://grafana.test/d?var-feature=a%26b',
      threshold: '$15.00 (1.5 × $10.00)',
      value: '$17.00',
      asked: [{ fromMs: day, toMs: day + DAY, by: ['model'], where: { feature: 'a&b' } }],
    },
  );
});

test('a reload keeps what unchanged rules know, and resolves what a removed one had open', async () => {
  const rule = dailySpend();
  const auth: AlertRule = { rule: 'upstream_auth', name: 'upstream_auth', ...NOTIFY, remindMs: HOUR };
  const work = bench({ rules: [rule, auth], startMs: Date.UTC(2026, 10, 23) });
  for (let day = 0; day < 3; day += 1) {
    work.alerts.hear([usageRecord({ usd: 10, endedAtMs: work.world.now() })]);
    await work.pass(DAY, HOUR);
  }
  work.tell({ type: 'keyParked', provider: 'openai', key: 'k1', reason: 'denied' });
  await work.pass(1_000);
  const recipients = new Map([['ops', { kind: 'webhook', url: 'http://ops.test/', headers: {} } as const]]);
  work.alerts.reload({ rules: [{ ...rule, link: 'https://new.test/' }], recipients, deadAfterMs: DAY });
  await work.pass(1_000);
  work.alerts.hear([usageRecord({ usd: 16, endedAtMs: work.world.now() })]);
  await work.pass(2_000);
  assert.deepEqual(
    work.posted.map(({ type, rule: name, reason, link }) => [type, name, reason, link]),
    [
      ['firing', 'upstream_auth', undefined, undefined],
      ['resolved', 'upstream_auth', 'rule_removed', undefined],
      ['firing', 'daily_spend', undefined, 'https://new.test/'],
    ],
  );
});

test('a day unlike its weekday is told of, a weekend after weekdays is not', () => {
  const rule: AlertRule & { rule: 'daily_anomaly' } = {
    rule: 'daily_anomaly',
    name: 'daily_anomaly by feature',
    ...NOTIFY,
    by: 'feature',
    timezone: 'UTC',
    settings: DEFAULT_DAILY_ANOMALY,
    holidays: new Set(),
  };
  const start = Date.UTC(2026, 8, 7);
  const watcher = watchSpend(rule, {}, start);
  const told = Array.from({ length: 70 }, (_, day) => {
    const usual = day % 7 < 5 ? 100 + (day % 4) : 25 + (day % 2);
    const spike = day === 61 ? 3 : 1;
    watcher.hear!([usageRecord({ usd: usual * spike, endedAtMs: start + day * DAY })]);
    const changes = [...watcher.look(start + day * DAY + HOUR), ...watcher.look(start + (day + 1) * DAY)];
    return changes.map(({ do: what, alert }) => `day ${day} ${what}: ${alert.value} over ${alert.threshold}`);
  }).flat();
  assert.deepEqual(told, ['day 61 fire: $78.00 over $38.25 (1.5 × $25.50)', 'day 61 resolve: $78.00 over $38.25 (1.5 × $25.50)']);
});

test('the order of a day’s calls does not change what fires', () => {
  const rule = dailySpend();
  assert.ok(rule.rule === 'daily_spend');
  const events = fc.array(
    fc.record({
      feature: fc.constantFrom('a', 'b', 'c'),
      cents: fc.integer({ min: 0, max: 900 }),
      minute: fc.integer({ min: 0, max: 1439 }),
    }),
    { maxLength: 12 },
  );
  const start = Date.UTC(2026, 10, 20);
  const fired = (calls: readonly { feature: string; cents: number; minute: number }[]) => {
    const watcher = watchSpend(rule, {}, start);
    for (let day = 0; day < 3; day += 1) {
      for (const feature of ['a', 'b']) watcher.hear!([usageRecord({ feature, usd: 10, endedAtMs: start + day * DAY })]);
      watcher.look(start + (day + 1) * DAY);
    }
    return calls
      .flatMap(({ feature, cents, minute }) => {
        watcher.hear!([usageRecord({ feature, usd: cents / 100, endedAtMs: start + 3 * DAY + minute * 60_000 })]);
        return watcher.look(start + 4 * DAY - 1);
      })
      .map(({ do: what, alert }) => `${what} ${alert.about['feature']}`)
      .toSorted();
  };
  fc.assert(
    fc.property(events, fc.integer(), (calls, seed) => {
      const shuffled = calls.map((call, at) => ({ call, rank: Math.imul(at + 1, seed | 1) })).sort((a, b) => a.rank - b.rank);
      assert.deepEqual(fired(shuffled.map(({ call }) => call)), fired(calls));
    }),
    { numRuns: 100 },
  );
});
