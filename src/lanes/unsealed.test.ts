import assert from 'node:assert/strict';
import test from 'node:test';
import { factsOf } from '../catalogue/index.ts';
import { dialectOf } from '../dialects/registry.ts';
import { fold, unfold } from '../model/fold.ts';
import type { JsonObject } from '../model/json.ts';
import type { ModelReply } from '../model/reply.ts';
import { inboundOf } from './inbound.ts';
import { laneFor } from './index.ts';
import { createVault } from './vault.ts';

const NAMES = ['anthropic-messages', 'openai-responses'] as const;
type Caller = (typeof NAMES)[number];
const MODELS: Readonly<Record<Caller, string>> = { 'anthropic-messages': 'claude-sonnet-5', 'openai-responses': 'gpt-6-sol' };
const ask = (caller: Caller, said: readonly JsonObject[]): JsonObject => {
  const user = { role: 'user', content: 'Hi' };
  if (caller === 'openai-responses') return { model: 'm', input: [user, ...said, user] };
  return {
    model: 'm',
    max_tokens: 99,
    messages: [user, ...(said.length > 0 ? [{ role: 'assistant', content: said as never }] : []), user],
  };
};

/** An answer of a compatible server that shows its thoughts, which nobody can prove to be its own. */
const thoughtful = dialectOf('openai-chat').decodeReply({
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Yes.', reasoning_content: 'Hm.' } }],
});

/** What a caller is given of it, whole or streamed. */
function given(caller: Caller, reply: ModelReply, stream: boolean): JsonObject[] {
  const dialect = dialectOf(caller);
  const asked = { nowS: 1, losses: [], request: dialect.decodeRequest(ask(caller, [])) };
  if (!stream) {
    const wire = dialect.encodeReply(reply, asked).wire as JsonObject;
    return wire[caller === 'anthropic-messages' ? 'content' : 'output'] as JsonObject[];
  }
  const encoder = dialect.encodeStream(asked);
  const frames = [...[...unfold(reply)].flatMap((event) => encoder.push(event)), ...encoder.end()];
  const decoder = dialect.decodeStream();
  const read = fold([...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()]);
  return given(caller, read, false);
}

/** What a target is sent of a caller's body, and what a caller may notice is lost. */
function sentTo(caller: Caller, target: Caller, body: JsonObject) {
  const inbound = inboundOf('generate', caller, {}, Buffer.from(JSON.stringify(body)));
  const model = MODELS[target];
  const rooms = { includeUsage: true, repair: false, vault: createVault(), owner: 'k', nowS: 0 };
  const way = { target: { provider: 'p', model, dialect: target }, facts: factsOf(model), ...rooms };
  const outbound = laneFor(inbound, target)(inbound, way);
  const lost = outbound.losses.filter(({ impact }) => impact !== 'none').map(({ kind, impact }) => `${kind} ${impact}`);
  return { sent: Buffer.from(outbound.body).toString(), lost };
}

for (const caller of NAMES) {
  for (const stream of [false, true]) {
    test(`${caller}${stream ? ', streamed' : ''}: a thought without a seal is not sent to a vendor as its own`, () => {
      const body = ask(caller, given(caller, thoughtful, stream));
      assert.match(JSON.stringify(body), /Hm\./);
      for (const target of NAMES) {
        const { sent, lost } = sentTo(caller, target, body);
        assert.doesNotMatch(sent, /Hm\.|headgate:|"type":"(?:thinking|reasoning)"/);
        assert.deepEqual(lost, ['dropped behavior']);
      }
    });
  }
}

test('a source Anthropic did not name is not sent to it as its own', () => {
  const annotations = [
    { type: 'url_citation', url_citation: { start_index: 0, end_index: 4, title: 'Rhine', url: 'https://rivers.example' } },
  ];
  const message = { role: 'assistant', content: 'Long.', annotations };
  const reply = dialectOf('openai-chat').decodeReply({
    id: 'c',
    created: 1,
    model: 'm',
    choices: [{ index: 0, finish_reason: 'stop', message }],
  });
  const body = ask('anthropic-messages', given('anthropic-messages', reply, true));
  assert.match(JSON.stringify(body), /rivers\.example/);
  const { sent, lost } = sentTo('anthropic-messages', 'anthropic-messages', body);
  assert.match(sent, /Long\./);
  assert.doesNotMatch(sent, /rivers\.example|headgate:/);
  assert.deepEqual(lost, ['dropped behavior']);
});
