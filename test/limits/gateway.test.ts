import assert from 'node:assert/strict';
import test from 'node:test';
import { encodeOpenAIFailure } from '../../src/dialects/openai-failure.ts';
import { slowDown, unreachable } from '../../src/limits/refusals.ts';
import type { Failure } from '../../src/model/failure.ts';
import { gateway, PROVIDER } from './gateway.ts';

const error = async (answer: Response) =>
  ((await answer.json()) as { error: { code: string | null; type: string; message: string } }).error;

test('a budget that blocks refuses what could exceed it, and takes calls again as soon as there is room', async (t) => {
  const { ask, arrived, provider, notices, sums } = await gateway(t, 'budgets: [{ limit: $1, period: day }]');
  const first = ask(400);
  const second = ask(400);
  await arrived(2);
  const third = await ask(400);
  const told = await error(third);
  assert.deepEqual(
    [third.status, third.headers.get('x-should-retry'), told.type, told.code],
    [402, 'false', 'insufficient_quota', 'budget_exceeded'],
  );
  assert.match(
    told.message,
    /^the budget "total per day" of \$1 cannot cover this call, which may cost up to \$0\.4: \$0 is spent and \$0\.[0-9]+ set aside/,
  );
  provider.waiting[0]!.answer(10);
  assert.equal((await first).status, 200);
  const fourth = ask(400);
  await arrived(2);
  provider.waiting[0]!.answer(400);
  provider.waiting[0]!.answer(20);
  assert.deepEqual([(await second).status, (await fourth).status], [200, 200]);
  const { 'total per day': total } = await sums();
  assert.equal(total?.[0], 430);
  assert.deepEqual(
    notices.map(({ type }) => type).filter((type) => type.startsWith('budget')),
    ['budgetExceeded'],
  );
});

test('streams, vectors, refused and failed calls settle what they set aside', async (t) => {
  const { ask, arrived, provider, sums } = await gateway(t, 'budgets: [{ scope: { feature: "*" }, limit: $1, period: day }]');
  const headers = { 'x-headgate-feature': 'search' };
  const failing = ask(900, { headers });
  await arrived(1);
  provider.waiting[0]!.fail(500);
  assert.equal((await failing).status, 500);
  const invalid = ask(900, { headers });
  await arrived(1);
  provider.waiting[0]!.fail(400);
  assert.equal((await invalid).status, 400);
  const vectors = ask(1, { headers, path: '/v1/embeddings', body: { input: 'x' } });
  await arrived(1);
  provider.waiting[0]!.answer(0);
  assert.equal((await vectors).status, 200);
  const other = ask(900, { headers: { 'x-headgate-feature': 'quiz' } });
  const good = ask(900, { headers });
  await arrived(2);
  for (const { answer } of [...provider.waiting]) answer(5);
  await Promise.all([other, good]);
  assert.deepEqual(
    Object.entries(await sums()).map(([name, [spent]]) => [name, spent]),
    [
      ['feature=* per day [feature=quiz]', 5],
      ['feature=* per day [feature=search]', 5],
    ],
  );
});

test('a caller who leaves, before or after being let in, leaves nothing set aside', async (t) => {
  const { headgate, arrived, ask, provider } = await gateway(t, 'budgets: [{ limit: $1, period: day }]');
  const left = new AbortController();
  const call = () =>
    headgate
      .fetch('http://headgate/v1/chat/completions', {
        method: 'POST',
        signal: left.signal,
        body: JSON.stringify({ model: 'p/m', max_tokens: 900, messages: [{ role: 'user', content: 'hi' }] }),
      })
      .catch(() => undefined);
  const calls = [call(), call()];
  await arrived(1);
  left.abort();
  await Promise.all(calls);
  const next = ask(900);
  await arrived(1);
  provider.waiting[0]!.answer(1);
  assert.equal((await next).status, 200);
});

test('a dearer target is passed over where a cheaper one still fits', async (t) => {
  const { ask, arrived, provider } = await gateway(t, 'models: { smart: [p/m, q/m] }\nbudgets: [{ limit: $1, period: day }]');
  const answer = ask(5000, { model: 'smart' });
  await arrived(1);
  assert.equal(provider.waiting[0]!.request.provider, 'q');
  provider.waiting[0]!.answer(1);
  assert.equal((await answer).status, 200);
});

test('a budget for one model leaves the route its other targets', async (t) => {
  const { ask, arrived, provider, sums } = await gateway(
    t,
    'models: { smart: [p/m, q/other] }\nbudgets: [{ scope: { model: m }, limit: $1, period: day }]',
  );
  const answer = ask(5000, { model: 'smart' });
  await arrived(1);
  assert.equal(provider.waiting[0]!.request.provider, 'q');
  provider.waiting[0]!.answer(3);
  assert.equal((await answer).status, 200);
  assert.deepEqual(await sums(), { 'model=m per day': [0, 0] });
});

