import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeUsage, encodeDeltaUsage, encodeUsage, mergeUsage, unsaidUsage } from './usage.ts';

test('reads, writes of both lifetimes and fresh input are three different things', () => {
  const wire = {
    input_tokens: 10,
    cache_creation_input_tokens: 3000,
    cache_read_input_tokens: 90_000,
    cache_creation: { ephemeral_5m_input_tokens: 1000, ephemeral_1h_input_tokens: 2000 },
    output_tokens: 50,
    output_tokens_details: { thinking_tokens: 40 },
    server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 },
    service_tier: 'priority',
    inference_geo: 'us',
  };
  assert.deepEqual(decodeUsage(wire), {
    tokens: { input: 10, cacheRead: 90_000, cacheWrite5m: 1000, cacheWrite1h: 2000, output: 50 },
    reasoningTokens: 40,
    fees: { web_search_requests: 2 },
    tier: 'priority',
    region: 'us',
    wire,
  });
});

test('writes without a breakdown, or with one of zeros, are five-minute writes by assumption, never free', () => {
  const written = { tokens: { cacheWrite5m: 300 }, assumed: ['cache_write_ttl:5m'] };
  for (const cache_creation of [undefined, null, { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 }]) {
    const wire = { cache_creation_input_tokens: 300, ...(cache_creation !== undefined && { cache_creation }) };
    assert.deepEqual(decodeUsage(wire), { ...written, wire });
  }
});

test('null counters are nothing at all', () => {
  const wire = {
    input_tokens: 5,
    cache_creation_input_tokens: null,
    cache_read_input_tokens: null,
    cache_creation: null,
    output_tokens: 0,
  };
  assert.deepEqual(decodeUsage(wire), { tokens: { input: 5 }, wire });
});

test('a compaction is billed beside the answer', () => {
  const wire = {
    input_tokens: 600,
    output_tokens: 20,
    iterations: [
      { type: 'compaction', input_tokens: 60_000, output_tokens: 500 },
      { type: 'message', input_tokens: 600, output_tokens: 20 },
    ],
  };
  assert.deepEqual(decodeUsage(wire).parts, [{ kind: 'compaction', tokens: { input: 60_000, output: 500 } }]);
});

test('writes of an iteration without a breakdown are assumed too, which leaves the answer’s own breakdown as it is', () => {
  const cache_creation = { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 7 };
  const wire = {
    input_tokens: 600,
    cache_creation_input_tokens: 7,
    cache_creation,
    output_tokens: 20,
    iterations: [{ type: 'compaction', input_tokens: 60_000, cache_creation_input_tokens: 300, output_tokens: 500 }],
  };
  const usage = decodeUsage(wire);
  assert.deepEqual(usage.assumed, ['iterations.cache_write_ttl:5m']);
  assert.deepEqual(encodeUsage(usage)['cache_creation'], cache_creation);
});

test('after a fallback the counters are those of the model that stepped in', () => {
  const wire = {
    input_tokens: 412,
    output_tokens: 264,
    iterations: [
      { type: 'message', model: 'claude-fable-5', input_tokens: 408, output_tokens: 0 },
      { type: 'fallback_message', model: 'claude-opus-4-8', input_tokens: 412, output_tokens: 264 },
    ],
  };
  assert.deepEqual(decodeUsage(wire).parts, [{ kind: 'message', model: 'claude-fable-5', tokens: { input: 408 } }]);
});

test('later reports replace earlier ones and are never added; a null says nothing', () => {
  const start = { input_tokens: 10, cache_read_input_tokens: 90, output_tokens: 1, service_tier: 'standard' };
  const later = { input_tokens: 2000, cache_read_input_tokens: null, output_tokens: 80, server_tool_use: null };
  assert.deepEqual(mergeUsage(start, later), {
    input_tokens: 2000,
    cache_read_input_tokens: 90,
    output_tokens: 80,
    service_tier: 'standard',
    server_tool_use: null,
  });
});

test('what OpenAI served is told with every key the SDK declares', () => {
  const usage = {
    tokens: { input: 100, cacheRead: 900, cacheWrite30m: 50, audioInput: 7, output: 30 },
    reasoningTokens: 20,
    tier: 'default',
  };
  assert.deepEqual(encodeUsage(usage), {
    input_tokens: 107,
    cache_creation_input_tokens: 50,
    cache_read_input_tokens: 900,
    output_tokens: 30,
    output_tokens_details: { thinking_tokens: 20 },
    server_tool_use: null,
    cache_creation: null,
    service_tier: 'standard',
    inference_geo: null,
    speed: null,
  });
  assert.equal(encodeDeltaUsage(undefined)['output_tokens'], 0);
});

test('what usage cannot say again is kept beside it', () => {
  const wire = { input_tokens: 5, output_tokens: 1, cache_read_input_tokens: 0, service_tier: 'standard', speed: 'standard', glow: 3 };
  assert.deepEqual(unsaidUsage(wire, decodeUsage(wire)), { speed: 'standard', glow: 3 });
});
