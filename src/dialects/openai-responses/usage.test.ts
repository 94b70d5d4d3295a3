import assert from 'node:assert/strict';
import test from 'node:test';
import type { JsonObject } from '../../model/json.ts';
import { decodeUsage, encodeUsage } from './usage.ts';

test('cache reads and writes are taken out of the input, by lifetime', () => {
  const usage: JsonObject = {
    input_tokens: 2000,
    input_tokens_details: {
      cached_tokens: 1024,
      cache_write_tokens: 512,
      cache_write_tokens_details: { ttl_30m_tokens: 500, ttl_12h_tokens: 12 },
    },
    output_tokens: 40,
    output_tokens_details: { reasoning_tokens: 32 },
    total_tokens: 2040,
  };
  const decoded = decodeUsage({ usage, service_tier: 'flex' });
  assert.deepEqual(decoded, {
    tokens: { input: 464, cacheRead: 1024, cacheWrite30m: 500, cacheWrite12h: 12, output: 40 },
    reasoningTokens: 32,
    tier: 'flex',
    wire: usage,
  });
  assert.deepEqual(encodeUsage(decoded!), usage);
});

test('writes that are told by lifetime alone, without their sum, are writes', () => {
  for (const sum of [{}, { cache_write_tokens: null }, { cache_write_tokens: 0 }]) {
    const input_tokens_details = { ...sum, cache_write_tokens_details: { ttl_30m_tokens: 500, ttl_12h_tokens: 12 } };
    const usage = { input_tokens: 2000, input_tokens_details, output_tokens: 1 };
    assert.deepEqual(decodeUsage({ usage })?.tokens, { input: 1488, cacheWrite30m: 500, cacheWrite12h: 12, output: 1 });
  }
});

test('no usage is unknown usage, not none', () => {
  assert.equal(decodeUsage({ usage: null }), undefined);
});

test('searches are billed as told, else as counted', () => {
  const usage = { input_tokens: 1, output_tokens: 1 };
  const search = (type: string) => ({ type: 'web_search_call', status: 'completed', action: { type } });
  const output = [search('search'), search('open_page'), search('search'), { type: 'file_search_call', status: 'completed' }];
  assert.deepEqual(decodeUsage({ usage, output })?.fees, { web_search_requests: 2, file_search_requests: 1 });
  assert.deepEqual(decodeUsage({ usage, output, tool_usage: { web_search: { num_requests: 1 } } })?.fees, {
    web_search_requests: 1,
    file_search_requests: 1,
  });
});

test('counters that contradict each other never make a meter negative', () => {
  const usage = { input_tokens: 10, input_tokens_details: { cached_tokens: 40, cache_write_tokens: 5 }, output_tokens: -1 };
  assert.deepEqual(decodeUsage({ usage })?.tokens, { cacheRead: 10 });
});
