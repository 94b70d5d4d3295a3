import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { UsageRecord } from '../../src/accounting/record.ts';
import type { Script } from '../../src/simulator/index.ts';
import { type Life, quiet, settled, stage } from './stage.ts';

const MODELS = { OpenAI: 'gpt-6-luna', Anthropic: 'claude-haiku-5-5' } as const;
const MINUTE = 60_000;
const DEFERRED = { 'x-headgate-deadline': '6h' };

interface Pending {
  readonly id: string;
  readonly object: string;
  readonly status: string;
  readonly deadline: number;
}

async function clients(script: Script = [], more: object = {}) {
  const place = await stage(script, more);
  const life: Life = await place.start();
  const { fetch } = life.headgate;
  const openai = new OpenAI({ apiKey: 'key-of-a-caller-1', baseURL: 'http://headgate.test/v1', fetch, maxRetries: 0 });
  const anthropic = new Anthropic({ apiKey: 'key-of-a-caller-1', baseURL: 'http://headgate.test', fetch, maxRetries: 0 });
  const done = <T>(work: () => PromiseLike<T>): Promise<T> => settled(Promise.resolve().then(work), place.world);
  const pass = async (ms: number) => {
    const until = place.world.now() + ms;
    while (place.world.now() < until) {
      await quiet();
      place.world.advance(Math.min(5000, until - place.world.now()));
    }
    await quiet();
  };
  const rows = (): Promise<UsageRecord[]> => done(async () => [...(await life.headgate.ledger!.records({}))]);
  return { ...place, life, openai, anthropic, done, pass, rows, close: () => done(() => life.headgate.close(0)) };
}

const chat = (model: string, content = 'hello') => ({ model, messages: [{ role: 'user' as const, content }] });

for (const [vendor, model] of Object.entries(MODELS)) {
  test(`a call with a deadline costs half with ${vendor} behind, and each SDK finds its own kind of answer`, async () => {
    const { openai, anthropic, done, pass, rows, created, close, world } = await clients();
    const begun = (await done(() => openai.chat.completions.create(chat(model), { headers: DEFERRED }))) as unknown as Pending;
    assert.match(begun.id, /^deferred_[0-9a-f]{32}_0$/);
    assert.deepEqual([begun.object, begun.status], ['deferred_call', 'waiting']);
    assert.equal(begun.deadline, Math.floor((world.now() + 6 * 60 * MINUTE) / 1000));
    const asked = { model, max_tokens: 50, messages: [{ role: 'user' as const, content: 'hello' }] };
    const message = (await done(() => anthropic.messages.create(asked, { headers: DEFERRED }))) as unknown as Pending;
    const again = (await done(() => openai.chat.completions.create(chat(model), { headers: DEFERRED }))) as unknown as Pending;
    assert.equal(again.id, begun.id.replace(/0$/, '1'), 'calls in one format go together');
    await pass(10 * MINUTE);
    const completion = await done(() => openai.get<OpenAI.ChatCompletion>(`/deferred/${begun.id}`));
    assert.ok(completion.choices[0]!.message.content);
    const answer = await done(() => anthropic.get<Anthropic.Message>(`/v1/deferred/${message.id}`));
    assert.equal(answer.type, 'message');
    assert.ok(answer.content.some(({ type }) => type === 'text'));
    const booked = await rows();
    assert.deepEqual(
      booked.map(({ channel, provider }) => `${channel} ${provider}`),
      Array(3).fill(`batch ${vendor.toLowerCase()}`),
    );
    assert.equal(created(), 2, 'one batch for each format');
    await close();
  });
}

test('each call keeps its own account, however many go together', async () => {
  const { openai, done, pass, rows, created, close } = await clients();
  for (const feature of ['search', 'report'])
    await done(() =>
      openai.chat.completions.create(chat(MODELS.OpenAI), {
        headers: { ...DEFERRED, 'x-headgate-feature': feature, 'x-headgate-user': `${feature}er`, 'x-headgate-tags': `of=${feature}` },
      }),
    );
  await pass(10 * MINUTE);
  const booked = await rows();
  assert.deepEqual(booked.map(({ feature, user, tags }) => [feature, user, tags?.['of']]).toSorted(), [
    ['report', 'reporter', 'report'],
    ['search', 'searcher', 'search'],
  ]);
  assert.equal(created(), 1);
  await close();
});

