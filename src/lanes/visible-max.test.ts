import assert from 'node:assert/strict';
import test from 'node:test';
import { factsOf } from '../catalogue/index.ts';
import { encodeReasoning } from '../dialects/anthropic-messages/thinking.ts';
import { Losses } from '../dialects/losses.ts';
import type { DialectName } from '../model/part.ts';
import type { Reasoning } from '../model/request.ts';
import { canonicalInbound } from './canonical.ts';
import { inboundOf } from './inbound.ts';
import { withRoom } from './visible-max.ts';

function sent(model: string, maxVisibleTokens: number, reasoning?: Reasoning) {
  const asked = canonicalInbound({ model, turns: [], stream: false, ...(reasoning && { reasoning }) }, undefined, maxVisibleTokens);
  const { inbound, losses } = withRoom(asked, factsOf(model));
  return [inbound.head.maxOutputTokens, losses.map(({ impact }) => impact).join()];
}

const CASES: readonly [model: string, visible: number, reasoning: Reasoning | undefined, tokens: number, loss: string][] = [
  ['gpt-4.1', 500, undefined, 500, ''],
  ['gpt-6-sol', 500, { effort: 'none' }, 500, ''],
  ['gpt-6-sol', 500, { effort: 'low' }, 500 + 4096, ''],
  ['gpt-6-sol', 500, undefined, 500 + 16_384, ''],
  ['gpt-6-sol', 500, { effort: 'xhigh' }, 500 + 65_536, ''],
  ['gpt-6-sol', 500, { effort: 'max' }, 128_000, ''],
  ['gpt-6-sol', 100_000, { effort: 'high' }, 128_000, 'behavior'],
  ['gpt-6-sol', 200_000, { effort: 'low' }, 128_000, 'content'],
  ['gpt-6-astra', 500, { effort: 'none' }, 500 + 4096, ''],
  ['gpt-5.5', 500, undefined, 500, ''],
  ['claude-sonnet-5', 500, { mode: 'off' }, 500, ''],
  ['claude-sonnet-5', 500, undefined, 500 + 32_768, ''],
  ['claude-sonnet-4-6', 500, undefined, 500, ''],
  ['claude-sonnet-4-5', 500, { mode: 'budget', budgetTokens: 2000 }, 2500, ''],
  ['claude-sonnet-4-5', 1000, { effort: 'high' }, 5001, ''],
  ['claude-sonnet-4-5', 500, undefined, 500, ''],
];

for (const [model, visible, reasoning, tokens, loss] of CASES) {
  test(`${visible} tokens to see of ${model}, asked ${JSON.stringify(reasoning ?? 'nothing')}: a limit of ${tokens}`, () => {
    assert.deepEqual(sent(model, visible, reasoning), [tokens, loss]);
  });
}

test('a budget made of an effort leaves what is to be seen', () => {
  for (const effort of ['low', 'medium', 'high', 'xhigh'])
    for (const visible of [100, 1000, 2999]) {
      const facts = factsOf('claude-sonnet-4-5');
      const [tokens] = sent('claude-sonnet-4-5', visible, { effort });
      const { thinking } = encodeReasoning({ mode: 'budget', effort }, Number(tokens), facts, new Losses('anthropic-messages'));
      assert.ok(Number(tokens) - Number(thinking?.['budget_tokens']) >= visible, `${effort}, ${visible}`);
    }
});

const BODIES: readonly [DialectName, model: string, body: object, sent: object][] = [
  ['openai-chat', 'gpt-6-sol', { reasoning_effort: 'low' }, { max_completion_tokens: 4196 }],
  ['openai-chat', 'gpt-6-sol', { reasoning_effort: 'low', max_completion_tokens: 7 }, { max_completion_tokens: 4196 }],
  ['openai-chat', 'llama', { max_tokens: 7 }, { max_tokens: 100 }],
  ['openai-chat', 'llama', {}, { max_tokens: 100 }],
  ['openai-responses', 'gpt-6-sol', { input: 'x', reasoning: { effort: 'low' } }, { max_output_tokens: 4196 }],
  ['anthropic-messages', 'claude-sonnet-5', { max_tokens: 7, output_config: { effort: 'low' } }, { max_tokens: 4196 }],
];

for (const [dialect, model, fields, limit] of BODIES) {
  test(`${dialect} to ${model}: the body with the limit in the place of ${JSON.stringify(fields)}’s`, () => {
    const said = { model, ...(dialect !== 'openai-responses' && { messages: [{ role: 'user', content: 'x' }] }), ...fields };
    const asked = { ...inboundOf('generate', dialect, {}, Buffer.from(JSON.stringify(said))), maxVisibleTokens: 100 };
    assert.deepEqual(JSON.parse(withRoom(asked, factsOf(model)).inbound.body.toString()), { ...said, ...limit });
  });
}
