import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { stage } from './stage.ts';

const SYSTEM = 'You answer questions about the warehouse, politely and in short sentences. '.repeat(120);
const SONNET = 'claude/claude-sonnet-4-6';

type Place = Awaited<ReturnType<typeof stage>>;
const sdks = ({ headgate: { fetch } }: Place) => ({
  openai: new OpenAI({ baseURL: 'http://headgate/v1', apiKey: 'k', fetch, maxRetries: 0 }),
  anthropic: new Anthropic({ baseURL: 'http://headgate', apiKey: 'k', fetch, maxRetries: 0 }),
});
const sent = ({ simulator }: Place) => simulator.requests.map(({ body }) => JSON.stringify(body));
const sum = (booked: Place['booked'], of: (record: Place['booked'][number]) => number | undefined) =>
  booked.reduce((all, record) => all + (of(record) ?? 0), 0);

test('a prompt that many questions share is cached from its second use, whoever speaks to whom', async (t) => {
  const place = await stage(t, [], { defaults: { cache: 'auto' } });
  const { openai, anthropic } = sdks(place);
  for (let n = 0; n < 10; n += 1) {
    await anthropic.messages.create({
      model: SONNET,
      max_tokens: 20,
      system: SYSTEM,
      messages: [{ role: 'user', content: `Question ${n}?` }],
    });
    await openai.chat.completions.create({
      model: SONNET,
      messages: [
        { role: 'system', content: SYSTEM },
        { role: 'user', content: `And ${n}?` },
      ],
    });
  }
  const reads = place.booked.map(({ tokens }) => (tokens.cacheRead ?? 0) > 1000);
  assert.ok(reads.slice(4).every(Boolean), reads.join(' '));
  assert.ok(sum(place.booked, ({ cacheSavedNano }) => cacheSavedNano) > 0);
  assert.equal(
    sum(place.booked, ({ losses }) => losses),
    0,
    'nobody is told of marks he did not set',
  );
});

test('a conversation is read back from the cache with each turn, and costs a fraction', async (t) => {
  const place = await stage(t, [], { defaults: { cache: 'auto' } });
  const { anthropic } = sdks(place);
  const messages: Anthropic.MessageParam[] = [];
  for (let turn = 0; turn < 8; turn += 1) {
    messages.push({ role: 'user', content: `${SYSTEM} Question ${turn}?` });
    const { content } = await anthropic.messages.create({ model: SONNET, max_tokens: 20, messages });
    messages.push({ role: 'assistant', content });
  }
  const last = place.booked.at(-1)!.tokens;
  assert.ok((last.cacheRead ?? 0) > 4 * ((last.input ?? 0) + (last.cacheWrite5m ?? 0)), JSON.stringify(last));
});

test('`plan` changes no byte, and neither does `auto` what a caller marked himself', async (t) => {
  const plain = await stage(t, [], { defaults: { cache: 'plan' } });
  const ask = ({ anthropic }: ReturnType<typeof sdks>, system: Anthropic.MessageCreateParams['system'] & {}) =>
    anthropic.messages.create({ model: SONNET, max_tokens: 20, system, messages: [{ role: 'user', content: 'Question?' }] });
  for (let n = 0; n < 6; n += 1) await ask(sdks(plain), SYSTEM);
  assert.ok(sent(plain).every((body) => !body.includes('cache_control')));
  const own = await stage(t, [], { defaults: { cache: 'auto' } });
  const marked: Anthropic.TextBlockParam[] = [{ type: 'text', text: SYSTEM, cache_control: { type: 'ephemeral', ttl: '1h' } }];
  for (let n = 0; n < 6; n += 1) await ask(sdks(own), marked);
  assert.ok(sent(own).every((body) => body.split('cache_control').length === 2 && body.includes('"ttl":"1h"')));
});

test('where the provider writes unasked and nothing comes again, it is told not to', async (t) => {
  const place = await stage(t, [], { defaults: { cache: 'auto' } });
  const { openai } = sdks(place);
  const ask = (n: number) =>
    openai.responses.create({ model: 'responses/gpt-6-sol', max_output_tokens: 20, input: [{ role: 'user', content: `${n}. ${SYSTEM}` }] });
  for (let n = 0; n < 25; n += 1) await ask(n);
  assert.deepEqual(
    sent(place).map((body) => body.includes('"prompt_cache_options":{"mode":"explicit"}')),
    Array.from({ length: 25 }, (_, n) => n >= 19),
  );
  const written = place.booked.map(({ tokens }) => tokens.cacheWrite30m ?? 0);
  assert.ok(written[0]! > 1000 && written.slice(19).every((tokens) => tokens === 0), written.join(' '));
});

