import assert from 'node:assert/strict';
import test from 'node:test';
import type Anthropic from '@anthropic-ai/sdk';
import type { Script } from '../../src/simulator/index.ts';
import { batchWorld, HOUR_MS, messageLine, names } from './batch-world.ts';

type Results = AsyncIterable<Anthropic.Messages.MessageBatchIndividualResponse>;

async function all(results: Results) {
  const lines: Anthropic.Messages.MessageBatchIndividualResponse[] = [];
  for await (const line of results) lines.push(line);
  return lines;
}

/** A world with a batch of so many lines in it. */
async function withBatch(count: number, script: Script = []) {
  const made = batchWorld({ script });
  const { batches } = made.anthropic.messages;
  const { id } = await batches.create({ requests: names(count).map((name) => messageLine(name)) });
  return {
    ...made,
    batches,
    id,
    look: () => batches.retrieve(id),
    results: async () => (await all(await batches.results(id))).map(({ custom_id, result }) => [custom_id, result.type]),
  };
}

const PROCESSING = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };

test('a batch from its creation to its deletion, by the official SDK', async () => {
  const { anthropic } = batchWorld();
  const { batches } = anthropic.messages;
  const created = await batches.create({ requests: [messageLine('one')] });
  assert.deepEqual(created, {
    id: created.id,
    type: 'message_batch',
    processing_status: 'in_progress',
    request_counts: { ...PROCESSING, processing: 1 },
    ended_at: null,
    created_at: '2026-01-01T00:00:00.000000+00:00',
    expires_at: '2026-01-02T00:00:00.000000+00:00',
    archived_at: null,
    cancel_initiated_at: null,
    results_url: null,
  });
  assert.match(created.id, /^msgbatch_01\w{22}$/);
  const ended = await batches.retrieve(created.id);
  assert.deepEqual(
    [ended.processing_status, ended.request_counts, ended.ended_at],
    ['ended', { ...PROCESSING, succeeded: 1 }, created.created_at],
  );
  assert.equal(ended.results_url, `http://simulated/v1/messages/batches/${created.id}/results`);
  const [line] = await all(await batches.results(created.id));
  assert.deepEqual([line?.custom_id, line?.result.type], ['one', 'succeeded']);
  assert.deepEqual(await batches.delete(created.id), { id: created.id, type: 'message_batch_deleted' });
  await assert.rejects(batches.retrieve(created.id), { status: 404 });
  assert.deepEqual((await batches.list()).data, []);
});

test('an answer in a batch is the one that the same request gets by itself, at the batch’s tier', async () => {
  const { anthropic } = batchWorld();
  const request = messageLine('a');
  const alone = await anthropic.messages.create(request.params);
  const { id } = await anthropic.messages.batches.create({ requests: [request] });
  const [line] = await all(await anthropic.messages.batches.results(id));
  const message = line?.result.type === 'succeeded' ? line.result.message : assert.fail();
  const textOf = ({ content }: Anthropic.Message) => content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  assert.deepEqual([textOf(message), message.usage], [textOf(alone), { ...alone.usage, service_tier: 'batch' }]);
});

test('counts stay at processing until all is done; polling says when to come back', async () => {
  const { world, batches, id, look } = await withBatch(4, [
    { when: { path: 'batches' }, batch: { atOnce: 2, finalizingMs: 1000 } },
    { when: { customId: 'line-3' }, fault: { status: 529 } },
    { when: { customId: '*' }, timing: { firstMs: 10_000 } },
  ]);
  const seen: unknown[] = [];
  for (const waitMs of [10_000, 10_000, 999, 1]) {
    world.advance(waitMs);
    const { data, response } = await batches.retrieve(id).withResponse();
    seen.push([data.processing_status, data.request_counts, data.results_url !== null, response.headers.get('retry-after')]);
  }
  const waiting = ['in_progress', { ...PROCESSING, processing: 4 }, false, '10'];
  assert.deepEqual(seen, [waiting, waiting, waiting, ['ended', { ...PROCESSING, succeeded: 3, errored: 1 }, true, null]]);
  assert.equal((await look()).ended_at, '2026-01-01T00:00:21.000000+00:00');
});