test('a model without a price is refused, let through or counted, as the budget says', async (t) => {
  const refusing = await gateway(t, 'budgets: [{ limit: $1, period: day }]');
  const told = await error(await refusing.ask(10, { model: 'p/unheard-of' }));
  assert.equal(told.code, 'budget_exceeded');
  assert.match(told.message, /^model "p\/unheard-of" has no known price, so the budget "total per day" cannot count it/);
  for (const [onUnpriced, spent] of [
    ['allow', 0],
    ['$0.25', 250],
  ] as const) {
    const { ask, arrived, provider, sums } = await gateway(t, `budgets: [{ limit: $1, period: day, onUnpriced: ${onUnpriced} }]`);
    const answer = ask(10, { model: 'p/unheard-of' });
    await arrived(1);
    provider.waiting[0]!.answer(3);
    await answer;
    assert.equal((await sums())['total per day']?.[0], spent);
  }
});

test('an alert-only budget refuses nothing and counts everything', async (t) => {
  const { ask, arrived, provider, sums } = await gateway(t, 'budgets: [{ limit: $0.01, period: month, exceeded: alert }]');
  const answer = ask(400);
  await arrived(1);
  provider.waiting[0]!.answer(400);
  assert.equal((await answer).status, 200);
  assert.deepEqual(await sums(), { 'total per month, alert only': [400, 0] });
});

test('a call that takes more than was set aside is charged in full, and told of', async (t) => {
  const { ask, arrived, provider, notices, sums } = await gateway(t, 'budgets: [{ limit: $1, period: day }]');
  const answer = ask(100);
  await arrived(1);
  provider.waiting[0]!.answer(130);
  await answer;
  assert.equal((await sums())['total per day']?.[0], 130);
  assert.deepEqual(
    notices.flatMap((notice) => (notice.type === 'budgetOverrun' ? [notice.amount] : [])),
    [30_000_000_000n],
  );
});

test('calls larger than their ceiling are refused before anything is sent, in words', async (t) => {
  const { ask, provider } = await gateway(t, 'models: { small: { targets: [p/m], callTokensMax: 500, callCostMax: $0.20 } }');
  const [many, dear] = [await ask(600, { model: 'small' }), await ask(300, { model: 'small' })];
  assert.deepEqual([many.status, dear.status, provider.waiting.length], [402, 402, 0]);
  assert.match(
    (await error(many)).message,
    /^this call may take about \d+ tokens of input and up to 600 of output, and one call may take 500 tokens at most/,
  );
  assert.match((await error(dear)).message, /^this call may cost about \$0\.3, and one call may take \$0\.2 at most/);
});

test('answers whose length the caller leaves open are limited as the rules say', async (t) => {
  const { headgate, arrived, provider } = await gateway(
    t,
    'budgets: [{ limit: $1, period: day }]\nmodels: { short: { targets: [p/m], outputTokens: 300 } }',
  );
  const answer = headgate.fetch('http://headgate/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify({ model: 'short', messages: [{ role: 'user', content: 'hi' }] }),
  });
  await arrived(1);
  const sent = JSON.parse(Buffer.from(provider.waiting[0]!.request.body!).toString());
  assert.deepEqual(sent, { max_completion_tokens: 300, model: 'm', messages: [{ role: 'user', content: 'hi' }] });
  provider.waiting[0]!.answer(1);
  assert.equal((await answer).status, 200);
});

const KEYED =
  'server: { keys: [{ id: ci, key: sixteen-characters, limits: { requestsPerMinute: 2, tokensPerMinute: 5000, budgets: [{ limit: $1, period: day }] } }] }';

test('a key is told its limits as its vendor would, and to wait when they are reached', async (t) => {
  const { ask, arrived, provider, sums } = await gateway(t, KEYED);
  const authorization = 'Bearer sixteen-characters';
  const first = ask(100, { headers: { authorization } });
  await arrived(1);
  provider.waiting[0]!.answer(4);
  const { headers } = await first;
  const openai = Object.fromEntries([...headers].filter(([name]) => name.startsWith('x-ratelimit')));
  assert.deepEqual(
    [openai['x-ratelimit-limit-requests'], openai['x-ratelimit-remaining-requests'], openai['x-ratelimit-limit-tokens']],
    ['2', '1', '5000'],
  );
  assert.match(openai['x-ratelimit-reset-requests']!, /^(29\.\d+s|30s)$/);

  const second = ask(100, { headers: { authorization }, path: '/v1/messages' });
  await arrived(1);
  provider.waiting[0]!.answer(4);
  const anthropic = (await second).headers;
  assert.deepEqual(
    [anthropic.get('anthropic-ratelimit-requests-limit'), anthropic.get('anthropic-ratelimit-requests-remaining')],
    ['2', '0'],
  );
  assert.match(anthropic.get('anthropic-ratelimit-requests-reset')!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

  const third = await ask(100, { headers: { authorization } });
  assert.equal(third.status, 429);
  assert.ok(Number(third.headers.get('retry-after')) > 25);
  assert.equal(third.headers.get('x-ratelimit-remaining-requests'), '0');
  assert.match((await error(third)).message, /^the limit of 2 requests per minute \(key ci\) is reached; try again in \d+ s$/);
  assert.equal((await sums())['key=ci per day']?.[0], 8);
});

test('counting tokens costs requests and no money', async (t) => {
  const { ask, sums } = await gateway(t, `${KEYED}\nbudgets: [{ limit: $0.000001, period: day }]`);
  const headers = { authorization: 'Bearer sixteen-characters' };
  const answer = await ask(100, { headers, path: '/v1/messages/count_tokens' });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('anthropic-ratelimit-requests-remaining'), '1');
  assert.deepEqual((await sums())['total per day'], [0, 0]);
});

