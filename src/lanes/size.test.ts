import assert from 'node:assert/strict';
import test from 'node:test';
import { factsOf } from '../catalogue/index.ts';
import type { DialectName } from '../model/part.ts';
import type { Size } from '../model/size.ts';
import { inboundOf } from './inbound.ts';
import type { Operation } from './lane.ts';
import { sizeOf } from './size.ts';

const size = (wire: object, { dialect = 'openai-chat', operation = 'generate', model = 'gpt-6-sol' }: Asked = {}): Size =>
  sizeOf(inboundOf(operation, dialect, {}, Buffer.from(JSON.stringify({ model, ...wire }))), factsOf(model), {
    provider: 'test',
    model,
    dialect,
  });
interface Asked {
  readonly dialect?: DialectName;
  readonly operation?: Operation;
  readonly model?: string;
}
const messages = (content: unknown) => [{ role: 'user', content }];
const { contextTokens, outputTokensMax } = factsOf('gpt-6-sol');

test('text is at most a token a byte, likely one in four; the answer as long as is allowed', () => {
  const wire = { model: 'gpt-6-sol', max_completion_tokens: 100, messages: messages('Grüße') };
  const bytes = Buffer.byteLength(JSON.stringify(wire));
  assert.deepEqual(size(wire), {
    inputTokens: { most: bytes + 64, likely: Math.ceil(bytes / 4) },
    outputTokensMax: 100,
    inputMeters: ['input', 'cacheWrite30m'],
    outputMeters: ['output'],
    tiers: [undefined],
    regions: [undefined],
    fees: {},
  });
});

test('an answer whose length nobody limits is as long as the model can, several answers several times that', () => {
  assert.equal(size({ messages: messages('x') }).outputTokensMax, outputTokensMax);
  assert.equal(size({ max_tokens: 10_000_000, messages: messages('x') }).outputTokensMax, outputTokensMax);
  assert.equal(size({ max_tokens: 10, n: 3, messages: messages('x') }).outputTokensMax, 30);
});

test('counting is free, and vectors have no answer', () => {
  assert.deepEqual(size({ messages: messages('x') }, { operation: 'count' }).inputTokens, { most: 0, likely: 0 });
  assert.equal(size({ input: 'x' }, { operation: 'embed' }).outputTokensMax, 0);
});

test('a picture is as large as its tokens, not as its bytes', () => {
  const url = `data:image/png;base64,${'A'.repeat(1_000_000)}`;
  const { most, likely } = size({ messages: messages([{ type: 'image_url', image_url: { url } }]) }).inputTokens;
  assert.ok(most > 16_384 && most < 17_000, `${most}`);
  assert.ok(likely > 1500 && likely < 1600, `${likely}`);
});

test('a document has the pages it says it has, or as many as a provider takes', () => {
  const pdf = (text: string) => ({
    type: 'document',
    source: { type: 'base64', media_type: 'application/pdf', data: Buffer.from(text).toString('base64') },
  });
  const of = (text: string) =>
    size({ max_tokens: 1, messages: messages([pdf(text)]) }, { dialect: 'anthropic-messages', model: 'claude-opus-5-5' }).inputTokens.most;
  const [three, packed] = [of('%PDF-1.7 << /Type /Pages /Count 3 >> /Type /Page /Type /Page'), of('%PDF-1.7 packed')];
  assert.ok(three > 3 * 7784 && three < 3 * 7784 + 500, `${three}`);
  assert.ok(packed > 100 * 7784 && packed < 100 * 7784 + 500, `${packed}`);
});

test('what the provider holds or its tools fetch is as much as the window', () => {
  assert.equal(size({ input: 'x', previous_response_id: 'resp_1' }, { dialect: 'openai-responses' }).inputTokens.most, contextTokens);
  const thread = (more: object) =>
    size({ max_tokens: 1, messages: messages('x'), thread: more }, { dialect: 'anthropic-messages', model: 'claude-opus-5-5' });
  assert.equal(thread({ type: 'continue', previous_message_id: 'msg_1' }).inputTokens.most, 1_000_000);
  assert.ok(thread({ type: 'create' }).inputTokens.most < 1000);
  const searching = size({
    max_tokens: 1,
    messages: messages('x'),
    tools: [{ type: 'web_search_20260209', name: 'web_search', max_uses: 3 }],
  });
  assert.deepEqual([searching.inputTokens.most, searching.fees], [contextTokens, { web_search_requests: 3 }]);
});

test('no prompt is longer than the window', () => {
  assert.equal(size({ messages: messages('x'.repeat(3_000_000)) }).inputTokens.most, contextTokens);
});

test('what is billed dearer is seen: cache marks, tiers, regions, sounds', () => {
  const marked = { max_tokens: 1, cache_control: { type: 'ephemeral', ttl: '1h' }, messages: messages('x') };
  assert.deepEqual(size(marked).inputMeters, ['input', 'cacheWrite30m', 'cacheWrite5m', 'cacheWrite1h']);
  const { tiers, regions } = size({ service_tier: 'priority', inference_geo: 'us', messages: messages('x') });
  assert.deepEqual(
    [tiers, regions],
    [
      [undefined, 'priority'],
      [undefined, 'us'],
    ],
  );
  const spoken = size({
    messages: messages([{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }]),
    audio: { voice: 'x' },
  });
  assert.deepEqual([spoken.inputMeters.includes('audioInput'), spoken.outputMeters.includes('audioOutput')], [true, true]);
});