test('what is wrong in a request’s params is its result, not the batch’s refusal', async () => {
  const { anthropic } = batchWorld({ script: [{ when: { customId: 'busy' }, fault: { status: 529 } }] });
  const { id } = await anthropic.messages.batches.create({
    requests: [
      messageLine('good'),
      messageLine('busy'),
      messageLine('hot', { temperature: 2 }),
      messageLine('nobody', { model: 'claude-99' }),
      messageLine('streamed', { stream: true }),
      messageLine('warm', { max_tokens: 0 }),
      messageLine('fallback', { fallbacks: [] }),
      messageLine('thread', { thread: {} }),
    ],
  });
  const results = await all(await anthropic.messages.batches.results(id));
  const errors = results.flatMap(({ custom_id, result }) =>
    result.type === 'errored'
      ? [[custom_id, result.error.type, result.error.error.type, /^req_011C/.test(result.error.request_id ?? '')]]
      : [],
  );
  assert.deepEqual(errors.sort(), [
    ['busy', 'error', 'overloaded_error', true],
    ['fallback', 'error', 'invalid_request_error', true],
    ['hot', 'error', 'invalid_request_error', true],
    ['nobody', 'error', 'not_found_error', true],
    ['streamed', 'error', 'invalid_request_error', true],
    ['thread', 'error', 'invalid_request_error', true],
    ['warm', 'error', 'invalid_request_error', true],
  ]);
});

test('with a beta an answer in a batch may be longer than elsewhere', async () => {
  const { anthropic } = batchWorld();
  const betas = { headers: { 'anthropic-beta': 'output-300k-2026-03-24' } };
  const requests = [messageLine('long', { max_tokens: 300_000 }), messageLine('longer', { max_tokens: 300_001 })];
  const typesOf = async (options: object) => {
    const { id } = await anthropic.messages.batches.create({ requests }, options);
    return (await all(await anthropic.messages.batches.results(id))).map(({ custom_id, result }) => [custom_id, result.type]).sort();
  };
  assert.deepEqual(await typesOf(betas), [
    ['long', 'succeeded'],
    ['longer', 'errored'],
  ]);
  assert.deepEqual(await typesOf({}), [
    ['long', 'errored'],
    ['longer', 'errored'],
  ]);
  await assert.rejects(anthropic.messages.create({ ...requests[0]!.params, stream: true }, betas), /max_tokens: 300000 > 128000/);
});

test('after a day what is not answered has expired', async () => {
  const { world, look, results } = await withBatch(3, [
    { when: { path: 'batches' }, batch: { inOrder: true } },
    { when: { customId: 'line-2' }, fault: { stallAtByte: 0 } },
  ]);
  world.advance(24 * HOUR_MS - 1);
  assert.equal((await look()).processing_status, 'in_progress');
  world.advance(1);
  const { processing_status, request_counts, ended_at, expires_at } = await look();
  assert.deepEqual([processing_status, request_counts], ['ended', { ...PROCESSING, succeeded: 2, expired: 1 }]);
  assert.equal(ended_at, expires_at);
  assert.deepEqual(await results(), [
    ['line-1', 'succeeded'],
    ['line-2', 'expired'],
    ['line-3', 'succeeded'],
  ]);
});

test('canceled, it is canceling until what was under way is done', async () => {
  const { world, batches, id, look, results } = await withBatch(3, [
    { when: { path: 'batches' }, batch: { atOnce: 1, cancellingMs: 100_000, inOrder: true } },
    { when: { customId: '*' }, timing: { firstMs: 50_000 } },
  ]);
  world.advance(60_000);
  await look();
  const { processing_status, cancel_initiated_at, request_counts } = await batches.cancel(id);
  assert.deepEqual(
    [processing_status, cancel_initiated_at, request_counts],
    ['canceling', '2026-01-01T00:01:00.000000+00:00', { ...PROCESSING, processing: 3 }],
  );
  await assert.rejects(batches.delete(id), { status: 400, message: /still being processed/ });
  world.advance(100_000);
  const ended = await batches.cancel(id);
  assert.deepEqual([ended.processing_status, ended.request_counts], ['ended', { ...PROCESSING, succeeded: 2, canceled: 1 }]);
  assert.equal(ended.cancel_initiated_at, cancel_initiated_at);
  assert.deepEqual(await results(), [
    ['line-1', 'succeeded'],
    ['line-2', 'succeeded'],
    ['line-3', 'canceled'],
  ]);
});

test('one that has ended cannot be canceled', async () => {
  const { batches, id } = await withBatch(1);
  await assert.rejects(batches.cancel(id), { status: 400, message: /has ended/ });
});

test('results can be had for 29 days; the batch stays, archived', async () => {
  const { world, look, results, simulator, id, anthropic } = await withBatch(1);
  await results();
  world.advance(29 * 24 * HOUR_MS);
  const { archived_at, results_url, request_counts } = await look();
  assert.deepEqual([archived_at, results_url, request_counts], ['2026-01-30T00:00:00.000000+00:00', null, { ...PROCESSING, succeeded: 1 }]);
  await assert.rejects(anthropic.get(`/v1/messages/batches/${id}/results`), { status: 404, message: /no longer available/ });
  assert.equal(simulator.requests.at(-1)?.status, 404);
});

