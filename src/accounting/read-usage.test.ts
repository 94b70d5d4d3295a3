import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { decodeUsage as decodeChat } from '../dialects/openai-chat/usage.ts';
import { decodeUsage as decodeResponses } from '../dialects/openai-responses/usage.ts';
import type { JsonObject } from '../model/json.ts';
import { inputTokens } from '../model/usage.ts';
import { contradictionsIn, readUsage } from './read-usage.ts';

const counts = fc.record({
  fresh: fc.nat(9999),
  read: fc.nat(9999),
  early: fc.nat(9999),
  late: fc.nat(9999),
  out: fc.nat(9999),
  reasoning: fc.nat(99),
});

test('the dialects and the reader of lone usage objects, written apart, sort OpenAI’s tokens alike', () => {
  fc.assert(
    fc.property(counts, ({ fresh, read, early, late, out, reasoning }) => {
      const into = {
        cached_tokens: read,
        cache_write_tokens: early + late,
        cache_write_tokens_details: { ttl_30m_tokens: early, ttl_12h_tokens: late },
      };
      const total = fresh + read + early + late;
      const answer = { reasoning_tokens: reasoning };
      const chat: JsonObject = {
        prompt_tokens: total,
        completion_tokens: out + reasoning,
        total_tokens: total + out + reasoning,
        prompt_tokens_details: into,
        completion_tokens_details: answer,
      };
      const responses: JsonObject = {
        input_tokens: total,
        output_tokens: out + reasoning,
        input_tokens_details: into,
        output_tokens_details: answer,
      };
      const seen = { provider: 'openai', cacheTtls: [] };
      assert.deepEqual(readUsage(chat, seen), decodeChat(chat));
      assert.deepEqual(readUsage(responses, seen), decodeResponses({ usage: responses }));
    }),
  );
});

const reported = fc.option(fc.nat(9999), { nil: undefined });
const details = fc.record({
  cached_tokens: reported,
  cache_write_tokens: reported,
  cache_write_tokens_details: fc.option(fc.record({ ttl_30m_tokens: reported, ttl_12h_tokens: reported }), { nil: undefined }),
  audio_tokens: reported,
});

test('whatever of the prompt’s parts is missing or more than the total, both sort it alike, and it stays the total', () => {
  fc.assert(
    fc.property(fc.nat(20_000), details, (total, given) => {
      const into = JSON.parse(JSON.stringify(given)) as JsonObject;
      const chat: JsonObject = { prompt_tokens: total, completion_tokens: 1, prompt_tokens_details: into };
      const responses: JsonObject = { input_tokens: total, output_tokens: 1, input_tokens_details: into };
      const seen = { provider: 'openai', cacheTtls: [] };
      const read = readUsage(chat, seen);
      assert.deepEqual([read, inputTokens(read)], [decodeChat(chat), total]);
      assert.deepEqual(readUsage(responses, seen), decodeResponses({ usage: responses }));
    }),
  );
});

test('Messages’ iterations: a compaction and an adviser are parts, the answer’s own turns are not', () => {
  const wire: JsonObject = {
    input_tokens: 612,
    output_tokens: 2819,
    cache_creation_input_tokens: 5,
    cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 3 },
    server_tool_use: { web_search_requests: 1, web_fetch_requests: 0 },
    service_tier: 'standard',
    speed: 'fast',
    inference_geo: 'us',
    fallback_credit: { status: { type: 'redeemed' } },
    iterations: [
      { type: 'compaction', input_tokens: 60_385, output_tokens: 522 },
      { type: 'advisor_message', model: 'claude-opus-5-5', input_tokens: 1, output_tokens: 2 },
      { type: 'message', input_tokens: 612, output_tokens: 2819 },
    ],
  };
  assert.deepEqual(readUsage(wire, { provider: 'anthropic', cacheTtls: [] }), {
    tokens: { input: 612, cacheWrite5m: 2, cacheWrite1h: 3, output: 2819 },
    fees: { web_search_requests: 1 },
    tier: 'fast',
    region: 'us',
    parts: [
      { kind: 'compaction', tokens: { input: 60_385, output: 522 } },
      { kind: 'advisor_message', model: 'claude-opus-5-5', tokens: { input: 1, output: 2 } },
    ],
    assumed: ['fallback_credit:not_repriced'],
    wire,
  });
});

const read = (wire: JsonObject, provider = 'openai') => {
  const { tokens, assumed = [] } = readUsage(wire, { provider, cacheTtls: [] });
  return { tokens, assumed };
};

test('whose words a usage is in is seen from its fields, not from who sold the model', () => {
  assert.deepEqual(
    [
      read({ prompt_tokens: 10, completion_tokens: 3 }, 'anthropic'),
      read({ input_tokens: 10, input_tokens_details: { cached_tokens: 4 }, output_tokens: 3 }, 'anthropic'),
      read({ input_tokens: 10, output_tokens: 3, output_tokens_details: { audio_tokens: 1 } }, 'anthropic'),
      read({ input_tokens: 10, cache_read_input_tokens: 4, output_tokens: 3 }),
      // Zeros in the other vendor's fields say nothing.
      read({ input_tokens: 10, cache_creation_input_tokens: 0, input_tokens_details: { cached_tokens: 4 }, output_tokens: 3 }),
      read({ input_tokens: 10, cache_creation_input_tokens: 4, input_tokens_details: { cached_tokens: 0 }, output_tokens: 3 }),
    ].map(({ tokens }) => tokens),
    [
      { input: 10, output: 3 },
      { input: 6, cacheRead: 4, output: 3 },
      { input: 10, output: 2, audioOutput: 1 },
      { input: 10, cacheRead: 4, output: 3 },
      { input: 6, cacheRead: 4, output: 3 },
      { input: 10, cacheWrite5m: 4, output: 3 },
    ],
  );
  assert.throws(() => read({ prompt_tokens: 10, cache_read_input_tokens: 4 }), {
    message: 'usage must be in the words of one vendor, got prompt_tokens beside cache_read_input_tokens',
  });
});

test('counters that cannot all be right are said to be so', () => {
  assert.deepEqual(
    [
      { prompt_tokens: 10, prompt_tokens_details: { cached_tokens: 50 } },
      { prompt_tokens: 10, prompt_tokens_details: { cached_tokens: 5, cache_write_tokens: 6 } },
      { prompt_tokens: 10, completion_tokens: 3, completion_tokens_details: { reasoning_tokens: 4 } },
      { prompt_tokens: 10, completion_tokens: 3, total_tokens: 14 },
      { input_tokens: 10, cache_creation_input_tokens: 1, cache_creation: { ephemeral_5m_input_tokens: 2 } },
      { input_tokens: 10, output_tokens: 3, output_tokens_details: { thinking_tokens: 4 } },
      { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13, prompt_tokens_details: { cached_tokens: 10 } },
    ].map((wire) => contradictionsIn(wire)),
    [
      ['input_tokens:below_details'],
      ['input_tokens:below_details'],
      ['output_tokens:below_details'],
      ['total_tokens:not_the_sum'],
      ['cache_creation_input_tokens:below_details'],
      ['output_tokens:below_details'],
      [],
    ],
  );
});
