import assert from 'node:assert/strict';
import test from 'node:test';
import type { JobTerms } from '../../src/model/job.ts';
import { usd } from '../../src/model/money.ts';
import { ended, isJob, questions, resultsOf, settled, stage } from './stage.ts';

const CALLER = { key: 'team', feature: 'nightly' };
const MODELS = { gpt: 'gpt-6-luna', claude: 'claude-haiku-5-5' } as const;
const terms = (dialect: JobTerms['dialect'] = 'openai-chat', more: Partial<JobTerms> = {}): JobTerms => ({
  caller: CALLER,
  dialect,
  operation: 'generate',
  ...more,
});
const TEXT = {
  'openai-chat': (body: string) => (JSON.parse(body) as { choices: { message: { content: string } }[] }).choices[0]!.message.content,
  'openai-responses': (body: string) =>
    (JSON.parse(body) as { output: { type: string; content?: { text: string }[] }[] }).output.find(({ type }) => type === 'message')!
      .content![0]!.text,
  'anthropic-messages': (body: string) =>
    (JSON.parse(body) as { content: { type: string; text: string }[] }).content.find(({ type }) => type === 'text')!.text,
};

for (const dialect of ['openai-chat', 'openai-responses', 'anthropic-messages'] as const) {
  for (const [vendor, model] of Object.entries(MODELS)) {
    test(`a job in ${dialect} is answered by the batch API of ${vendor}, in the order asked, each line booked once at half price`, async () => {
      const place = await stage();
      const life = await place.start();
      const lines = questions(7, model, dialect);
      const made = isJob(await settled(life.headgate.jobs!.create(terms(dialect), lines), place.world));
      assert.equal(made.state, 'running');
      const job = await ended(life, place.world, made.id);
      assert.deepEqual(job.counts, { waiting: 0, sent: 0, succeeded: 7, errored: 0, cancelled: 0, expired: 0 });
      const results = await resultsOf(life, place.world, job.id);
      assert.deepEqual(
        results.map(({ line, customId, outcome, status }) => [line, customId, outcome, status]),
        lines.map(({ customId }, line) => [line, customId, 'succeeded', 200]),
      );
      for (const { body } of results) assert.ok(TEXT[dialect](body!).length > 0);
      const rows = await settled(life.headgate.ledger!.records({}), place.world);
      assert.equal(rows.length, 7);
      assert.deepEqual(
        new Set(rows.map(({ channel, feature, key, last }) => `${channel} ${feature} ${key} ${last}`)),
        new Set(['batch nightly team true']),
      );
      assert.equal(
        job.cost,
        rows.reduce((sum, { cost }) => sum + cost!, 0n),
      );
      assert.equal(job.syncCost, job.cost * 2n);
      assert.equal(place.created(), 1);
      await settled(life.headgate.close(0), place.world);
    });
  }
}

test('lines of one job may go to different models and vendors', async () => {
  const place = await stage();
  const life = await place.start();
  const lines = [...questions(2, MODELS.gpt), ...questions(2, MODELS.claude), ...questions(2, 'gpt-6-sol')].map(({ body }, line) => ({
    customId: `${line}`,
    body,
  }));
  const made = isJob(await settled(life.headgate.jobs!.create(terms(), lines), place.world));
  const job = await ended(life, place.world, made.id);
  assert.equal(job.counts.succeeded, 6);
  assert.equal(place.created(), 3);
});