test('results asked for too early are not there', async () => {
  const { anthropic, id } = await withBatch(1, [{ when: { customId: '*' }, timing: { firstMs: 1 } }]);
  await assert.rejects(anthropic.get(`/v1/messages/batches/${id}/results`), { status: 404, message: /no results yet/ });
});

test('results come in no order, repeatedly or not at all, as a script has it', async () => {
  const { results } = await withBatch(20);
  const order = (await results()).map(([name]) => name);
  assert.notDeepEqual(order, names(20));
  assert.deepEqual([...order].sort(), names(20).sort());
  const odd = await withBatch(3, [
    { when: { path: 'batches' }, batch: { inOrder: true } },
    { when: { customId: 'line-1' }, line: { copies: 2 } },
    { when: { customId: 'line-3' }, line: { copies: 0 } },
  ]);
  assert.deepEqual(
    (await odd.results()).map(([name]) => name),
    ['line-1', 'line-1', 'line-2'],
  );
  assert.equal((await odd.look()).request_counts.succeeded, 3);
});

test('results may break off between two lines', async () => {
  const { results } = await withBatch(3, [{ when: { path: 'results' }, fault: { cutAfterEvents: 2 } }]);
  assert.equal((await results()).length, 2);
});

test('a batch that is asked for wrongly is refused at once, with the place', async () => {
  const { anthropic } = batchWorld();
  const line = messageLine('a');
  const cases: readonly (readonly [body: object, message: RegExp])[] = [
    [{}, /requests: Field required/],
    [{ requests: 'all' }, /requests: Input should be a valid list/],
    [{ requests: [] }, /requests: List should have at least 1 item/],
    [{ requests: [line], model: 'x' }, /model: Extra inputs are not permitted/],
    [
      { requests: Array.from({ length: 100_001 }, () => 0) },
      /requests: List should have at most 100000 items after validation, not 100001/,
    ],
    [{ requests: [line, 'b'] }, /requests\.1: Input should be a valid dictionary/],
    [{ requests: [line, { params: line.params }] }, /requests\.1\.custom_id: Field required/],
    [{ requests: [{ custom_id: 'a' }] }, /requests\.0\.params: Field required/],
    [{ requests: [{ ...line, url: '/v1/messages' }] }, /requests\.0\.url: Extra inputs are not permitted/],
    [{ requests: [{ ...line, custom_id: 7 }] }, /requests\.0\.custom_id: Input should be a valid string/],
    [{ requests: [{ ...line, custom_id: '' }] }, /requests\.0\.custom_id: String should have at least 1 character/],
    [{ requests: [{ ...line, custom_id: 'x'.repeat(65) }] }, /requests\.0\.custom_id: String should have at most 64 characters/],
    [{ requests: [{ ...line, custom_id: 'a b' }] }, /requests\.0\.custom_id: String should match pattern/],
    [{ requests: [line, line] }, /requests\.1\.custom_id: 'a' is not unique/],
  ];
  for (const [body, message] of cases) {
    await assert.rejects(
      anthropic.messages.batches.create(body as Anthropic.Messages.BatchCreateParams),
      { status: 400, message },
      String(message),
    );
  }
});

test('256 MB are the most a batch may have, and no more is kept of one that is large', () => {
  const { simulator, post } = batchWorld();
  const headers = { 'anthropic-version': '2026-10-21', 'content-type': 'application/json' };
  assert.match(post('/v1/messages/batches', headers, new Uint8Array(256_000_001)), /^413 .*request_too_large/);
  assert.equal(simulator.requests[0]?.body, undefined);
});

test('batches are listed page by page both ways, the latest first, and OpenAI’s are not among them', async () => {
  const { anthropic, openai, upload } = batchWorld();
  const { batches } = anthropic.messages;
  await openai.batches.create({ endpoint: '/v1/responses', completion_window: '24h', input_file_id: (await upload(['{}'])).id });
  const ids: string[] = [];
  for (const name of names(5)) ids.push((await batches.create({ requests: [messageLine(name)] })).id);
  ids.reverse();
  const listed: string[] = [];
  for await (const { id } of batches.list({ limit: 2 })) listed.push(id);
  assert.deepEqual(listed, ids);
  const before = await batches.list({ limit: 2, before_id: ids[3]! });
  assert.deepEqual([before.data.map(({ id }) => id), before.has_more], [ids.slice(1, 3), true]);
  await assert.rejects(batches.list({ limit: 1001 }), { status: 400, message: /less than or equal to 1000/ });
});

test('the other vendor’s endpoints are not there', async () => {
  const { anthropic } = batchWorld();
  await assert.rejects(anthropic.get('/v1/batches'), { status: 404 });
});