for (const [vendor, model] of Object.entries(MODELS)) {
  test(`when the deadline comes near the batch at ${vendor} is given up and the call made at once, booked once`, async () => {
    const { openai, done, pass, rows, close, simulator } = await clients([
      { when: { customId: '*' }, timing: { firstMs: 20 * 60 * MINUTE } },
    ]);
    const headers = { 'x-headgate-deadline': '2h' };
    const { id } = (await done(() => openai.chat.completions.create(chat(model), { headers }))) as unknown as Pending;
    await pass(99 * MINUTE);
    const { data: waiting, response } = await done(() => openai.get<Pending>(`/deferred/${id}`).withResponse());
    assert.deepEqual([response.status, waiting.status], [202, 'sent']);
    assert.equal(simulator.requests.filter(({ path }) => /cancel/.test(path)).length, 0);
    await pass(15 * MINUTE);
    assert.ok(simulator.requests.some(({ path }) => /cancel/.test(path)));
    const completion = await done(() => openai.get<OpenAI.ChatCompletion>(`/deferred/${id}`));
    assert.ok(completion.choices[0]!.message.content);
    const booked = await rows();
    assert.deepEqual(
      booked.map(({ channel, outcome }) => `${channel} ${outcome}`),
      ['sync ok'],
    );
    await close();
  });
}

test('a call that no provider answered in time says so in its own format', async () => {
  const { openai, anthropic, done, pass, close } = await clients([{ fault: { status: 529 } }]);
  const headers = { 'x-headgate-deadline': '10m' };
  const chatted = (await done(() => openai.chat.completions.create(chat(MODELS.OpenAI), { headers }))) as unknown as Pending;
  const asked = { model: MODELS.OpenAI, max_tokens: 50, messages: [{ role: 'user' as const, content: 'hello' }] };
  const message = (await done(() => anthropic.messages.create(asked, { headers }))) as unknown as Pending;
  await pass(12 * MINUTE);
  await assert.rejects(
    done(() => openai.get(`/deferred/${chatted.id}`)),
    (error: unknown) => {
      assert.ok(error instanceof OpenAI.APIError);
      assert.ok(error.status >= 500, `${error.status}`);
      return true;
    },
  );
  await assert.rejects(
    done(() => anthropic.get(`/v1/deferred/${message.id}`)),
    Anthropic.APIError,
  );
  await close();
});

test('a deferred call outlives the process that took it', async () => {
  const { openai, done, life, start, world } = await clients();
  const { id } = (await done(() => openai.chat.completions.create(chat(MODELS.OpenAI), { headers: DEFERRED }))) as unknown as Pending;
  life.kill();
  const next = await start();
  const heir = new OpenAI({ apiKey: 'key-of-a-caller-1', baseURL: 'http://headgate.test/v1', fetch: next.headgate.fetch, maxRetries: 0 });
  for (let step = 0; step < 200; step += 1) {
    await quiet();
    world.advance(5000);
  }
  const completion = await settled(
    Promise.resolve().then(() => heir.get<OpenAI.ChatCompletion>(`/deferred/${id}`)),
    world,
  );
  assert.ok(completion.choices[0]!.message.content);
  await settled(next.headgate.close(0), world);
});

test('budgets hold what a deferred call may take until it is answered', async () => {
  const { openai, done, pass, close } = await clients([], { budgets: [{ limit: '$0.01', period: 'day' }] });
  const large = { ...chat(MODELS.OpenAI), max_completion_tokens: 30_000 };
  const headers = DEFERRED;
  const { id } = (await done(() => openai.chat.completions.create(large, { headers }))) as unknown as Pending;
  const again = await done(() =>
    openai.chat.completions.create(large, { headers }).then(
      () => 'taken',
      (error: { status: number; message: string }) => `${error.status} ${error.message}`,
    ),
  );
  assert.match(again, /^402 .*budget/);
  await pass(10 * MINUTE);
  await done(() => openai.get(`/deferred/${id}`));
  await pass(2 * MINUTE);
  await done(() => openai.chat.completions.create(large, { headers }));
  await close();
});

test('the budget of a key is charged for what it deferred', async () => {
  const keys = [{ id: 'team', key: 'key-of-a-caller-1', limits: { budgets: [{ limit: '$1', period: 'day' }] } }];
  const { openai, done, pass, rows, life, close } = await clients([], { server: { keys } });
  await done(() => openai.chat.completions.create(chat(MODELS.OpenAI), { headers: DEFERRED }));
  await pass(10 * MINUTE);
  const [row] = await rows();
  const [standing] = await done(() => life.headgate.budgets());
  assert.deepEqual([standing!.budget, standing!.spent], ['key=team per day', row!.cost]);
  await close();
});

