import assert from 'node:assert/strict';
import test from 'node:test';
import type OpenAI from 'openai';
import { toFile } from 'openai';
import { batchWorld, chatLine, HOUR_MS, names, type OutputLine } from './batch-world.ts';

const CHAT = { endpoint: '/v1/chat/completions', completion_window: '24h' } as const;
const byId = (lines: readonly OutputLine[]) => [...lines].sort((a, b) => (a.custom_id < b.custom_id ? -1 : 1));

test('a batch from its file to its answers, by the official SDK, for each endpoint', async () => {
  const { openai, upload, read } = batchWorld();
  const bodies = {
    '/v1/chat/completions': { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] },
    '/v1/responses': { model: 'gpt-4o', input: 'Hello' },
    '/v1/embeddings': { model: 'text-embedding-3-small', input: ['Hello', 'there'], dimensions: 2 },
  } as const;
  for (const [endpoint, body] of Object.entries(bodies) as [keyof typeof bodies, object][]) {
    const file = await upload([{ custom_id: 'one', method: 'POST', url: endpoint, body }]);
    const created = await openai.batches.create({ endpoint, completion_window: '24h', input_file_id: file.id, metadata: { job: 'test' } });
    assert.deepEqual(
      [created.status, created.request_counts, created.output_file_id],
      ['validating', { total: 0, completed: 0, failed: 0 }, null],
    );
    const done = await openai.batches.retrieve(created.id);
    const [line] = await read(done.output_file_id);
    assert.deepEqual([done.status, done.request_counts, done.error_file_id], ['completed', { total: 1, completed: 1, failed: 0 }, null]);
    assert.deepEqual([done.metadata, done.model], [{ job: 'test' }, (body as { model: string }).model]);
    assert.deepEqual([line?.custom_id, line?.error, line?.response?.status_code], ['one', null, 200]);
    assert.match(line!.id, /^batch_req_[0-9a-f]{32}$/);
    const usage = line!.response!.body['usage'] as { total_tokens: number };
    assert.ok(usage.total_tokens > 0);
    assert.equal(done.usage?.total_tokens, usage.total_tokens);
  }
});

test('an answer in a batch is the one that the same request gets by itself', async () => {
  const { openai, upload, read } = batchWorld();
  const { body } = chatLine('a');
  const alone = await openai.chat.completions.create(body as OpenAI.ChatCompletionCreateParamsNonStreaming);
  const batch = await openai.batches.create({ ...CHAT, input_file_id: (await upload([chatLine('a')])).id });
  const [line] = await read((await openai.batches.retrieve(batch.id)).output_file_id);
  assert.deepEqual({ ...line!.response!.body, id: alone.id }, JSON.parse(JSON.stringify(alone)));
});

test('it goes through every state, each in its time, with counts as they are', async () => {
  const { world, openai, upload } = batchWorld({
    script: [
      { when: { path: 'batches' }, batch: { validatingMs: 5000, atOnce: 2, finalizingMs: 3000 } },
      { when: { customId: 'line-3' }, fault: { status: 500 } },
      { when: { customId: '*' }, timing: { firstMs: 10_000 } },
    ],
  });
  const { id, created_at } = await openai.batches.create({
    ...CHAT,
    input_file_id: (await upload(names(4).map((name) => chatLine(name)))).id,
  });
  const seen: unknown[] = [];
  for (const waitMs of [4999, 1, 9999, 1, 9999, 1, 2999, 1]) {
    world.advance(waitMs);
    const { status, request_counts: counts } = await openai.batches.retrieve(id);
    seen.push([status, counts?.total, counts?.completed, counts?.failed]);
  }
  assert.deepEqual(seen, [
    ['validating', 0, 0, 0],
    ['in_progress', 4, 0, 0],
    ['in_progress', 4, 0, 0],
    ['in_progress', 4, 2, 0],
    // A refused request takes its time too.
    ['in_progress', 4, 2, 0],
    ['finalizing', 4, 3, 1],
    ['finalizing', 4, 3, 1],
    ['completed', 4, 3, 1],
  ]);
  const done = await openai.batches.retrieve(id);
  assert.deepEqual(
    [done.in_progress_at, done.finalizing_at, done.completed_at, done.expires_at].map((at) => at! - created_at),
    [5, 25, 28, 86_400],
  );
});