test('lines that cannot be asked are told apart before anything is sent, and the good ones are not lost', async () => {
  const place = await stage();
  const life = await place.start();
  const bad = [
    { customId: 'streams', body: JSON.stringify({ model: MODELS.gpt, stream: true, messages: [] }) },
    { customId: 'unknown', body: JSON.stringify({ model: 'nobody', messages: [] }) },
    { customId: 'no json', body: '{' },
  ];
  const made = isJob(await settled(life.headgate.jobs!.create(terms(), [...bad, ...questions(2, MODELS.gpt)]), place.world));
  assert.deepEqual(made.counts, { waiting: 2, sent: 0, succeeded: 0, errored: 3, cancelled: 0, expired: 0 });
  assert.equal(place.simulator.requests.length, 0);
  const job = await ended(life, place.world, made.id);
  assert.equal(job.counts.succeeded, 2);
  const results = await resultsOf(life, place.world, job.id);
  assert.match(results[0]!.body!, /stream must be left out/);
  assert.match(results[1]!.body!, /nobody/);
  assert.match(results[2]!.body!, /not valid JSON/);
});

test('a job without one good line, or with a name given twice, is refused', async () => {
  const place = await stage();
  const { headgate } = await place.start();
  const create = (lines: Parameters<NonNullable<typeof headgate.jobs>['create']>[1]) =>
    settled(headgate.jobs!.create(terms(), lines), place.world);
  assert.match(JSON.stringify(await create([])), /at least one request/);
  assert.match(JSON.stringify(await create([{ customId: 'a', body: '{}' }])), /model must be/);
  const [line] = questions(1, MODELS.gpt);
  assert.match(JSON.stringify(await create([line!, line!])), /line 2 has the custom_id/);
  const { jobs } = await settled(headgate.jobs!.list({ limit: 10 }), place.world);
  assert.deepEqual(jobs, []);
});

test('failed lines are sent again, then said to have failed; the others are answered once', async () => {
  const place = await stage([{ when: { customId: '*', contains: 'Question 3' }, fault: { status: 500 } }]);
  const life = await place.start();
  const made = isJob(await settled(life.headgate.jobs!.create(terms(), questions(5, MODELS.claude)), place.world));
  const job = await ended(life, place.world, made.id);
  assert.deepEqual([job.counts.succeeded, job.counts.errored], [4, 1]);
  assert.equal(place.created(), 3);
  const results = await resultsOf(life, place.world, job.id);
  assert.equal(results[3]!.outcome, 'errored');
  assert.ok(results[3]!.status! >= 500);
  const rows = await settled(life.headgate.ledger!.records({}), place.world);
  assert.equal(rows.length, 4 + 3);
});

test('a line that its vendor refuses costs nothing, and is known to', async () => {
  for (const model of Object.values(MODELS)) {
    const place = await stage([{ when: { customId: '*', contains: 'Question 3' }, fault: { status: 400 } }]);
    const life = await place.start();
    const made = isJob(await settled(life.headgate.jobs!.create(terms(), questions(5, model)), place.world));
    const job = await ended(life, place.world, made.id);
    assert.deepEqual([job.counts.succeeded, job.counts.errored], [4, 1]);
    const rows = await settled(life.headgate.ledger!.records({}), place.world);
    const refused = rows.filter(({ outcome }) => outcome !== 'ok');
    assert.deepEqual(
      refused.map(({ status, cost, measured }) => [status, cost, measured]),
      [['exact', 0n, 'nothing']],
    );
  }
});

test('a provider that never answers holds up no other', async () => {
  const place = await stage([{ when: { path: 'files' }, fault: { stallAtByte: 0 } }]);
  const life = await place.start();
  const silent = isJob(await settled(life.headgate.jobs!.create(terms(), questions(2, MODELS.gpt)), place.world));
  for (let step = 0; step < 20; step += 1) {
    for (let turn = 0; turn < 50; turn += 1) await null;
    place.world.advance(1000);
  }
  const made = isJob(await settled(life.headgate.jobs!.create(terms(), questions(2, MODELS.claude)), place.world));
  const job = await ended(life, place.world, made.id);
  assert.equal(job.counts.succeeded, 2);
  assert.equal((await settled(life.headgate.jobs!.get(silent.id), place.world))!.counts.sent, 2);
  const askedMs = place.world.now();
  await settled(life.headgate.close(1000), place.world);
  assert.ok(place.world.now() - askedMs < 5000);
});

