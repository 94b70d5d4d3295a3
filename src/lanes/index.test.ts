import assert from 'node:assert/strict';
import test from 'node:test';
import { factsOf } from '../catalogue/index.ts';
import { wrapSeal } from '../dialects/seal.ts';
import type { DialectName } from '../model/part.ts';
import { inboundOf } from './inbound.ts';
import { dialectFor, laneFor } from './index.ts';
import type { Operation } from './lane.ts';
import { createVault } from './vault.ts';

const inbound = (dialect: DialectName, body: object, operation: Operation = 'generate') =>
  inboundOf(operation, dialect, {}, Buffer.from(JSON.stringify({ model: 'm', ...body })));
const BOTH: DialectName[] = ['openai-chat', 'openai-responses'];
const tools = [{ type: 'function', function: { name: 'f' } }];
const stop = { max_tokens: 10, messages: [{ role: 'user', content: 'hi' }], stop_sequences: ['END'] };

const rows: [string, DialectName, object, DialectName[], string, DialectName][] = [
  ['a Chat caller is relayed', 'openai-chat', {}, BOTH, 'gpt-6-sol', 'openai-chat'],
  ['tools for a model that takes them on Responses only', 'openai-chat', { tools }, BOTH, 'gpt-6-sol', 'openai-responses'],
  ['no tools in the list', 'openai-chat', { tools: [] }, BOTH, 'gpt-6-sol', 'openai-chat'],
  ['the same with effort none', 'openai-chat', { tools, reasoning_effort: 'none' }, BOTH, 'gpt-6-sol', 'openai-chat'],
  ['the same for a model without effort none', 'openai-chat', { tools, reasoning_effort: 'none' }, BOTH, 'gpt-6-astra', 'openai-responses'],
  ['tools for a model that does not reason unless asked', 'openai-chat', { tools }, BOTH, 'gpt-5.4', 'openai-chat'],
  ['and asked', 'openai-chat', { tools, reasoning_effort: 'high' }, BOTH, 'gpt-5.4', 'openai-responses'],
  ['a provider that speaks Chat alone', 'openai-chat', { tools }, ['openai-chat'], 'gpt-6-sol', 'openai-chat'],
  ['a model that is not on Chat', 'openai-chat', {}, BOTH, 'gpt-5-pro', 'openai-responses'],
  ['a Responses caller is relayed', 'openai-responses', {}, BOTH, 'gpt-4o', 'openai-responses'],
  [
    'a Messages caller is served through Responses, which carries more',
    'anthropic-messages',
    { ...stop, stop_sequences: undefined },
    BOTH,
    'gpt-4o',
    'openai-responses',
  ],
  ['but through Chat when it has stop sequences', 'anthropic-messages', stop, BOTH, 'gpt-4o', 'openai-chat'],
  ['unless the model takes none', 'anthropic-messages', stop, BOTH, 'gpt-6-sol', 'openai-responses'],
];
for (const [name, from, body, spoken, model, expected] of rows) {
  test(`dialect: ${name}`, () => assert.equal(dialectFor(inbound(from, body), spoken, factsOf(model)), expected));
}

test('a thought sealed by another vendor is not relayed: it is left out, and told', () => {
  const body = {
    input: [
      { role: 'user', content: 'hi' },
      { type: 'reasoning', summary: [], encrypted_content: wrapSeal({ by: 'anthropic-messages', data: 'sig' }) },
      { role: 'user', content: 'go on' },
    ],
  };
  const asked = inbound('openai-responses', body);
  const target = { provider: 'p', model: 'gpt-6-sol', dialect: 'openai-responses' as const };
  const way = { target, facts: factsOf('gpt-6-sol'), nowS: 0, includeUsage: true, repair: false, vault: createVault(), owner: 'k' };
  const { body: sent, losses } = laneFor(asked, 'openai-responses')(asked, way);
  assert.doesNotMatch(Buffer.from(sent).toString(), /headgate:v1/);
  assert.deepEqual(
    losses.filter(({ impact }) => impact !== 'none').map(({ path, impact }) => `${path} ${impact}`),
    ['turns[1].parts[0] behavior'],
  );
});

test('an item the caller refers to goes upstream as the item it was', () => {
  const vault = createVault();
  vault.keepItems(
    'k',
    [
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Oslo.', annotations: [] }],
      },
    ],
    0,
  );
  const asked = inbound('openai-responses', {
    input: [
      { role: 'user', content: 'hi' },
      { type: 'item_reference', id: 'msg_1' },
      { role: 'user', content: 'why?' },
    ],
  });
  const target = { provider: 'p', model: 'claude-sonnet-5', dialect: 'anthropic-messages' as const };
  const way = { target, facts: factsOf('claude-sonnet-5'), nowS: 0, includeUsage: true, repair: false, vault, owner: 'k' };
  const sent = JSON.parse(Buffer.from(laneFor(asked, 'anthropic-messages')(asked, way).body).toString());
  assert.deepEqual(sent.messages[1], { role: 'assistant', content: [{ type: 'text', text: 'Oslo.' }] });
});

const long = { max_tokens: 30_000, max_completion_tokens: 30_000, messages: [{ role: 'user', content: 'hi' }] };
const longAnswers: [string, DialectName, DialectName, string, boolean | undefined][] = [
  ['Claude is asked to stream it', 'openai-chat', 'anthropic-messages', 'claude-sonnet-5', true],
  ['a compatible server is not', 'anthropic-messages', 'openai-chat', 'llama-3', undefined],
];
for (const [name, from, to, model, stream] of longAnswers) {
  test(`an answer that may run long, for a caller who does not stream: ${name}`, () => {
    const asked = inbound(from, long);
    const target = { provider: 'p', model, dialect: to };
    const way = { target, facts: factsOf(model), nowS: 0, includeUsage: true, repair: false, vault: createVault(), owner: 'k' };
    const sent = JSON.parse(Buffer.from(laneFor(asked, to)(asked, way).body).toString());
    assert.deepEqual([sent.max_tokens, sent.stream], [30_000, stream]);
  });
}
