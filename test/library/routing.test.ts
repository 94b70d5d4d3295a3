import assert from 'node:assert/strict';
import test from 'node:test';
import OpenAI from 'openai';
import type { Script } from '../../src/simulator/index.ts';
import { stage } from './stage.ts';

const GPT = 'responses/gpt-6-sol';
const MINI = 'responses/gpt-6-luna';
const CLAUDE = 'claude/claude-sonnet-5';

async function routed(t: Parameters<typeof stage>[0], smart: object, script: Script = []) {
  const { headgate, booked } = await stage(t, script, { models: { smart } });
  const client = new OpenAI({ apiKey: 'k', baseURL: 'http://headgate/v1', fetch: headgate.fetch, maxRetries: 0 });
  const ask = (content: unknown, rest: object = {}, headers: Record<string, string> = {}) =>
    client.chat.completions.create({ model: 'smart', messages: [{ role: 'user', content: content as string }], ...rest }, { headers });
  const went = () => booked.map(({ provider, model }) => `${provider}/${model}`);
  return { ask, booked, went };
}

const image = (detail: 'low' | 'high') => ({ type: 'image_url', image_url: { url: PNG, detail } });
const PNG = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const pdf = (pages: number) => ({
  type: 'file',
  file: {
    filename: 'a.pdf',
    file_data: `data:application/pdf;base64,${Buffer.from(`%PDF-1.4 << /Type /Pages /Count ${pages} >>`).toString('base64')}`,
  },
});
const strict = {
  response_format: {
    type: 'json_schema',
    json_schema: { name: 'a', strict: true, schema: { type: 'object', properties: {}, required: [], additionalProperties: false } },
  },
};

const BY_CONTENT = {
  targets: [GPT],
  prefer: [
    { when: { pdf: true }, to: CLAUDE },
    { when: { images: true, strictSchema: true }, to: GPT },
    { when: { imageDetail: 'low' }, to: MINI },
    { when: { feature: 'sum*' }, to: MINI },
    { when: { language: 'fr' }, to: CLAUDE },
  ],
};

test('PDFs go to Claude, a chart with a strict schema to GPT, low detail to a cheap one, the rest as written', async (t) => {
  const { ask, went } = await routed(t, BY_CONTENT);
  await ask([pdf(3)]);
  await ask([image('low')], strict);
  await ask([image('low')]);
  await ask([image('high')]);
  await ask('sum up', {}, { 'x-headgate-feature': 'summary' });
  await ask('bonjour', {}, { 'accept-language': 'fr-CH, fr;q=0.9' });
  assert.deepEqual(went(), [CLAUDE, GPT, MINI, GPT, MINI, CLAUDE]);
});

test('a PDF of more pages than the preferred model takes goes to one that takes it', async (t) => {
  const haiku = 'claude/claude-haiku-4-5';
  const { ask, went } = await routed(t, { targets: [GPT], prefer: [{ when: { pdf: true }, to: haiku }] });
  await ask([pdf(60)]);
  await ask([pdf(101)]);
  assert.deepEqual(went(), [haiku, GPT]);
});

test('a question longer than a window goes to a model that holds it', async (t) => {
  const { ask, went } = await routed(t, { targets: ['claude/claude-haiku-4-5', CLAUDE] });
  await ask('x');
  await ask('word '.repeat(200_000));
  assert.deepEqual(went(), ['claude/claude-haiku-4-5', CLAUDE]);
});

test('a preferred target that fails is followed by the usual ones', async (t) => {
  const script: Script = [{ when: { model: 'claude-sonnet-5' }, fault: { status: 503 } }];
  const { ask, booked } = await routed(t, { ...BY_CONTENT, retry: { tries: 1 } }, script);
  await ask('bonjour', {}, { 'accept-language': 'fr' });
  assert.equal(booked.at(-1)?.provider, 'responses');
});

test('the cheapest is asked first', async (t) => {
  const { ask, went } = await routed(t, { targets: [GPT, MINI], strategy: 'cheapest' });
  await ask('x');
  assert.deepEqual(went(), [MINI]);
});

for (const [first, second] of [
  ['chat/gpt-4.1', GPT],
  [MINI, MINI],
] as const)
  test(`a conversation cached at ${GPT} goes to ${second} where ${first} comes first: the cheaper, reading counted`, async (t) => {
    const script: Script = [{ when: { model: first.slice(first.indexOf('/') + 1), times: 1 }, fault: { status: 503 } }];
    const { ask, booked, went } = await routed(t, { targets: [first, GPT], strategy: 'sticky', retry: { tries: 1 } }, script);
    const long = 'The same beginning. '.repeat(4000);
    for (const words of [long, long, 'another conversation']) await ask(words, { max_completion_tokens: 16 });
    assert.deepEqual(went().slice(-3), [GPT, second, first]);
    assert.equal((booked.at(-2)?.tokens.cacheRead ?? 0) > 10_000, second === GPT);
  });

test('a split sends its share of calls elsewhere, says so in the ledger, and keeps each user on one side', async (t) => {
  const { ask, booked } = await routed(t, { targets: [GPT], split: { name: 'luna', percent: 50, to: MINI, by: 'user' } });
  const users = Array.from({ length: 12 }, (_, n) => `user-${n}`);
  for (const user of [...users, ...users]) await ask('x', {}, { 'x-headgate-user': user });
  for (const { model, tags } of booked) assert.equal(tags?.['split'], model === 'gpt-6-luna' ? 'luna/treatment' : 'luna/control');
  assert.deepEqual(new Set(booked.map(({ model }) => model)), new Set(['gpt-6-luna', 'gpt-6-sol']));
  const side = (half: typeof booked) => half.map(({ user, model }) => `${user} ${model}`);
  assert.deepEqual(side(booked.slice(0, 12)), side(booked.slice(12)));
});

test('a shadow is booked beside the call it copies, and nobody is answered with it', async (t) => {
  const { ask, booked } = await routed(t, { targets: [GPT], shadow: { percent: 100, to: CLAUDE } });
  const { model } = await ask('x');
  assert.match(model, /gpt-6-sol/);
  while (booked.length < 2) await new Promise(setImmediate);
  assert.deepEqual(booked.map(({ provider, tags }) => [provider, tags?.['shadow']]).toSorted(), [
    ['claude', 'copy'],
    ['responses', 'original'],
  ]);
});