test('with several keys, each with a cache of its own, conversations keep to one: hits are within 2 points of a single key (CACHE-4)', async (t) => {
  const hitRate = async (apiKeys: string[]) => {
    const place = await stage(t, [], {
      defaults: { cache: 'auto' },
      providers: (url: string) => ({ claude: { dialect: 'anthropic', baseUrl: url, apiKeys } }),
    });
    const { anthropic } = sdks(place);
    const talks = Array.from({ length: 11 }, (): Anthropic.MessageParam[] => []);
    for (let turn = 0; turn < 8; turn += 1) {
      for (const [talk, messages] of talks.entries()) {
        messages.push({ role: 'user', content: `${SYSTEM} Conversation ${talk}, question ${turn}?` });
        const { content } = await anthropic.messages.create({ model: SONNET, max_tokens: 20, messages });
        messages.push({ role: 'assistant', content });
      }
    }
    const read = sum(place.booked, ({ tokens }) => tokens.cacheRead);
    const all = read + sum(place.booked, ({ tokens }) => (tokens.input ?? 0) + (tokens.cacheWrite5m ?? 0));
    return read / all;
  };
  const [single, several] = [
    await hitRate(['key-number-1']),
    await hitRate(['key-number-1', 'key-number-2', 'key-number-3', 'key-number-4']),
  ];
  assert.ok(single > 0.5 && Math.abs(single - several) <= 0.02, `${single} with one key, ${several} with four`);
});

test('what is too short for the model is never marked', async (t) => {
  const place = await stage(t, [], { defaults: { cache: 'auto' } });
  const { anthropic } = sdks(place);
  for (let n = 0; n < 6; n += 1)
    await anthropic.messages.create({ model: SONNET, max_tokens: 20, system: 'Be brief.', messages: [{ role: 'user', content: `${n}` }] });
  assert.ok(sent(place).every((body) => !body.includes('cache_control')));
});

test('a prompt that changes with every question is found, and told where, in words and dollars', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-advice-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const ledger = { file: path.join(folder, 'ledger.sqlite') };
  const place = await stage(t, [], { defaults: { cache: 'plan' }, ledger });
  const { anthropic } = sdks(place);
  const ask = (system: string, n: number) =>
    anthropic.messages.create(
      { model: SONNET, max_tokens: 20, system, messages: [{ role: 'user', content: `Question ${n}?` }] },
      { headers: { 'x-headgate-feature': n % 2 === 0 ? 'search' : 'support' } },
    );
  for (let n = 0; n < 50; n += 1) {
    const at = new Date(Date.UTC(2026, 10, 23, 8, 31, 7) + n * 2000).toISOString();
    await ask(n % 2 === 0 ? `The current date and time is: ${at}. ${SYSTEM}` : SYSTEM, n);
  }
  await place.headgate.close(0);
  const config = path.join(folder, 'headgate.json');
  writeFileSync(config, JSON.stringify({ ledger, providers: { claude: { dialect: 'anthropic', apiKey: 'k-of-anthropic' } } }));
  const advise = (...args: string[]) =>
    spawnSync(process.execPath, ['src/cli/main.ts', 'cache', 'advise', '--config', config, ...args], { encoding: 'utf8' });
  const { stdout, status } = advise();
  assert.equal(status, 0);
  assert.match(stdout, /FEATURE +CALLS +INPUT +READ +WRITTEN +SAVED/);
  assert.match(
    stdout,
    /search at claude\/claude-sonnet-4-6: 24 of 25 questions begin as none before\. instructions\[0\] changes at character \d+ \(a time, `2026-11-23T08:32:\d\d\.000Z` then `2026-11-23T08:32:\d\d\.000Z`\): move the time into the last user message; worth up to \$\d+\.\d+ a day/,
  );
  assert.match(
    stdout,
    /support at claude\/claude-sonnet-4-6: set cache: auto; kept for 5 min it takes \d\d % off questions, \$\d+\.\d+ a day/,
  );
  const { seen } = JSON.parse(advise('--json').stdout) as { seen: { feature: string; churn?: { change: string } }[] };
  assert.equal(seen.find(({ feature }) => feature === 'search')!.churn!.change, 'timestamp');
});
