import assert from 'node:assert/strict';
import test from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { startAdmin } from '../admin/gateway.ts';

const MODELS = { models: { smart: 'claude/claude-sonnet-5', small: 'openai/gpt-4.1' } };

/** How a program is pointed at the gateway. */
interface Way {
  readonly name: string;
  at(url: string, fetch: typeof globalThis.fetch): { baseURL: string; fetch?: typeof globalThis.fetch };
}
const WAYS: readonly Way[] = [
  { name: 'over HTTP', at: (baseURL) => ({ baseURL }) },
  { name: 'in process', at: (_, fetch) => ({ baseURL: 'http://headgate', fetch }) },
];

/** A question as an official SDK asks it; the text of the answer. */
type Ask = (options: { baseURL: string; apiKey: string; fetch?: typeof fetch }, model: string, stream: boolean) => Promise<string>;
const question = { role: 'user' as const, content: 'hello' };
const SDKS: Readonly<Record<string, Ask>> = {
  async 'openai chat'(options, model, stream) {
    const { chat } = new OpenAI({ ...options, baseURL: `${options.baseURL}/v1`, maxRetries: 0 });
    const body = { model, messages: [question] };
    const done = stream ? await chat.completions.stream(body).finalChatCompletion() : await chat.completions.create(body);
    return done.choices[0]!.message.content ?? '';
  },
  async 'openai responses'(options, model, stream) {
    const { responses } = new OpenAI({ ...options, baseURL: `${options.baseURL}/v1`, maxRetries: 0 });
    const body = { model, input: 'hello' };
    return (stream ? await responses.stream(body).finalResponse() : await responses.create(body)).output_text;
  },
  async anthropic(options, model, stream) {
    const { messages } = new Anthropic({ ...options, maxRetries: 0 });
    const body = { model, max_tokens: 100, messages: [question] };
    const done = stream ? await messages.stream(body).finalMessage() : await messages.create(body);
    return done.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');
  },
};

for (const { name: way, at } of WAYS)
  for (const [sdk, ask] of Object.entries(SDKS))
    test(`${sdk} ${way}: a good key calls, all others raise the SDK's own error`, async (t) => {
      const gateway = await startAdmin(t, MODELS);
      const good = await gateway.key({ id: 'good', scopes: { models: ['smart'] } });
      const expired = await gateway.key({ id: 'expired', expiresAt: '2020-01-01' });
      const revoked = await gateway.key({ id: 'revoked' });
      await gateway.ask('POST', '/keys/revoked/revoke');
      const disabled = await gateway.key({ id: 'disabled', disabled: true });

      const options = at(gateway.url, gateway.headgate.fetch);
      const outcome = async (apiKey: string, model: string, stream: boolean) => {
        try {
          return (await ask({ ...options, apiKey }, model, stream)) === '' ? 'nothing' : 'answered';
        } catch (error) {
          return `${(error as Error).constructor.name}: ${(error as Error).message}`;
        }
      };
      for (const stream of [false, true]) {
        assert.equal(await outcome(good.secret, 'smart', stream), 'answered');
        const { AuthenticationError, PermissionDeniedError } = sdk === 'anthropic' ? Anthropic : OpenAI;
        const told = [
          [await outcome('hg_wrong', 'smart', stream), AuthenticationError, 'is not one of this gateway'],
          [await outcome(expired.secret, 'smart', stream), AuthenticationError, 'has expired'],
          [await outcome(revoked.secret, 'smart', stream), AuthenticationError, 'was revoked'],
          [await outcome(disabled.secret, 'smart', stream), AuthenticationError, 'is disabled'],
          [await outcome(good.secret, 'small', stream), PermissionDeniedError, 'may not use model'],
          [await outcome(good.secret, 'claude/claude-sonnet-5', stream), PermissionDeniedError, 'may not use model'],
        ] as const;
        assert.deepEqual(
          told.filter(([said, kind, words]) => !said.startsWith(`${kind.name}: `) || !said.includes(words)),
          [],
        );
      }
    });

test('a rotated key opens with both secrets while they overlap; a new key and a revocation count at once', async (t) => {
  const { ask, key, url } = await startAdmin(t, MODELS);
  const { secret } = await key({ id: 'app' });
  const { body } = await ask('POST', '/keys/app/rotate', { overlapMs: 60_000 });
  const calls = (apiKey: string) =>
    SDKS['anthropic']!({ baseURL: url, apiKey }, 'smart', false).then(
      () => 'answered',
      (error: Error) => error.constructor.name,
    );
  assert.deepEqual([await calls(secret), await calls(body.secret)], ['answered', 'answered']);
  const again = await ask('POST', '/keys/app/rotate', { overlapMs: 0 });
  assert.deepEqual(
    [await calls(secret), await calls(body.secret), await calls(again.body.secret)],
    ['AuthenticationError', 'AuthenticationError', 'answered'],
  );
  await ask('POST', '/keys/app/revoke');
  assert.equal(await calls(again.body.secret), 'AuthenticationError');
});

