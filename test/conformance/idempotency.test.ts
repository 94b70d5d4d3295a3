import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { UsageRecord } from '../../src/accounting/record.ts';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate } from '../../src/headgate.ts';
import { type Script, startSimulator } from '../../src/simulator/index.ts';

const script: Script = [{ reply: { text: 'one two three four five' }, timing: { firstMs: 30, chunkMs: 2 } }];
const headers = { 'Idempotency-Key': 'order-17' };

/** A gateway over HTTP and in process, and the books it keeps. */
async function gateway(t: TestContext, rules: object = {}, played: Script = script) {
  const simulator = await startSimulator({ script: played });
  const providers = {
    chat: { dialect: 'openai-chat', baseUrl: `${simulator.url}/v1`, apiKey: 'k' },
    claude: { dialect: 'anthropic', baseUrl: simulator.url, apiKey: 'k' },
  };
  const read = readConfig(JSON.stringify({ providers, models: { m: 'chat/sim-a', c: 'claude/sim-b' }, ledger: 'off', ...rules }), {});
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  const booked: UsageRecord[] = [];
  const headgate = await createHeadgate(read.config, { onCall: (records) => booked.push(...records) });
  const door = await headgate.listen({ host: '127.0.0.1', port: 0 });
  t.after(async () => {
    await door.close();
    await headgate.close();
    await simulator.close();
  });
  return { simulator, booked, headgate, url: door.url };
}

interface Asked {
  readonly text: string;
  readonly replayed: boolean;
}

interface Way {
  /** Where and how: `fetch` absent means over HTTP. */
  readonly url: string;
  readonly fetch?: typeof fetch;
}

const SDKS: Readonly<Record<string, (way: Way, prompt: string, stream: boolean) => Promise<Asked>>> = {
  async openai({ url, ...way }, prompt, stream) {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'k', maxRetries: 0, ...way });
    const body = { model: 'c', messages: [{ role: 'user' as const, content: prompt }] };
    if (!stream) {
      const { data, response } = await client.chat.completions.create(body, { headers }).withResponse();
      return { text: data.choices[0]!.message.content!, replayed: isReplay(response) };
    }
    const { data, response } = await client.chat.completions.create({ ...body, stream: true }, { headers }).withResponse();
    let text = '';
    for await (const chunk of data) text += chunk.choices[0]?.delta.content ?? '';
    return { text, replayed: isReplay(response) };
  },
  async anthropic({ url, ...way }, prompt, stream) {
    const client = new Anthropic({ baseURL: url, apiKey: 'k', maxRetries: 0, ...way });
    const body = { model: 'c', max_tokens: 100, messages: [{ role: 'user' as const, content: prompt }] };
    if (!stream) {
      const { data, response } = await client.messages.create(body, { headers }).withResponse();
      return { text: data.content.map((block) => (block.type === 'text' ? block.text : '')).join(''), replayed: isReplay(response) };
    }
    const { data, response } = await client.messages.create({ ...body, stream: true }, { headers }).withResponse();
    let text = '';
    for await (const event of data) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text;
    }
    return { text, replayed: isReplay(response) };
  },
};

const isReplay = (response: Response) => response.headers.get('x-headgate-idempotent-replay') === 'true';

for (const [name, ask] of Object.entries(SDKS)) {
  for (const stream of [true, false]) {
    for (const inProcess of [false, true]) {
      test(`${name}, ${stream ? 'streamed' : 'whole'}, ${inProcess ? 'in process' : 'over HTTP'}: ten at once and one afterwards are one call, one answer, one charge`, async (t) => {
        const { simulator, booked, headgate, url } = await gateway(t);
        const way = inProcess ? { url: 'http://headgate.local', fetch: headgate.fetch } : { url };
        const answers = await Promise.all(Array.from({ length: 10 }, () => ask(way, 'Count.', stream)));
        const later = await ask(way, 'Count.', stream);
        assert.deepEqual(new Set([...answers, later].map(({ text }) => text)), new Set(['one two three four five']));
        assert.equal(answers.filter(({ replayed }) => replayed).length, 9);
        assert.deepEqual([later.replayed, simulator.requests.length, booked.length], [true, 1, 1]);
        const error = await ask(way, 'Count again.', stream).then(
          () => assert.fail('another request under the key was answered'),
          (thrown: InstanceType<typeof OpenAI.APIError>) => thrown,
        );
        assert.deepEqual([error.status, simulator.requests.length], [422, 1]);
        assert.match(error.message, /idempotency key stands for another request/);
      });
    }
  }
}