test('some lines fail: theirs is the error file, and each says why', async () => {
  const { openai, upload, read } = batchWorld({
    script: [
      { when: { customId: 'limited' }, fault: { status: 429, code: 'rate_limit_exceeded' } },
      { when: { customId: 'broken' }, fault: { resetAtByte: 10 } },
      { when: { customId: 'page' }, fault: { status: 502, htmlBody: true } },
    ],
  });
  const lines = [
    chatLine('good'),
    chatLine('limited'),
    chatLine('broken'),
    chatLine('page'),
    chatLine('wrong', { temperature: 3 }),
    chatLine('streamed', { stream: true }),
  ];
  const { id } = await openai.batches.create({ ...CHAT, input_file_id: (await upload(lines)).id });
  const done = await openai.batches.retrieve(id);
  assert.deepEqual([done.status, done.request_counts], ['completed', { total: 6, completed: 1, failed: 5 }]);
  assert.deepEqual(
    (await read(done.output_file_id)).map((line) => line.custom_id),
    ['good'],
  );
  assert.deepEqual(
    byId(await read(done.error_file_id)).map(({ custom_id, response, error }) => [
      custom_id,
      response?.status_code,
      (response?.body['error'] as { code: string | null } | undefined)?.code,
      error,
    ]),
    [
      ['broken', 500, null, null],
      ['limited', 429, 'rate_limit_exceeded', null],
      ['page', 502, null, null],
      ['streamed', 400, 'unsupported_parameter', null],
      ['wrong', 400, 'decimal_above_max_value', null],
    ],
  );
});

test('a line nested beyond all measure is no JSON, and a call neither: both are answered', async () => {
  const { openai, upload, post } = batchWorld();
  const nested = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  const line = JSON.stringify(chatLine('deep', { metadata: 'deep' })).replace('"deep"}', `${nested}}`);
  const { id } = await openai.batches.create({ ...CHAT, input_file_id: (await upload([chatLine('good'), line])).id });
  const { status, errors } = await openai.batches.retrieve(id);
  assert.deepEqual([status, errors?.data?.map(({ code, line: at }) => [code, at])], ['failed', [['invalid_json_line', 2]]]);
  const tools = `[{"type":"function","function":{"name":"a","parameters":{"type":"object","default":${nested}}}}]`;
  const body = Buffer.from(`{"model":"gpt-4o","messages":[{"role":"user","content":"x"}],"tools":${tools}}`);
  assert.match(post('/v1/chat/completions', { 'content-type': 'application/json' }, body), /^400 .*could not parse the JSON body/);
});

test('where all lines fail it is completed, without an output file', async () => {
  const { openai, upload } = batchWorld({ script: [{ when: { customId: '*' }, fault: { status: 500 } }] });
  const { id } = await openai.batches.create({ ...CHAT, input_file_id: (await upload([chatLine('a')])).id });
  const { status, output_file_id, error_file_id } = await openai.batches.retrieve(id);
  assert.deepEqual([status, output_file_id, typeof error_file_id], ['completed', null, 'string']);
});

test('some lines fail by chance, the same ones for the same seed', async () => {
  const failedOf = async (seed: number) => {
    const { openai, upload, read } = batchWorld({ seed, script: [{ when: { customId: '*', chance: 0.1 }, fault: { status: 500 } }] });
    const { id } = await openai.batches.create({ ...CHAT, input_file_id: (await upload(names(300).map((name) => chatLine(name)))).id });
    return byId(await read((await openai.batches.retrieve(id)).error_file_id)).map((line) => line.custom_id);
  };
  const [failed, again, other] = [await failedOf(1), await failedOf(1), await failedOf(2)];
  assert.ok(failed.length > 15 && failed.length < 45, `${failed.length} of 300`);
  assert.deepEqual(again, failed);
  assert.notDeepEqual(other, failed);
});

test('after a day what is not answered has expired; what is, is there', async () => {
  const { world, openai, upload, read } = batchWorld({
    script: [
      { when: { path: 'batches' }, batch: { atOnce: 1, inOrder: true } },
      { when: { customId: 'line-3' }, fault: { stallAtByte: 0 } },
      { when: { customId: '*' }, timing: { firstMs: HOUR_MS } },
    ],
  });
  const { id } = await openai.batches.create({ ...CHAT, input_file_id: (await upload(names(4).map((name) => chatLine(name)))).id });
  world.advance(24 * HOUR_MS - 1);
  const before = await openai.batches.retrieve(id);
  world.advance(1);
  const after = await openai.batches.retrieve(id);
  assert.deepEqual([before.status, before.request_counts], ['in_progress', { total: 4, completed: 2, failed: 0 }]);
  assert.deepEqual([after.status, after.request_counts], ['expired', { total: 4, completed: 2, failed: 0 }]);
  assert.deepEqual([after.expired_at, after.completed_at], [after.expires_at, null]);
  assert.deepEqual(
    (await read(after.output_file_id)).map((line) => line.custom_id),
    ['line-1', 'line-2'],
  );
  assert.deepEqual(
    (await read(after.error_file_id)).map(({ custom_id, response, error }) => [custom_id, response, error?.code]),
    [
      ['line-3', null, 'batch_expired'],
      ['line-4', null, 'batch_expired'],
    ],
  );
});