test('what cannot be deferred is refused, and names the field', async () => {
  const { openai, anthropic, done, close } = await clients();
  const refused = async (headers: Record<string, string>, more: object = {}) =>
    done(() =>
      openai.chat.completions.create({ ...chat(MODELS.OpenAI), ...more }, { headers }).then(
        () => 'taken',
        (error: { status: number; message: string; param?: string }) => `${error.status} ${error.param}`,
      ),
    );
  assert.equal(await refused({ 'x-headgate-deadline': 'soon' }), '400 x-headgate-deadline');
  assert.equal(await refused({ 'x-headgate-deadline': '30s' }), '400 x-headgate-deadline');
  assert.equal(await refused({ 'x-headgate-deadline': '8d' }), '400 x-headgate-deadline');
  assert.equal(await refused({ ...DEFERRED, 'x-headgate-webhook': 'nobody' }), '400 x-headgate-webhook');
  assert.equal(await refused(DEFERRED, { stream: true }), '400 stream');
  assert.equal(await refused(DEFERRED, { model: 'nothing-at-all' }), '404 model');
  await assert.rejects(
    done(() =>
      anthropic.messages.countTokens({ model: MODELS.Anthropic, messages: [{ role: 'user', content: 'x' }] }, { headers: DEFERRED }),
    ),
    Anthropic.BadRequestError,
  );
  await assert.rejects(
    done(() => openai.get('/deferred/deferred_x')),
    OpenAI.NotFoundError,
  );
  await close();
});

test('a webhook is told of the answer, signed, again until it hears', async (t) => {
  const letters: { readonly headers: Record<string, unknown>; readonly body: string }[] = [];
  const url = await listening(t, (headers, body) => {
    letters.push({ headers, body });
    return letters.length === 1 ? 500 : 204;
  });
  const secret = 'a-secret-of-the-operators';
  const { openai, done, pass, close } = await clients([], { webhooks: { ours: { url, secret } } });
  const headers = { ...DEFERRED, 'x-headgate-webhook': 'ours' };
  const { id } = (await done(() => openai.chat.completions.create(chat(MODELS.Anthropic), { headers }))) as unknown as Pending;
  for (let minute = 0; minute < 400 && letters.length < 2; minute += 1) {
    await pass(MINUTE);
    await new Promise((heard) => setImmediate(heard));
  }
  assert.equal(letters.length, 2);
  const [first, second] = letters as [(typeof letters)[number], (typeof letters)[number]];
  assert.equal(first.body, second.body);
  const told = JSON.parse(second.body) as { id: string; type: string; state: string; status: number; answer: OpenAI.ChatCompletion };
  assert.deepEqual([told.id, told.type, told.state, told.status], [id, 'deferred.ended', 'succeeded', 200]);
  assert.ok(told.answer.choices[0]!.message.content);
  const timestamp = String(second.headers['x-headgate-timestamp']);
  const expected = createHmac('sha256', secret).update(`${timestamp}.${second.body}`).digest('hex');
  assert.equal(second.headers['x-headgate-signature'], `sha256=${expected}`);
  assert.equal(second.headers['idempotency-key'], id);
  await close();
});

/** A server of somebody's; answers what it is told to. */
async function listening(t: TestContext, hear: (headers: Record<string, unknown>, body: string) => number): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (bytes: Buffer) => {
      body += bytes.toString();
    });
    request.on('end', () => {
      response.statusCode = hear(request.headers, body);
      response.end();
    });
  });
  await new Promise<void>((ready) => void server.listen(0, '127.0.0.1', ready));
  t.after(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test('the batch that deferred calls go in is nobody’s to see or cancel', async () => {
  const { openai, done, pass, close } = await clients();
  const { id } = (await done(() => openai.chat.completions.create(chat(MODELS.OpenAI), { headers: DEFERRED }))) as unknown as Pending;
  const batch = `batch_${id.slice('deferred_'.length, -2)}`;
  for (const ask of [() => openai.batches.retrieve(batch), () => openai.batches.cancel(batch)]) {
    const outcome = await done(() =>
      ask().then(
        () => 200,
        (error: { status: number }) => error.status,
      ),
    );
    assert.equal(outcome, 404);
  }
  await pass(10 * MINUTE);
  const answer = await done(() => openai.get<OpenAI.ChatCompletion>(`/deferred/${id}`));
  assert.ok(answer.choices[0]!.message.content);
  await close();
});
