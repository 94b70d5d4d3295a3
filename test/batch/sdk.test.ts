import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate } from '../../src/headgate.ts';
import { type Life, quiet, settled, stage } from './stage.ts';

const MODELS = { OpenAI: 'gpt-6-luna', Anthropic: 'claude-haiku-5-5' } as const;

async function clients(script: Parameters<typeof stage>[0] = [], more: object = {}) {
  const place = await stage(script, more);
  const life: Life = await place.start();
  const { fetch } = life.headgate;
  const openai = new OpenAI({ apiKey: 'key-of-a-caller-1', baseURL: 'http://headgate.test/v1', fetch, maxRetries: 0 });
  const anthropic = new Anthropic({ apiKey: 'key-of-a-caller-1', baseURL: 'http://headgate.test', fetch, maxRetries: 0 });
  // Their promises are lazy in part: each is asked for inside.
  const done = <T>(work: () => PromiseLike<T>): Promise<T> => settled(Promise.resolve().then(work), place.world);
  const pass = async () => {
    for (let step = 0; step < 20; step += 1) {
      await quiet();
      place.world.advance(1000);
    }
  };
  return { ...place, place, life, openai, anthropic, done, pass };
}

const jsonl = (lines: readonly object[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
const chatLines = (model: string, count: number) =>
  Array.from({ length: count }, (_, line) => ({
    custom_id: `row-${line}`,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model, messages: [{ role: 'user', content: `Question ${line}` }] },
  }));

for (const [vendor, model] of Object.entries(MODELS)) {
  test(`OpenAI's SDK drives the whole life of a batch with ${vendor} behind`, async () => {
    const { openai, done, pass, life, world } = await clients([
      { when: { customId: '*', contains: 'Question 2' }, fault: { status: 400 } },
    ]);
    const lines = chatLines(model, 4);
    const file = await done(() => openai.files.create({ purpose: 'batch', file: new File([jsonl(lines)], 'in.jsonl') }));
    assert.deepEqual([file.object, file.purpose, file.filename, file.bytes], ['file', 'batch', 'in.jsonl', jsonl(lines).length]);
    const asked = {
      input_file_id: file.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      metadata: { team: 'blue' },
    } as const;
    let batch = await done(() => openai.batches.create(asked));
    assert.deepEqual(
      [batch.status, batch.request_counts, batch.metadata],
      ['in_progress', { total: 4, completed: 0, failed: 0 }, { team: 'blue' }],
    );
    for (let look = 0; look < 100 && batch.status === 'in_progress'; look += 1) {
      await pass();
      batch = await done(() => openai.batches.retrieve(batch.id));
    }
    assert.deepEqual([batch.status, batch.request_counts], ['completed', { total: 4, completed: 3, failed: 1 }]);
    const output = await done(async () => (await openai.files.content(batch.output_file_id!)).text());
    const answers = output
      .trim()
      .split('\n')
      .map(
        (line) => JSON.parse(line) as { custom_id: string; error: null; response: { status_code: number; body: OpenAI.ChatCompletion } },
      );
    assert.deepEqual(
      answers.map(({ custom_id: id, error, response }) => [id, error, response.status_code]),
      ['row-0', 'row-1', 'row-3'].map((id) => [id, null, 200]),
    );
    assert.ok(answers[0]!.response.body.choices[0]!.message.content);
    const errors = await done(async () => (await openai.files.content(batch.error_file_id!)).text());
    assert.match(errors, /"custom_id":"row-2","response":\{"status_code":400/);
    assert.equal((await done(() => openai.files.retrieve(batch.output_file_id!))).bytes, Buffer.byteLength(output));
    assert.deepEqual(
      (await done(() => openai.batches.list({ limit: 5 }))).data.map(({ id }) => id),
      [batch.id],
    );
    assert.deepEqual(
      (await done(() => openai.files.list({ purpose: 'batch' }))).data.map(({ id }) => id),
      [file.id],
    );
    assert.equal((await done(() => openai.files.delete(file.id))).deleted, true);
    await assert.rejects(
      done(() => openai.files.delete(batch.output_file_id!)),
      (error) => error instanceof OpenAI.BadRequestError && /goes with it: it cannot be deleted/.test(error.message),
    );
    const rows = await settled(life.headgate.ledger!.records({}), world);
    assert.deepEqual(new Set(rows.map(({ channel }) => channel)), new Set(['batch']));
  });

  test(`Anthropic's SDK drives the whole life of a batch with ${vendor} behind`, async () => {
    const { anthropic, done, pass } = await clients([{ when: { customId: '*', contains: 'Question 2' }, fault: { status: 400 } }]);
    const requests = Array.from({ length: 4 }, (_, line) => ({
      custom_id: `row-${line}`,
      params: { model, max_tokens: 50, messages: [{ role: 'user' as const, content: `Question ${line}` }] },
    }));
    let batch = await done(() => anthropic.messages.batches.create({ requests }));
    assert.deepEqual([batch.processing_status, batch.request_counts.processing, batch.results_url], ['in_progress', 4, null]);
    for (let look = 0; look < 100 && batch.processing_status !== 'ended'; look += 1) {
      await pass();
      batch = await done(() => anthropic.messages.batches.retrieve(batch.id));
    }
    assert.deepEqual(batch.request_counts, { processing: 0, succeeded: 3, errored: 1, canceled: 0, expired: 0 });
    assert.equal(batch.results_url, `http://headgate/v1/messages/batches/${batch.id}/results`);
    const results = await done(async () => Array.fromAsync(await anthropic.messages.batches.results(batch.id)));
    assert.deepEqual(
      results.map(({ custom_id: id, result }) => `${id} ${result.type}`),
      ['row-0 succeeded', 'row-1 succeeded', 'row-2 errored', 'row-3 succeeded'],
    );
    const [{ result }] = results as [(typeof results)[number]];
    assert.ok(result.type === 'succeeded' && result.message.content.length > 0 && result.message.type === 'message');
    const failed = results[2]!.result;
    assert.ok(failed.type === 'errored' && failed.error.error.type === 'invalid_request_error');
    assert.deepEqual(
      (await done(() => anthropic.messages.batches.list())).data.map(({ id }) => id),
      [batch.id],
    );
    assert.equal((await done(() => anthropic.messages.batches.delete(batch.id))).type, 'message_batch_deleted');
    await assert.rejects(
      done(() => anthropic.messages.batches.retrieve(batch.id)),
      Anthropic.NotFoundError,
    );
  });
}

test('a batch is cancelled from either SDK, and what was answered stays', async () => {
  const slow = [
    { when: { path: 'batches' }, batch: { atOnce: 1 } },
    { when: { customId: '*' }, timing: { firstMs: 30_000 } },
  ];
  const { anthropic, openai, done, pass } = await clients(slow);
  const file = await done(() =>
    openai.files.create({ purpose: 'batch', file: new File([jsonl(chatLines(MODELS.OpenAI, 9))], 'in.jsonl') }),
  );
  const asked = { input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' } as const;
  let batch = await done(() => openai.batches.create(asked));
  for (let step = 0; step < 6; step += 1) await pass();
  assert.equal((await done(() => openai.batches.cancel(batch.id))).status, 'cancelling');
  for (let look = 0; look < 100 && batch.status !== 'cancelled'; look += 1) {
    await pass();
    batch = await done(() => openai.batches.retrieve(batch.id));
  }
  assert.ok(batch.request_counts!.completed > 0 && batch.output_file_id && batch.error_file_id);
  const errors = await done(async () => (await openai.files.content(batch.error_file_id!)).text());
  assert.match(errors, /"response":null,"error":\{"code":"batch_cancelled"/);
  const params = { model: MODELS.OpenAI, max_tokens: 9, messages: [{ role: 'user' as const, content: 'x' }] };
  const other = await done(() => anthropic.messages.batches.create({ requests: [{ custom_id: 'a', params }] }));
  await assert.rejects(
    done(() => anthropic.messages.batches.delete(other.id)),
    /has not ended/,
  );
  assert.equal((await done(() => anthropic.messages.batches.cancel(other.id))).processing_status, 'canceling');
});

test('embeddings and Responses go as batches too', async () => {
  const { openai, done, pass } = await clients();
  const of = async (url: '/v1/embeddings' | '/v1/responses', body: object) => {
    const file = await done(() =>
      openai.files.create({
        purpose: 'batch',
        file: new File([jsonl([{ custom_id: 'a', method: 'POST', url, body }])], 'a.jsonl'),
      }),
    );
    let batch = await done(() => openai.batches.create({ input_file_id: file.id, endpoint: url, completion_window: '24h' }));
    for (let look = 0; look < 100 && batch.status === 'in_progress'; look += 1) {
      await pass();
      batch = await done(() => openai.batches.retrieve(batch.id));
    }
    return done(async () => (await openai.files.content(batch.output_file_id!)).text());
  };
  assert.match(await of('/v1/embeddings', { model: 'text-embedding-3-small', input: 'x' }), /"embedding":/);
  assert.match(await of('/v1/responses', { model: MODELS.Anthropic, input: 'x' }), /"object":"response"/);
});

const LINE = chatLines(MODELS.OpenAI, 1)[0]!;
/** A line whose body has so many levels below its own. */
const deep = (levels: number) => ({ ...LINE, custom_id: 'deep', body: { ...LINE.body, metadata: nested(levels) } });
const nested = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);
const WRONG: readonly (readonly [string, string | Buffer<ArrayBuffer>, RegExp])[] = [
  ['a line that is no JSON', `${JSON.stringify(LINE)}\nnot json\n`, /line 2 of the input file is not valid JSON/],
  ['a line without its name', jsonl([{ ...LINE, custom_id: undefined }]), /line 1 of the input file needs a custom_id/],
  ['a name given twice', `${jsonl([LINE])}\n\n${jsonl([LINE])}`, /line 4 of the input file has the custom_id "row-0" of another line/],
  ['another endpoint', jsonl([{ ...LINE, url: '/v1/responses' }]), /line 1 .* must have the url "\/v1\/chat\/completions"/],
  ['a line too deep', jsonl([LINE, deep(128)]), /line 2 of the input file is nested deeper than 128 levels/],
  ['a line in another encoding', Buffer.from(`${jsonl([LINE])}{"a":"\u00e9"}\n`, 'latin1'), /line 2 of the input file is not valid UTF-8/],
  ['an empty file', '\n\n', /at least one request/],
];
for (const [what, content, expected] of WRONG)
  test(`${what} is refused with its line`, async () => {
    const { openai, done } = await clients();
    const file = await done(() => openai.files.create({ purpose: 'batch', file: new File([content], 'in.jsonl') }));
    const create = done(() =>
      openai.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' }),
    );
    await assert.rejects(create, (error) => error instanceof OpenAI.BadRequestError && expected.test(error.message));
  });

test('a name given twice is told to Anthropic’s clients by its place', async () => {
  const { anthropic, done } = await clients();
  const params = { model: MODELS.Anthropic, max_tokens: 9, messages: [{ role: 'user' as const, content: 'x' }] };
  const requests = [
    { custom_id: 'a', params },
    { custom_id: 'a', params },
  ];
  await assert.rejects(
    done(() => anthropic.messages.batches.create({ requests })),
    /requests\.1\.custom_id must be unique in the batch, got \\?"a\\?" again/,
  );
});

test('a request in another encoding is refused by its place', async () => {
  const { life, done } = await clients();
  const body = Buffer.from('{"requests":[{"custom_id":"a","params":{"model":"é"}}]}', 'latin1');
  const answer = await done(() => life.headgate.fetch('http://headgate.test/v1/messages/batches', { method: 'POST', body }));
  assert.deepEqual([answer.status, /requests\.0\.params is not valid UTF-8/.test(await answer.text())], [400, true]);
});

test('a request nested too deep is refused by its place, one just deep enough is not', async () => {
  const { anthropic, done } = await clients([], { server: { limits: { depthMax: 20 } } });
  const params = { model: MODELS.Anthropic, max_tokens: 9, messages: [{ role: 'user' as const, content: 'x' }] };
  const create = (levels: number) =>
    done(() =>
      anthropic.messages.batches.create({
        requests: [
          { custom_id: 'a', params },
          { custom_id: 'b', params: { ...params, metadata: nested(levels) as object } },
        ],
      }),
    );
  await assert.rejects(create(20), /requests\.1\.params is nested deeper than 20 levels/);
  assert.equal((await create(19)).processing_status, 'in_progress');
});

const METADATA: readonly (readonly [unknown, RegExp])[] = [
  ['x', /metadata must be an object of texts, got \\?"x/],
  [['x'], /metadata must be an object of texts/],
  [{ a: 1 }, /metadata\.a must be a text, got 1/],
  [{ a: 'x'.repeat(513) }, /metadata\.a must have at most 512 characters, got 513/],
  [{ ['n'.repeat(65)]: 'x' }, /the names in metadata must have at most 64 characters, got 65/],
  [Object.fromEntries(Array.from({ length: 17 }, (_, at) => [at, 'x'])), /metadata must have at most 16 entries, got 17/],
];
for (const [metadata, expected] of METADATA)
  test(`metadata such as ${JSON.stringify(metadata).slice(0, 20)} is refused`, async () => {
    const { openai, done } = await clients();
    const file = await done(() => openai.files.create({ purpose: 'batch', file: new File([jsonl([LINE])], 'in.jsonl') }));
    const create = done(() =>
      openai.batches.create({
        input_file_id: file.id,
        endpoint: '/v1/chat/completions',
        completion_window: '24h',
        metadata: metadata as Record<string, string>,
      }),
    );
    await assert.rejects(create, (error) => error instanceof OpenAI.BadRequestError && expected.test(error.message));
  });

test('output files are there for as long as was asked', async () => {
  const { openai, done, pass, world } = await clients();
  const file = await done(() => openai.files.create({ purpose: 'batch', file: new File([jsonl([LINE])], 'in.jsonl') }));
  const asked = { input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' } as const;
  const kept = (anchor: string, seconds: number) =>
    done(() => openai.batches.create({ ...asked, output_expires_after: { anchor: anchor as 'created_at', seconds } }));
  await assert.rejects(kept('tomorrow', 3600), /output_expires_after\.anchor must be/);
  await assert.rejects(kept('created_at', 60), /output_expires_after\.seconds must be a whole number from 3600 to 2592000/);
  let batch = await kept('created_at', 3600);
  for (let look = 0; look < 100 && batch.status === 'in_progress'; look += 1) {
    await pass();
    batch = await done(() => openai.batches.retrieve(batch.id));
  }
  const output = await done(() => openai.files.retrieve(batch.output_file_id!));
  assert.equal(output.expires_at! - output.created_at, 3600);
  world.advance(3_600_000);
  await assert.rejects(
    done(() => openai.files.content(batch.output_file_id!)),
    OpenAI.NotFoundError,
  );
});

test('files are listed in either order, page by page', async () => {
  const { openai, done, world } = await clients();
  for (const name of ['a', 'b', 'c']) {
    await done(() => openai.files.create({ purpose: 'batch', file: new File(['{}'], `${name}.jsonl`) }));
    world.advance(1000);
  }
  const listed = (order?: 'asc' | 'desc') =>
    done(async () => (await Array.fromAsync(openai.files.list({ limit: 2, ...(order && { order }) }))).map(({ filename }) => filename));
  assert.deepEqual(await listed('asc'), ['a.jsonl', 'b.jsonl', 'c.jsonl']);
  assert.deepEqual(await listed('desc'), ['c.jsonl', 'b.jsonl', 'a.jsonl']);
  assert.deepEqual(await listed(), ['c.jsonl', 'b.jsonl', 'a.jsonl']);
  await assert.rejects(listed('up' as 'asc'), /order must be \\?"asc\\?" or \\?"desc/);
});

test('what is not there is told in the vendors’ words, which speak of no model', async () => {
  const { openai, anthropic, done } = await clients();
  const openaiSays = (work: () => PromiseLike<unknown>) =>
    done(() => Promise.resolve(work()).catch(({ status, code, param, type, error }) => [status, code, param, type, error.message]));
  const type = 'invalid_request_error';
  assert.deepEqual(await openaiSays(() => openai.batches.retrieve('batch_x')), [
    404,
    null,
    null,
    type,
    "No batch found with id 'batch_x'.",
  ]);
  const noFile = [404, null, 'id', type, 'No such File object: file-x'];
  assert.deepEqual(await openaiSays(() => openai.files.retrieve('file-x')), noFile);
  assert.deepEqual(await openaiSays(() => openai.files.content('file-x')), noFile);
  assert.deepEqual(await openaiSays(() => openai.files.delete('file-x')), noFile);
  const noCall = [404, null, 'id', type, 'there is no deferred call "deferred_x"'];
  assert.deepEqual(await openaiSays(() => openai.get('/deferred/deferred_x')), noCall);
  const anthropicSays = (work: () => PromiseLike<unknown>) =>
    done(() => Promise.resolve(work()).catch(({ status, type }) => [status, type]));
  assert.deepEqual(await anthropicSays(() => anthropic.messages.batches.retrieve('msgbatch_x')), [404, 'not_found_error']);
  assert.deepEqual(await anthropicSays(() => anthropic.get('/v1/deferred/deferred_x')), [404, 'not_found_error']);
});

test('a batch or deferred call asked for again under its idempotency key is made once', async () => {
  const { openai, anthropic, done } = await clients();
  const headers = { 'idempotency-key': 'order-1' };
  const file = await done(() => openai.files.create({ purpose: 'batch', file: new File([jsonl([LINE])], 'in.jsonl') }));
  const asked = { input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' } as const;
  const batch = () => done(() => openai.batches.create(asked, { headers }).withResponse());
  const [first, again] = [await batch(), await batch()];
  assert.deepEqual(again.data, first.data);
  const replayed = ({ response }: { response: Response }) => response.headers.get('x-headgate-idempotent-replay');
  assert.deepEqual([replayed(first), replayed(again)], [null, 'true']);
  assert.equal((await done(() => openai.batches.list())).data.length, 1);
  await assert.rejects(
    done(() => openai.batches.create({ ...asked, metadata: { a: 'b' } }, { headers })),
    (error) => error instanceof OpenAI.UnprocessableEntityError && error.code === 'idempotency_key_reused',
  );
  const params = { model: MODELS.Anthropic, max_tokens: 9, messages: [{ role: 'user' as const, content: 'x' }] };
  const own = { headers: { 'idempotency-key': 'order-2' } };
  const message = () => done(() => anthropic.messages.batches.create({ requests: [{ custom_id: 'a', params }] }, own));
  assert.deepEqual(await message(), await message());
  assert.equal((await done(() => anthropic.messages.batches.list())).data.length, 1);
  const later = { headers: { 'idempotency-key': 'order-3', 'x-headgate-deadline': '6h' } };
  const deferred = () => done(() => anthropic.messages.create(params, later));
  assert.deepEqual(await deferred(), await deferred());
});

test('Anthropic’s files are not kept here, which its SDK is told in its own words', async () => {
  const { anthropic, openai, done } = await clients();
  await done(() => openai.files.create({ purpose: 'batch', file: new File(['{}'], 'in.jsonl') }));
  const { files } = anthropic.beta;
  const upload = () => files.upload({ file: new File(['words'], 'a.txt') });
  for (const ask of [upload, () => files.list(), () => files.retrieveMetadata('file_1'), () => files.delete('file_1')]) {
    await assert.rejects(done<unknown>(ask), (error) => {
      assert.ok(error instanceof Anthropic.NotFoundError, String(error));
      assert.equal(error.type, 'not_found_error');
      assert.match(error.message, /inside the message/);
      return true;
    });
  }
});

test('keys see their own files and batches only', async () => {
  const keys = ['one', 'two'].map((id) => ({ id, key: `key-of-${id}-0123456789` }));
  const { life, done } = await clients([], { server: { keys } });
  const [one, two] = keys.map(
    ({ key }) => new OpenAI({ apiKey: key, baseURL: 'http://headgate.test/v1', fetch: life.headgate.fetch, maxRetries: 0 }),
  );
  const file = await done(() => one!.files.create({ purpose: 'batch', file: new File([jsonl([LINE])], 'in.jsonl') }));
  const batch = await done(() =>
    one!.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' }),
  );
  await assert.rejects(
    done(() => two!.files.retrieve(file.id)),
    OpenAI.NotFoundError,
  );
  await assert.rejects(
    done(() => two!.files.delete(file.id)),
    OpenAI.NotFoundError,
  );
  await assert.rejects(
    done(() => two!.batches.retrieve(batch.id)),
    OpenAI.NotFoundError,
  );
  await assert.rejects(
    done(() => two!.batches.cancel(batch.id)),
    OpenAI.NotFoundError,
  );
  assert.deepEqual((await done(() => two!.batches.list())).data, []);
  await assert.rejects(
    done(() =>
      new OpenAI({ apiKey: 'nobody', baseURL: 'http://headgate.test/v1', fetch: life.headgate.fetch, maxRetries: 0 }).batches.list(),
    ),
    OpenAI.AuthenticationError,
  );
});

test('without a ledger there are no batches, and the answer says why', async () => {
  const { openai, done } = await clients([], { ledger: 'off' });
  await assert.rejects(
    done(() => openai.batches.list()),
    /batches are kept in the ledger/,
  );
});

test('over a socket a file of several megabytes is taken as it comes, and comes back as it was', async (t) => {
  const { headgate, url } = await served(t);
  const client = new OpenAI({ apiKey: 'k', baseURL: `${url}/v1`, maxRetries: 0 });
  const content = jsonl(chatLines(MODELS.OpenAI, 30_000));
  assert.ok(content.length > 3_000_000);
  const file = await client.files.create({ purpose: 'batch', file: new File([content], 'large.jsonl') });
  assert.equal(file.bytes, content.length);
  assert.equal(await (await client.files.content(file.id)).text(), content);
  await assert.rejects(client.files.create({ purpose: 'assistants', file: new File([content], 'a.jsonl') }), /purpose must be "batch"/);
  assert.deepEqual(
    (await headgate.files!.list({ limit: 9 })).files.map(({ id }) => id),
    [file.id],
  );
});

test('results_url is the address the caller found us at', async (t) => {
  const { headgate, url } = await served(t);
  const client = new Anthropic({ apiKey: 'k', baseURL: url, maxRetries: 0 });
  const params = { model: 'nobody', max_tokens: 9, messages: [{ role: 'user' as const, content: 'x' }] };
  const good = { ...params, model: MODELS.Anthropic };
  const { id } = await client.messages.batches.create({
    requests: [
      { custom_id: 'a', params },
      { custom_id: 'b', params: good },
    ],
  });
  await headgate.jobs!.cancel(id.replace('msgbatch_', 'batch_'));
  let batch = await client.messages.batches.retrieve(id);
  while (batch.processing_status !== 'ended') batch = await client.messages.batches.retrieve(id);
  assert.equal(batch.results_url, `${url}/v1/messages/batches/${id}/results`);
  const results = await Array.fromAsync(await client.messages.batches.results(id));
  assert.deepEqual(
    results.map(({ custom_id: name, result }) => `${name} ${result.type}`),
    ['a errored', 'b canceled'],
  );
});

/** A gateway on a socket with a ledger in a folder of its own; its providers are nowhere. */
async function served(t: TestContext) {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-batch-'));
  const read = readConfig(
    JSON.stringify({
      providers: {
        openai: { dialect: 'openai', baseUrl: 'http://127.0.0.1:9/v1', apiKey: 'key-of-openai-1234' },
        anthropic: { dialect: 'anthropic', baseUrl: 'http://127.0.0.1:9', apiKey: 'key-of-anthropic-1' },
      },
      ledger: { file: path.join(folder, 'ledger.sqlite') },
    }),
    {},
  );
  assert.ok('config' in read);
  const headgate = await createHeadgate(read.config);
  const { url } = await headgate.listen({ host: '127.0.0.1', port: 0 });
  t.after(async () => {
    await headgate.close(0);
    rmSync(folder, { recursive: true, force: true });
  });
  return { headgate, url };
}

test('betas of a message batch go to Anthropic with it', async () => {
  const { anthropic, done, pass, simulator } = await clients();
  await done(() =>
    anthropic.beta.messages.batches.create({
      betas: ['output-300k-2026-03-24'],
      requests: [
        {
          custom_id: 'long',
          params: { model: 'claude-opus-5-5', max_tokens: 200_000, messages: [{ role: 'user', content: 'Tell all.' }] },
        },
      ],
    }),
  );
  for (let step = 0; step < 10; step += 1) await pass();
  const [batch] = (await done(() => anthropic.messages.batches.list())).data;
  assert.deepEqual([batch!.processing_status, batch!.request_counts.succeeded], ['ended', 1]);
  assert.ok(simulator.requests.some(({ path, headers }) => /batches$/.test(path) && /output-300k/.test(String(headers['anthropic-beta']))));
});

test('what a line lost on its way to another vendor is told beside its answer', async () => {
  const { openai, anthropic, done, pass } = await clients();
  const lines = chatLines(MODELS.Anthropic, 2).map((line, index) =>
    index === 0 ? { ...line, body: { ...line.body, seed: 7, logit_bias: { 5: 1 } } } : line,
  );
  const file = await done(() => openai.files.create({ purpose: 'batch', file: new File([jsonl(lines)], 'in.jsonl') }));
  let batch = await done(() =>
    openai.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' }),
  );
  for (let look = 0; look < 100 && batch.status === 'in_progress'; look += 1) {
    await pass();
    batch = await done(() => openai.batches.retrieve(batch.id));
  }
  const output = await done(() => openai.files.content(batch.output_file_id!).then((content) => content.text()));
  const losses = output
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { 'x-headgate-losses'?: number })['x-headgate-losses']);
  assert.deepEqual(losses, [2, undefined]);
  const params = { model: MODELS.OpenAI, max_tokens: 50, top_k: 3, messages: [{ role: 'user' as const, content: 'hi' }] };
  const made = await done(() => anthropic.messages.batches.create({ requests: [{ custom_id: 'one', params }] }));
  for (let step = 0; step < 10; step += 1) await pass();
  const results = await done(async () => Array.fromAsync(await anthropic.messages.batches.results(made.id)));
  assert.equal((results[0] as unknown as { 'x-headgate-losses'?: number })['x-headgate-losses'], 1);
});

test('where no line can be asked the refusal names the first', async () => {
  const { openai, done } = await clients();
  const file = await done(() =>
    openai.files.create({ purpose: 'batch', file: new File([jsonl(chatLines('no-such-model', 2))], 'in.jsonl') }),
  );
  const refused = await done(() =>
    openai.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' }).then(
      () => 'taken',
      (error: { status: number; message: string }) => `${error.status} ${error.message}`,
    ),
  );
  assert.match(refused, /no line can be asked; line 1: .*no-such-model/);
});

test('an endpoint is one of those that are told, and no word of the language', async () => {
  const { openai, done } = await clients();
  const file = await done(() =>
    openai.files.create({ purpose: 'batch', file: new File([jsonl(chatLines(MODELS.OpenAI, 1))], 'in.jsonl') }),
  );
  const refused = await done(() =>
    openai.batches.create({ input_file_id: file.id, endpoint: 'constructor' as '/v1/embeddings', completion_window: '24h' }).then(
      () => 'taken',
      (error: { status: number; message: string }) => `${error.status} ${error.message}`,
    ),
  );
  assert.match(refused, /^400 .*endpoint must be/);
});