test('cancelled, it ends after a while with what was done by then', async () => {
  const { world, openai, upload, read } = batchWorld({
    script: [
      { when: { path: 'batches' }, batch: { atOnce: 1, cancellingMs: 100_000, inOrder: true } },
      { when: { customId: '*' }, timing: { firstMs: 50_000 } },
    ],
  });
  const { id } = await openai.batches.create({ ...CHAT, input_file_id: (await upload(names(4).map((name) => chatLine(name)))).id });
  world.advance(60_000);
  await openai.batches.retrieve(id);
  const { status: cancelling } = await openai.batches.cancel(id);
  world.advance(99_999);
  const { status: still } = await openai.batches.cancel(id);
  world.advance(1);
  const done = await openai.batches.cancel(id);
  assert.deepEqual([cancelling, still, done.status], ['cancelling', 'cancelling', 'cancelled']);
  // The second was under way and was let finish; the third, for which there was time, was not begun.
  assert.deepEqual(done.request_counts, { total: 4, completed: 2, failed: 0 });
  assert.deepEqual(
    (await read(done.output_file_id)).map((line) => line.custom_id),
    ['line-1', 'line-2'],
  );
  assert.deepEqual(
    (await read(done.error_file_id)).map((line) => [line.custom_id, line.error?.code]),
    [
      ['line-3', 'batch_cancelled'],
      ['line-4', 'batch_cancelled'],
    ],
  );
});

test('cancelled before it was validated, it ends without lines; ended otherwise, it is too late', async () => {
  const { openai, upload, simulator } = batchWorld({ script: [{ batch: { validatingMs: 1000 } }] });
  const input_file_id = (await upload([chatLine('a')])).id;
  const first = await openai.batches.create({ ...CHAT, input_file_id });
  await openai.batches.cancel(first.id);
  const { status, request_counts, error_file_id } = await openai.batches.retrieve(first.id);
  assert.deepEqual([status, request_counts, error_file_id], ['cancelled', { total: 0, completed: 0, failed: 0 }, null]);
  simulator.script([]);
  const second = await openai.batches.create({ ...CHAT, input_file_id });
  await assert.rejects(openai.batches.cancel(second.id), { status: 409, message: /Cannot cancel a batch with status 'completed'/ });
});

test('results come in the order done; of those done at once in no order, the same one for the same batch', async () => {
  const orderOf = async (script: NonNullable<Parameters<typeof batchWorld>[0]>['script'] = []) => {
    const { world, openai, upload, read } = batchWorld({ script });
    const { id } = await openai.batches.create({ ...CHAT, input_file_id: (await upload(names(20).map((name) => chatLine(name)))).id });
    world.advance(HOUR_MS);
    return (await read((await openai.batches.retrieve(id)).output_file_id)).map((line) => line.custom_id);
  };
  const shuffled = await orderOf();
  assert.notDeepEqual(shuffled, names(20));
  assert.deepEqual([...shuffled].sort(), names(20).sort());
  assert.deepEqual(await orderOf(), shuffled);
  assert.deepEqual(await orderOf([{ when: { path: 'batches' }, batch: { inOrder: true } }]), names(20));
  const late = await orderOf([{ when: { customId: 'line-1' }, timing: { firstMs: 1000 } }]);
  assert.equal(late.at(-1), 'line-1');
});

test('a result may be given twice, or not at all', async () => {
  const { openai, upload, read } = batchWorld({
    script: [
      { when: { path: 'batches' }, batch: { inOrder: true } },
      { when: { customId: 'line-1' }, line: { copies: 2 } },
      { when: { customId: 'line-2' }, line: { copies: 0 } },
    ],
  });
  const { id } = await openai.batches.create({ ...CHAT, input_file_id: (await upload(names(3).map((name) => chatLine(name)))).id });
  const done = await openai.batches.retrieve(id);
  const [first, second, third] = await read(done.output_file_id);
  assert.deepEqual([first?.custom_id, third?.custom_id, done.request_counts?.completed], ['line-1', 'line-3', 3]);
  assert.deepEqual(second, first);
});