test('what a vendor will not take fails in its words; a key it refuses is told of, and asked with again', async () => {
  for (const [status, outcome] of [
    [400, 'errored'],
    [401, 'expired'],
  ] as const) {
    const place = await stage([{ when: { path: 'files' }, fault: { status } }]);
    const life = await place.start();
    const made = isJob(
      await settled(life.headgate.jobs!.create(terms('openai-chat', { windowMs: 7_200_000 }), questions(2, MODELS.gpt)), place.world),
    );
    const job = await ended(life, place.world, made.id);
    assert.equal(job.counts[outcome], 2, JSON.stringify(job.counts));
    const told = place.notices.filter((notice) => notice.type === 'jobs').map(({ message }) => message);
    assert.equal(told.length, status === 401 ? 1 : 0, told.join());
    if (status === 401) assert.match(told[0]!, /openai.* refuses/);
    else assert.ok(job.endedMs! - job.createdMs < 60_000);
  }
});

test('what a vendor never answers expires after a day, and is not billed', async () => {
  const place = await stage([{ when: { customId: '*', contains: 'Question 1' }, fault: { stallAtByte: 0 } }]);
  const life = await place.start();
  const made = isJob(await settled(life.headgate.jobs!.create(terms(), questions(3, MODELS.gpt)), place.world));
  const job = await ended(life, place.world, made.id);
  assert.deepEqual([job.counts.succeeded, job.counts.expired], [2, 1]);
  assert.ok(job.endedMs! - job.createdMs >= 86_400_000);
  assert.equal((await settled(life.headgate.ledger!.records({}), place.world)).length, 2);
});

test('a cancelled job keeps what was answered', async () => {
  const place = await stage([
    { when: { path: 'batches' }, batch: { atOnce: 1 } },
    { when: { customId: '*' }, timing: { firstMs: 60_000 } },
  ]);
  const life = await place.start();
  const made = isJob(await settled(life.headgate.jobs!.create(terms(), questions(20, MODELS.gpt)), place.world));
  for (let minute = 0; minute < 200; minute += 1) {
    for (let turn = 0; turn < 50; turn += 1) await null;
    place.world.advance(1000);
  }
  const cancelled = await settled(life.headgate.jobs!.cancel(made.id), place.world);
  assert.equal(cancelled?.state, 'cancelling');
  const job = await ended(life, place.world, made.id);
  assert.ok(job.counts.succeeded > 0 && job.counts.cancelled > 0, JSON.stringify(job.counts));
  assert.equal(job.counts.succeeded + job.counts.cancelled, 20);
});