test('a key sees the models it may use, in both vendors’ lists', async (t) => {
  const { key, url } = await startAdmin(t, MODELS);
  const { secret: apiKey } = await key({ scopes: { models: ['smart', 'gpt-6-sol'] } });
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
  const anthropic = new Anthropic({ baseURL: url, apiKey, maxRetries: 0 });
  const ids = async (list: AsyncIterable<{ id: string }>) => (await Array.fromAsync(list)).map(({ id }) => id);
  assert.deepEqual(
    [await ids(openai.models.list()), await ids(anthropic.models.list())],
    [
      ['smart', 'gpt-6-sol'],
      ['smart', 'gpt-6-sol'],
    ],
  );
  await assert.rejects(openai.models.retrieve('small'), OpenAI.NotFoundError);
});

test('calls are booked on the account their header, body or key names, and the body goes on as it came', async (t) => {
  const { key, ask, url, simulator } = await startAdmin(t, MODELS);
  const { secret: apiKey } = await key({ id: 'app', feature: 'key', user: 'key', tags: { team: 'blue' } });
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
  const anthropic = new Anthropic({ baseURL: url, apiKey, maxRetries: 0 });
  const messages = [question];
  const headers = { 'x-headgate-feature': 'header', 'x-headgate-user': 'header', 'x-headgate-tags': 'tier=gold' };
  const rows: unknown[] = [];
  const booked = async (call: { withResponse(): Promise<{ response: Response }> }) => {
    const { response } = await call.withResponse();
    const { body } = await ask('GET', `/calls/${response.headers.get('x-headgate-call-id')}`);
    for (const { key: id, feature, user, tags } of body.data) rows.push([id, feature, user, tags]);
  };
  await booked(openai.chat.completions.create({ model: 'small', messages }));
  await booked(openai.chat.completions.create({ model: 'small', messages, metadata: { feature: 'body', user: 'ada' } }));
  await booked(openai.responses.create({ model: 'small', input: 'hi', metadata: { feature: 'body' }, safety_identifier: 'safe' }));
  await booked(openai.chat.completions.create({ model: 'small', messages, user: 'body', metadata: { feature: 'body' } }, { headers }));
  await booked(anthropic.messages.create({ model: 'smart', max_tokens: 100, messages, metadata: { user_id: 'eve' } }));

  assert.deepEqual(rows, [
    ['app', 'key', 'key', { team: 'blue' }],
    ['app', 'body', 'ada', { team: 'blue' }],
    ['app', 'body', 'safe', { team: 'blue' }],
    ['app', 'header', 'header', { team: 'blue', tier: 'gold' }],
    ['app', 'key', 'eve', { team: 'blue' }],
  ]);
  const sent = simulator.requests.map(({ body: document }) => document as Record<string, unknown>);
  assert.deepEqual(
    sent.map(({ metadata, user, safety_identifier }) => ({ metadata, user, safety_identifier })),
    [
      { metadata: undefined, user: undefined, safety_identifier: undefined },
      { metadata: { feature: 'body', user: 'ada' }, user: undefined, safety_identifier: undefined },
      { metadata: { feature: 'body' }, user: undefined, safety_identifier: 'safe' },
      { metadata: { feature: 'body' }, user: 'body', safety_identifier: undefined },
      { metadata: { user_id: 'eve' }, user: undefined, safety_identifier: undefined },
    ],
  );
});

test('where features are required, SDK calls without one raise, and the message tells how', async (t) => {
  const { url } = await startAdmin(t, { ...MODELS, attribution: { feature: 'required' } });
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
  const anthropic = new Anthropic({ baseURL: url, apiKey: 'none', maxRetries: 0 });
  const ours = /x-headgate-feature/;
  await assert.rejects(
    openai.chat.completions.create({ model: 'small', messages: [question] }),
    (error) => error instanceof OpenAI.BadRequestError && ours.test(error.message),
  );
  await assert.rejects(
    anthropic.messages.create({ model: 'smart', max_tokens: 9, messages: [question] }),
    (error) => error instanceof Anthropic.BadRequestError && ours.test(error.message),
  );
  await openai.chat.completions.create({ model: 'small', messages: [question], metadata: { feature: 'search' } });
  await anthropic.messages.create({ model: 'smart', max_tokens: 9, messages: [question] }, { headers: { 'x-headgate-feature': 'search' } });
});