test('an input file that is wrong fails the batch after validating, with the line of each mistake', async () => {
  const good = chatLine('good');
  const cases: readonly (readonly [name: string, lines: readonly (object | string)[], problems: readonly unknown[]])[] = [
    ['no lines', ['', '  '], [['empty_file', null, null]]],
    ['50,001 lines', Array.from({ length: 50_001 }, (_, index) => chatLine(String(index))), [['too_many_tasks', null, null]]],
    [
      'not JSON',
      [good, '{"custom_id": ', '[]'],
      [
        ['invalid_json_line', 2, null],
        ['invalid_json_line', 3, null],
      ],
    ],
    ['no custom_id', [{ ...good, custom_id: undefined }], [['missing_required_parameter', 1, 'custom_id']]],
    ['no method', [{ ...good, method: undefined }], [['missing_required_parameter', 1, 'method']]],
    ['no body', [{ ...good, body: undefined }], [['missing_required_parameter', 1, 'body']]],
    ['no model', [chatLine('a', { model: undefined })], [['missing_required_parameter', 1, 'body.model']]],
    ['the same id twice', [good, chatLine('other'), good], [['duplicate_custom_id', 3, 'custom_id']]],
    ['another method', [{ ...good, method: 'GET' }], [['invalid_method', 1, 'method']]],
    ['another endpoint', [{ ...good, url: '/v1/responses' }], [['invalid_url', 1, 'url']]],
    ['two models', [good, chatLine('b', { model: 'gpt-5' })], [['mismatched_model', 2, 'body.model']]],
    ['no model in the first line only', [chatLine('a', { model: undefined }), good], [['missing_required_parameter', 1, 'body.model']]],
    ['no such model', [chatLine('a', { model: 'gpt-99' })], [['model_not_found', 1, 'body.model']]],
  ];
  const { openai, upload } = batchWorld();
  for (const [name, lines, problems] of cases) {
    const { id } = await openai.batches.create({ ...CHAT, input_file_id: (await upload(lines)).id });
    const { status, errors, failed_at, request_counts } = await openai.batches.retrieve(id);
    assert.deepEqual(
      [status, errors?.data?.map(({ code, line, param }) => [code, line, param]), typeof failed_at, request_counts?.total],
      ['failed', problems, 'number', 0],
      name,
    );
  }
});

test('embeddings: at most 50,000 inputs over all lines', async () => {
  const { openai, upload } = batchWorld();
  const line = (name: string) => ({
    custom_id: name,
    method: 'POST',
    url: '/v1/embeddings',
    body: { model: 'sim-vectors', input: Array.from({ length: 2001 }, () => 'x'), dimensions: 1 },
  });
  const { id } = await openai.batches.create({
    endpoint: '/v1/embeddings',
    completion_window: '24h',
    input_file_id: (await upload(names(25).map(line))).id,
  });
  const { errors } = await openai.batches.retrieve(id);
  assert.deepEqual(
    errors?.data?.map(({ code, message }) => [code, /50025/.test(message ?? '')]),
    [['too_many_tasks', true]],
  );
});

test('too many tokens that wait fail a batch, and no longer do when others are done', async () => {
  const { world, openai, upload } = batchWorld({
    script: [
      { when: { path: 'batches' }, batch: { enqueuedTokensMax: 60 } },
      { when: { customId: '*' }, timing: { firstMs: 1000 } },
    ],
  });
  const input_file_id = (await upload([chatLine('a')])).id;
  const first = await openai.batches.create({ ...CHAT, input_file_id });
  await openai.batches.retrieve(first.id);
  const second = await openai.batches.create({ ...CHAT, input_file_id });
  const { status, errors } = await openai.batches.retrieve(second.id);
  assert.deepEqual([status, errors?.data?.[0]?.code], ['failed', 'token_limit_exceeded']);
  world.advance(1000);
  const third = await openai.batches.create({ ...CHAT, input_file_id });
  world.advance(1000);
  assert.equal((await openai.batches.retrieve(third.id)).status, 'completed');
});

