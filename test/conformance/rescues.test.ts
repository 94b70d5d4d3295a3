import assert from 'node:assert/strict';
import test from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Script } from '../../src/simulator/index.ts';
import { CLIENTS } from './clients.ts';
import { startGateway } from './gateway.ts';
import { fetchAt } from './way.ts';

const text = 'one two three four five six seven eight nine ten eleven twelve';
/** Models of three vendors' kinds that break off in mid-answer the first time they are asked, each once. */
const first = ['gpt-4.1', 'gpt-6-sol', 'claude-haiku-4-5'];
const breaksOff: Script = [...first.map((model) => ({ when: { model, nth: 1 }, fault: { cutAfterEvents: 9 } })), { reply: { text } }];
const routes = (onCut: string) => ({
  defaults: { onCut, retry: { tries: 1 } },
  models: {
    chat: ['chat/gpt-4.1', 'claude/claude-sonnet-5'],
    responses: ['responses/gpt-6-sol', 'chat/gpt-4.1-mini'],
    claude: ['claude/claude-haiku-4-5', 'responses/gpt-6-luna'],
  },
});

for (const { name, ask } of CLIENTS) {
  for (const model of ['chat', 'responses', 'claude']) {
    test(`${name} → ${model}, held back: an answer that broke off is whole, from elsewhere`, async (t) => {
      const { url, simulator } = await startGateway(t, breaksOff, routes('hold'));
      assert.equal(await ask(url, model, 'Count.', true), text);
      assert.equal(simulator.requests.length, 2);
    });
  }

  test(`${name}: an answer that broke off in its thoughts begins anew where \`restart\` is asked for`, async (t) => {
    const thinks: Script = [
      {
        when: { model: 'claude-haiku-4-5', nth: 1 },
        reply: { reasoning: 'let me think about that for a while', text },
        fault: { cutAfterEvents: 5 },
      },
      { reply: { text } },
    ];
    const { url, simulator } = await startGateway(t, thinks, routes('restart'));
    assert.equal(await ask(url, 'claude', 'Count.', true), text);
    assert.equal(simulator.requests.length, 2);
  });

  test(`${name}: an answer that broke off is written on by a model that can`, async (t) => {
    const { url, simulator } = await startGateway(t, breaksOff, {
      ...routes('continue'),
      models: { m: ['claude/claude-haiku-4-5', 'claude/claude-sonnet-4-5'] },
    });
    const said = await ask(url, 'm', 'Count.', true);
    // The simulator says it all again; what matters is that words that were said stand before it, and only once.
    assert.match(said, new RegExp(`^one two .*${text}$`));
    assert.match(JSON.stringify(simulator.requests[1]!.body), /"role":"assistant".*one two/);
  });

  for (const onCut of ['hold', 'restart', 'continue'])
    test(`${name}: what is not streamed is answered as ever under \`${onCut}\``, async (t) => {
      const { url } = await startGateway(t, [{ reply: { text } }], routes(onCut));
      assert.equal(await ask(url, 'claude', 'Count.', false), text);
    });

  test(`${name}: a refusal is an answer, and nobody else is asked`, async (t) => {
    const { url, simulator } = await startGateway(t, [{ reply: { refusal: 'No.' } }], routes('hold'));
    for (const stream of [true, false]) await ask(url, 'claude', 'Do it.', stream).catch(() => {});
    assert.deepEqual(
      simulator.requests.map(({ path }) => path),
      ['/v1/messages', '/v1/messages'],
    );
  });
}

for (const onCut of ['hold', 'restart', 'continue'])
  test(`counts and vectors are had under \`${onCut}\` as under any other`, async (t) => {
    const { url } = await startGateway(t, [], {
      defaults: { onCut },
      models: { e: ['chat/text-embedding-3-small'], c: ['claude/claude-sonnet-5'] },
    });
    const { data } = await new OpenAI({ baseURL: `${url}/v1`, fetch: fetchAt(url), apiKey: 'k' }).embeddings.create({
      model: 'e',
      input: 'words',
    });
    const messages = [{ role: 'user' as const, content: 'words' }];
    const count = await new Anthropic({ baseURL: url, fetch: fetchAt(url), apiKey: 'k' }).messages.countTokens({ model: 'c', messages });
    assert.deepEqual([data.length, count.input_tokens > 0], [1, true]);
  });
