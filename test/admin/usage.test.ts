import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { UsageRecord } from '../../src/accounting/record.ts';
import { pageOfRecords } from '../../src/server/admin/record-page.ts';
import type { RecordQuery } from '../../src/store/ledger.ts';
import { type Answer, startAdmin } from './gateway.ts';

test('sums and rows say what calls cost, by whatever they are told apart', async (t) => {
  const { ask, headgate } = await startAdmin(t);
  const call = async (feature: string, team: string) => {
    const answer = await headgate.fetch('http://headgate/v1/messages', {
      method: 'POST',
      headers: { 'anthropic-version': '2023-06-01', 'x-headgate-feature': feature, 'x-headgate-tags': `team=${team}` },
      body: JSON.stringify({ model: 'claude/claude-sonnet-5', max_tokens: 20, messages: [{ role: 'user', content: 'hi' }] }),
    });
    await answer.arrayBuffer();
    return { id: answer.headers.get('x-headgate-call-id'), usd: answer.headers.get('x-headgate-cost-usd') };
  };
  const first = await call('search', 'blue');
  const usd = first.usd;
  await call('search', 'red');
  await call('chat', 'blue');

  const counts = async (query: string) => {
    const { body } = await ask('GET', `/usage?${query}`);
    return body.data.map(({ feature, calls, ...sum }: Record<string, unknown>) => [feature ?? sum['tag:team'] ?? '', calls]).sort();
  };
  assert.deepEqual(await counts('by=feature'), [
    ['chat', 1],
    ['search', 2],
  ]);
  assert.deepEqual(await counts('by=feature&every=hour&feature=search'), [['search', 2]]);
  assert.deepEqual(await counts('by=tag:team'), [
    ['blue', 2],
    ['red', 1],
  ]);
  assert.deepEqual(await counts('tag:team=blue&zone=Europe/Berlin'), [['', 2]]);
  assert.deepEqual(await counts('from=2020-01-01&to=2020-02-01&by=feature'), []);

  const one = await ask('GET', `/calls/${first.id}`);
  const [row] = one.body.data;
  assert.deepEqual(
    [one.body.data.length, row.callId, row.attempt, row.key, row.feature, row.tags, row.model, row.outcome, row.usd],
    [1, first.id, 1, 'anonymous', 'search', { team: 'blue' }, 'claude-sonnet-5', 'ok', usd],
  );
  const page = await ask('GET', '/records?feature=search&limit=1');
  assert.deepEqual([page.body.data.length, page.body.hasMore], [1, true]);
  const next = await ask('GET', `/records?feature=search&limit=1&after=${page.body.next}`);
  assert.deepEqual([next.body.data.length, next.body.hasMore], [1, false]);
  assert.notEqual(next.body.data[0].callId, page.body.data[0].callId);
});

test('a row says what it charged to budgets', async (t) => {
  const { ask, headgate } = await startAdmin(t, {
    budgets: [
      { scope: 'total', limit: '$5', period: 'month' },
      { scope: { user: '*' }, limit: '$1', period: 'month', exceeded: 'alert' },
    ],
  });
  const answer = await headgate.fetch('http://headgate/v1/messages', {
    method: 'POST',
    headers: { 'anthropic-version': '2023-06-01', 'x-headgate-user': 'ann' },
    body: JSON.stringify({ model: 'claude/claude-sonnet-5', max_tokens: 20, messages: [{ role: 'user', content: 'hi' }] }),
  });
  await answer.arrayBuffer();
  const usd = answer.headers.get('x-headgate-cost-usd');
  for (const target of [`/calls/${answer.headers.get('x-headgate-call-id')}`, '/records']) {
    const { status, body } = await ask('GET', target);
    assert.equal(status, 200);
    const { charges } = body.data[0];
    assert.deepEqual(
      charges.map(({ from, to, ...charge }: Record<string, string>) => [
        charge,
        from! < body.data[0].endedAt && body.data[0].endedAt < to!,
      ]),
      [
        [{ budget: 'total per month', value: '', usd }, true],
        [{ budget: 'user=* per month, alert only', value: 'user=ann', usd }, true],
      ],
    );
  }
});

test('the name of a tag is a value like any other', async (t) => {
  const { ask, headgate } = await startAdmin(t);
  const name = `it's $1; drop table usage_bucket --`;
  const answer = await headgate.fetch('http://headgate/v1/messages', {
    method: 'POST',
    headers: { 'anthropic-version': '2023-06-01', 'x-headgate-tags': JSON.stringify({ [name]: 'yes' }) },
    body: JSON.stringify({ model: 'claude/claude-sonnet-5', max_tokens: 20, messages: [{ role: 'user', content: 'hi' }] }),
  });
  await answer.arrayBuffer();
  const { body } = await ask('GET', `/usage?${new URLSearchParams({ by: `tag:${name}` })}`);
  assert.deepEqual(
    body.data.map((sum: Record<string, unknown>) => [sum[`tag:${name}`], sum['calls']]),
    [['yes', 1]],
  );
});