test('a script may fail a batch for a reason of its own', async () => {
  const failed = { code: 'billing_hard_limit_reached', message: 'Billing hard limit has been reached.' };
  const { openai, upload } = batchWorld({ script: [{ when: { path: 'batches' }, batch: { failed } }] });
  const { id } = await openai.batches.create({ ...CHAT, input_file_id: (await upload([chatLine('a')])).id });
  const { errors } = await openai.batches.retrieve(id);
  assert.deepEqual(errors?.data, [{ ...failed, line: null, param: null }]);
});

test('a batch that is asked for wrongly is refused at once', async () => {
  const { openai, upload } = batchWorld();
  const input_file_id = (await upload([chatLine('a')])).id;
  const other = await openai.files.create({ purpose: 'user_data', file: await toFile(Buffer.from('{}'), 'x.jsonl') });
  const cases: readonly (readonly [change: object, param: string])[] = [
    [{ input_file_id: undefined }, 'input_file_id'],
    [{ input_file_id: 'file-none' }, 'input_file_id'],
    [{ input_file_id: other.id }, 'input_file_id'],
    [{ endpoint: '/v1/audio' }, 'endpoint'],
    [{ completion_window: '1h' }, 'completion_window'],
    [{ model: 'gpt-4o' }, 'model'],
    [{ metadata: Object.fromEntries(names(17).map((name) => [name, 'x'])) }, 'metadata'],
    [{ metadata: { ['k'.repeat(65)]: 'x' } }, 'metadata'],
    [{ metadata: { k: 'x'.repeat(513) } }, 'metadata.k'],
    [{ output_expires_after: { anchor: 'created_at', seconds: 60 } }, 'output_expires_after.seconds'],
  ];
  for (const [change, param] of cases) {
    const body = { ...CHAT, input_file_id, ...change } as OpenAI.BatchCreateParams;
    await assert.rejects(openai.batches.create(body), { status: 400, param }, JSON.stringify(change));
  }
});

test('batches are listed page by page, the latest first, and are their key’s alone', async () => {
  const { openai, openaiFor, upload } = batchWorld();
  const input_file_id = (await upload([chatLine('a')])).id;
  const ids: string[] = [];
  for (let made = 0; made < 5; made += 1) ids.push((await openai.batches.create({ ...CHAT, input_file_id })).id);
  const listed: string[] = [];
  for await (const { id } of openai.batches.list({ limit: 2 })) listed.push(id);
  assert.deepEqual(listed, ids.reverse());
  const stranger = openaiFor('another');
  assert.deepEqual((await stranger.batches.list()).data, []);
  await assert.rejects(stranger.batches.retrieve(ids[0]!), { status: 404 });
  await assert.rejects(stranger.batches.create({ ...CHAT, input_file_id }), { status: 400 });
  await assert.rejects(openai.batches.list({ limit: 101 }), { status: 400, param: 'limit' });
});

test('limits on what is asked at once are not for lines, and rules for lines not for calls', async () => {
  const { openai, upload } = batchWorld({
    script: [
      { when: { path: 'completions' }, rateLimit: { requestsPerMinute: 1 } },
      { when: { customId: '*' }, reply: { text: 'in a batch' } },
    ],
  });
  const { id } = await openai.batches.create({ ...CHAT, input_file_id: (await upload(names(3).map((name) => chatLine(name)))).id });
  const { choices } = await openai.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] });
  assert.equal(choices[0]?.message.content, 'This is a simulated answer to: Hello');
  assert.deepEqual((await openai.batches.retrieve(id)).request_counts, { total: 3, completed: 3, failed: 0 });
});

test('what failed can be asked again, from its own script', async () => {
  const { openai, upload, read, simulator } = batchWorld({ script: [{ when: { customId: 'line-2', times: 1 }, fault: { status: 503 } }] });
  const lines = names(3).map((name) => chatLine(name));
  const first = await openai.batches.create({ ...CHAT, input_file_id: (await upload(lines)).id });
  const failed = (await read((await openai.batches.retrieve(first.id)).error_file_id)).map((line) => line.custom_id);
  const again = await openai.batches.create({
    ...CHAT,
    input_file_id: (await upload(lines.filter((line) => failed.includes(line.custom_id)))).id,
  });
  const output = await read((await openai.batches.retrieve(again.id)).output_file_id);
  assert.deepEqual([failed, output.map((line) => line.custom_id)], [['line-2'], ['line-2']]);
  assert.ok(simulator.requests.every(({ path }) => !path.includes('chat')));
});