test('the bytes and the call’s id are the first one’s, the headers too but for the one that says so', async (t) => {
  const { url } = await gateway(t);
  const body = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'Count.' }] });
  const ask = async () => {
    const answer = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body });
    const own = Object.entries(Object.fromEntries(answer.headers)).filter(
      ([header]) => header.startsWith('x-') && header !== 'x-headgate-idempotent-replay',
    );
    return { own, replayed: isReplay(answer), body: await answer.text() };
  };
  const first = await ask();
  assert.deepEqual(await ask(), { ...first, replayed: true });
});

test('an SDK’s own tries bear the same key, and after a failure they really try', async (t) => {
  const { simulator, booked, url } = await gateway(t, {}, [
    { when: { times: 2 }, fault: { status: 529, retryAfter: { ms: 1 } } },
    ...script,
  ]);
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'k', maxRetries: 2 });
  const done = await client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'Count.' }] }, { headers });
  assert.equal(done.choices[0]!.message.content, 'one two three four five');
  assert.deepEqual([simulator.requests.length, booked.length], [3, 3]);
});

for (const [onCut, expected] of [
  ['hold', /^one two three four five$/],
  ['continue', /^one two .*one two three four five$/],
] as const)
  test(`an answer that broke off and was rescued by \`${onCut}\` is one answer and one charge to all who asked for it`, async (t) => {
    const breaksOff: Script = [{ when: { model: 'claude-haiku-4-5', nth: 1 }, fault: { cutAfterEvents: 6 } }, ...script];
    const models = { c: { targets: ['claude/claude-haiku-4-5', 'claude/claude-sonnet-4-5'], onCut, retry: { tries: 1 } } };
    const budgets = [{ scope: 'total', limit: '$1', period: 'day' }];
    const { url, booked, simulator, headgate } = await gateway(
      t,
      { models, budgets, ledger: { file: ':memory:', journal: 'off' } },
      breaksOff,
    );
    const asked = await Promise.all([1, 2, 3].map(() => SDKS['anthropic']!({ url }, 'Count.', true)));
    const again = await SDKS['anthropic']!({ url }, 'Count.', true);
    for (const { text } of [...asked, again]) assert.match(text, expected);
    assert.deepEqual(new Set([...asked, again].map(({ text }) => text)).size, 1);
    assert.deepEqual(
      [simulator.requests.length, booked.map(({ outcome }) => outcome), again.replayed],
      [2, [onCut === 'hold' ? 'broken' : 'interrupted', 'ok'], true],
    );
    await headgate.ledger!.flush();
    const charged = booked.reduce((sum, { costFloor }) => sum + costFloor, 0n);
    assert.deepEqual(
      (await headgate.budgets()).map(({ spent }) => spent),
      [charged],
    );
  });

test('switched off, the key counts for nothing', async (t) => {
  const { simulator, url } = await gateway(t, { idempotency: 'off' });
  await SDKS['openai']!({ url }, 'Count.', true);
  assert.equal((await SDKS['openai']!({ url }, 'Count.', true)).replayed, false);
  assert.equal(simulator.requests.length, 2);
});

test('a caller who leaves takes nothing from one who waits for the same; with the last the provider is left too', async (t) => {
  const { simulator, headgate } = await gateway(t, {}, [{ reply: { text: 'one two' }, timing: { firstMs: 60_000 } }]);
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Count.' }] });
  const stops = [new AbortController(), new AbortController()];
  const asked = stops.map(({ signal }) =>
    headgate.fetch('http://headgate.local/v1/chat/completions', { method: 'POST', headers, body, signal }),
  );
  while (simulator.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  stops[0]!.abort();
  await assert.rejects(asked[0]!);
  assert.equal(headgate.running, 1);
  stops[1]!.abort();
  await assert.rejects(asked[1]!);
  while (!simulator.requests[0]!.aborted) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(headgate.running, 0);
});