test('a provider asked too fast is passed over, and refused with the time to wait where there is no other', async (t) => {
  const { ask, arrived, provider } = await gateway(
    t,
    `models: { both: [p/m, q/m] }\nproviders: { p: ${PROVIDER}, limits: { requestsPerMinute: 1 } }, q: ${PROVIDER} } }`,
  );
  for (const [model, served] of [
    ['both', 'p'],
    ['both', 'q'],
  ]) {
    const answer = ask(10, { model: model! });
    await arrived(1);
    assert.equal(provider.waiting[0]!.request.provider, served);
    provider.waiting[0]!.answer(1);
    assert.equal((await answer).status, 200);
  }
  const refused = await ask(10);
  assert.equal(refused.status, 429);
  assert.match((await error(refused)).message, /provider p/);
});

test('an alert-only budget refuses no model without a price', async (t) => {
  const { ask, arrived, provider } = await gateway(t, 'budgets: [{ limit: $1, period: day, exceeded: alert }]');
  const answer = ask(10, { model: 'p/unheard-of' });
  await arrived(1);
  provider.waiting[0]!.answer(3);
  assert.equal((await answer).status, 200);
});

test('a budget of a key and one of the configuration for the same calls are one, and the smaller holds', async (t) => {
  const { ask, arrived, provider, sums } = await gateway(
    t,
    `server: { keys: [{ id: ci, key: sixteen-characters, limits: { budgets: [{ limit: $0.3, period: day }] } }] }
budgets: [{ scope: { key: ci }, limit: $5, period: day }]`,
  );
  const headers = { authorization: 'Bearer sixteen-characters' };
  const answer = ask(100, { headers });
  await arrived(1);
  provider.waiting[0]!.answer(90);
  assert.equal((await answer).status, 200);
  assert.equal((await sums())['key=ci per day']?.[0], 90);
  assert.equal((await ask(300, { headers })).status, 402);
});

test('an answer given up counts what the ledger says of it, by estimate', async (t) => {
  const { ask, arrived, provider, sums, headgate } = await gateway(t, 'budgets: [{ limit: $1, period: day }]');
  const leaving = new AbortController();
  const answer = ask(400, { body: { stream: true }, signal: leaving.signal });
  await arrived(1);
  provider.waiting[0]!.begin('one two three four five six seven eight nine ten');
  await (await answer).body!.getReader().read();
  leaving.abort();
  while (headgate.running > 0) await new Promise((resolve) => setImmediate(resolve));
  const [spent] = (await sums())['total per day']!;
  const [row] = await headgate.ledger!.records({});
  assert.equal(row!.measured, 'estimated');
  assert.equal(spent, Number(row!.cost) / 1e9);
  assert.ok(spent > 0);
});

test('a pace of a model holds for calls that fall back to it too', async (t) => {
  const { ask, arrived, provider } = await gateway(
    t,
    'models: { pair: [p/m, q/other] }\nlimits: [{ scope: { model: other }, requestsPerMinute: 2 }]',
  );
  const statuses: number[] = [];
  for (let call = 0; call < 4; call += 1) {
    const answer = ask(10, { model: 'pair' });
    await arrived(1);
    provider.waiting[0]!.fail(404);
    for (let turns = 0; turns < 20 && provider.waiting.length === 0; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    provider.waiting[0]?.answer(1);
    statuses.push((await answer).status);
  }
  assert.deepEqual(statuses, [200, 200, 404, 404]);
  assert.equal((await ask(10, { model: 'q/other' })).status, 429);
});

test('a caller can tell a rate limit from budgets that cannot be checked', () => {
  const wordsOf = (failure: Failure) => {
    const { status, body } = encodeOpenAIFailure(failure, 'openai-chat');
    const { type, code } = JSON.parse(body).error;
    return [status, type, code];
  };
  assert.deepEqual(wordsOf(unreachable('no answer')), [429, 'rate_limit_error', 'budget_backend_unavailable']);
  assert.deepEqual(wordsOf(slowDown({ name: 'key k', of: 'requests', perMinute: 60, retryAfterMs: 1000 })), [
    429,
    'rate_limit_error',
    'rate_limit_exceeded',
  ]);
});