test('a question that cannot be answered says why', async (t) => {
  const { ask } = await startAdmin(t);
  const told = ({ status, body }: Answer) => `${status} ${body.error.type} ${body.error.param ?? ''}`.trim();
  const targets = [
    '/usage?from=yesterday',
    '/usage?from=2026-02-01&to=2026-01-01',
    '/usage?to=2026-02-30',
    '/usage?by=colour',
    '/usage?every=week',
    '/usage?every=minute&by=user',
    '/usage?every=minute&user=ann',
    '/usage?zone=Mars/Olympus',
    '/usage?colour=red',
    '/records?limit=100000',
    '/records?after=page-2',
    '/records?tag:team=blue',
    '/calls/nobody',
  ];
  const got = [];
  for (const target of targets) got.push(`${target} ${told(await ask('GET', target))}`);
  assert.deepEqual(got, [
    '/usage?from=yesterday 400 invalid from',
    '/usage?from=2026-02-01&to=2026-01-01 400 invalid from',
    '/usage?to=2026-02-30 400 invalid to',
    '/usage?by=colour 400 invalid by',
    '/usage?every=week 400 invalid every',
    '/usage?every=minute&by=user 400 invalid every',
    '/usage?every=minute&user=ann 400 invalid every',
    '/usage?zone=Mars/Olympus 400 invalid zone',
    '/usage?colour=red 400 invalid colour',
    '/records?limit=100000 400 invalid limit',
    '/records?after=page-2 400 invalid after',
    '/records?tag:team=blue 400 invalid tag:team',
    '/calls/nobody 404 missing',
  ]);
});

test('budgets of keys are shown with what was spent of them', async (t) => {
  const { ask, key, headgate } = await startAdmin(t);
  const { secret } = await key({ id: 'app', limits: { budgets: [{ limit: '$5', period: 'day' }] } });
  const answer = await headgate.fetch('http://headgate/v1/messages', {
    method: 'POST',
    headers: { 'anthropic-version': '2023-06-01', 'x-api-key': secret },
    body: JSON.stringify({ model: 'claude/claude-sonnet-5', max_tokens: 20, messages: [{ role: 'user', content: 'hi' }] }),
  });
  await answer.arrayBuffer();
  await headgate.ledger?.flush();
  const { status, body } = await ask('GET', '/budgets');
  assert.equal(status, 200);
  assert.deepEqual(
    body.data.map(({ limit, exceeded }: Record<string, string>) => [limit, exceeded]),
    [['$5', 'block']],
  );
});

test('without a ledger there is nothing to ask for', async (t) => {
  const { ask } = await startAdmin(t, { ledger: 'off' });
  for (const target of ['/usage', '/records', '/calls/x']) assert.equal((await ask('GET', target)).status, 409, target);
});

test('the gateway tells how it is and what it was told', async (t) => {
  const { ask } = await startAdmin(t, { models: { smart: 'claude/claude-sonnet-5' } });
  const status = await ask('GET', '/status');
  assert.deepEqual([status.status, status.body.ready, status.body.running], [200, true, 0]);
  const config = await ask('GET', '/config');
  assert.deepEqual([Object.keys(config.body.models), config.body.admin, config.body.providers[0].keys], [['smart'], { tokens: 1 }, 1]);
  const upstreams = await ask('GET', '/upstreams');
  assert.deepEqual(
    upstreams.body.data.map(({ provider }: { provider: string }) => provider),
    ['chat', 'responses', 'claude', 'openai', 'local'],
  );
  assert.deepEqual((await ask('GET', '/alerts')).body, { data: [] });
});

test('open alerts are told as everything else: times as text, and what was told of them', async (t) => {
  const { ask, headgate } = await startAdmin(t, { alerts: [{ rule: 'call_tokens', over: 1 }] });
  const answer = await headgate.fetch('http://headgate/v1/messages', {
    method: 'POST',
    headers: { 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ model: 'claude/claude-sonnet-5', max_tokens: 20, messages: [{ role: 'user', content: 'hi' }] }),
  });
  await answer.arrayBuffer();
  let open: Answer['body'][] = [];
  while (open.length === 0) open = (await ask('GET', '/alerts')).body.data;
  const [{ rule, firedAt, news, ...rest }] = open;
  assert.deepEqual([rule, news.rule, news.severity, new Date(firedAt).toISOString()], ['call_tokens', 'call_tokens', 'warning', firedAt]);
  assert.deepEqual(Object.keys(rest).sort(), ['fingerprint', 'level', 'period', 'toldAt']);
});

/** Rows in the order of the ledger, many of them of one moment. */
const rows = fc
  .uniqueArray(
    fc.record({
      endedAtMs: fc.integer({ min: 1, max: 4 }),
      callId: fc.constantFrom('a', 'b', 'c.d', 'e'),
      attempt: fc.integer({ min: 1, max: 4 }),
    }),
    {
      selector: ({ callId, attempt }) => `${callId} ${attempt}`,
      maxLength: 16,
    },
  )
  .map((some) =>
    some.toSorted((a, b) => b.endedAtMs - a.endedAtMs || (a.callId < b.callId ? 1 : a.callId > b.callId ? -1 : 0) || b.attempt - a.attempt),
  );

test('pages of rows put together are all rows, each once, however many end at the same moment', async () => {
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 1, max: 5 }), async (all, limit) => {
      const ledger = {
        records: async ({ toMs = Number.POSITIVE_INFINITY, limit: most = 100 }: RecordQuery) =>
          all.filter(({ endedAtMs }) => endedAtMs < toMs).slice(0, most) as unknown as UsageRecord[],
      };
      const seen: unknown[] = [];
      let after: string | null = null;
      do {
        const { page, next }: Awaited<ReturnType<typeof pageOfRecords>> = await pageOfRecords(ledger, {}, limit, after);
        seen.push(...page);
        after = next ?? null;
      } while (after !== null);
      assert.deepEqual(seen, all);
    }),
    { numRuns: 500 },
  );
});