test('a budget reserves the whole job before it starts, and gives back what is left when it has ended', async () => {
  const budgets = [{ limit: '$0.01', period: 'day' }];
  const place = await stage([], { budgets });
  const life = await place.start();
  const dear = questions(50, 'gpt-6-sol');
  const refused = await settled(life.headgate.jobs!.create(terms(), dear), place.world);
  assert.ok(
    'kind' in refused && refused.kind === 'overBudget',
    JSON.stringify(refused, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  );
  assert.equal(place.simulator.requests.length, 0);
  const cheap = questions(3, MODELS.gpt).map(({ customId, body }) => ({
    customId,
    body: body.replace('{', '{"max_completion_tokens":50,'),
  }));
  const made = isJob(await settled(life.headgate.jobs!.create(terms(), cheap), place.world));
  const [during] = await settled(life.headgate.budgets(), place.world);
  assert.ok(during!.held > 0n);
  const job = await ended(life, place.world, made.id);
  const [after] = await settled(life.headgate.budgets(), place.world);
  assert.deepEqual([after!.held, after!.spent], [0n, job.cost]);
});

for (const [how, batch] of [
  ['as a batch', true],
  ['one by one', false],
] as const) {
  test(`the budgets of a key are charged for lines asked ${how}, and never exceeded`, async () => {
    const place = await stage([], {
      providers: { openai: { dialect: 'openai', baseUrl: 'http://openai.test/v1', apiKey: 'key-of-openai-1234', batch } },
    });
    const life = await place.start();
    const limit = usd('0.0004');
    const caller = { ...CALLER, limits: { requestsPerMinute: 2, budgets: [{ limit, period: 'day', exceeded: 'block' } as const] } };
    const lines = questions(8, MODELS.gpt).map(({ customId, body }) => ({
      customId,
      body: body.replace('{', '{"max_completion_tokens":50,'),
    }));
    let cost = 0n;
    let turned = 0;
    for (let job = 0; job < 20; job += 1) {
      const made = await settled(life.headgate.jobs!.create(terms('openai-chat', { caller }), lines), place.world);
      if ('kind' in made) {
        assert.equal(made.kind, 'overBudget');
        turned += 1;
        continue;
      }
      const { cost: spent, counts } = await ended(life, place.world, made.id);
      cost += spent;
      turned += counts.errored;
    }
    assert.ok(turned > 0 && cost > 0n);
    const [standing] = await settled(life.headgate.budgets(), place.world);
    assert.equal(standing!.budget, 'key=team per day');
    assert.equal(standing!.spent, cost);
    assert.ok(cost <= limit, `${cost}`);
  });
}

test('a provider without a batch API is asked line by line, at its ordinary price', async () => {
  const place = await stage([], {
    providers: { openai: { dialect: 'openai', baseUrl: 'http://openai.test/v1', apiKey: 'key-of-openai-1234', batch: false } },
  });
  const life = await place.start();
  const made = isJob(await settled(life.headgate.jobs!.create(terms(), questions(20, MODELS.gpt)), place.world));
  const job = await ended(life, place.world, made.id);
  assert.equal(job.counts.succeeded, 20);
  assert.equal(place.created(), 0);
  const rows = await settled(life.headgate.ledger!.records({}), place.world);
  assert.deepEqual(new Set(rows.map(({ channel }) => channel)), new Set(['sync']));
  assert.equal(rows.length, 20);
  assert.equal(
    job.cost,
    rows.reduce((sum, { cost }) => sum + cost!, 0n),
  );
});

test('what is left at OpenAI is told to expire', async () => {
  const place = await stage();
  const life = await place.start();
  const made = isJob(await settled(life.headgate.jobs!.create(terms(), questions(1, MODELS.gpt)), place.world));
  await ended(life, place.world, made.id);
  const file = place.simulator.requests.find(({ method, path }) => method === 'POST' && path.endsWith('/files'))!;
  const batch = place.simulator.requests.find(({ method, path }) => method === 'POST' && path.endsWith('/batches'))!;
  assert.match(JSON.stringify(file.body), /expires_after/);
  assert.deepEqual((batch.body as { output_expires_after: object }).output_expires_after, { anchor: 'created_at', seconds: 29 * 86_400 });
  await settled(life.headgate.close(0), place.world);
});

test('however many jobs wait for a vendor, the next one is handed in all the same', async () => {
  const place = await stage([{ when: { customId: '*', contains: 'slow' }, timing: { firstMs: 20 * 3_600_000 } }]);
  const life = await place.start();
  const job = async (input: string) => {
    const body = JSON.stringify({ model: MODELS.gpt, messages: [{ role: 'user', content: input }] });
    return isJob(await settled(life.headgate.jobs!.create(terms(), [{ customId: 'only', body }]), place.world));
  };
  for (let slow = 0; slow < 110; slow += 1) await job(`slow ${slow}`);
  const { id } = await job('quick');
  const { counts, endedMs, createdMs } = await ended(life, place.world, id);
  assert.equal(counts.succeeded, 1);
  assert.ok(endedMs! - createdMs < 3 * 3_600_000, `${(endedMs! - createdMs) / 3_600_000} hours`);
  await settled(life.headgate.close(0), place.world);
});
