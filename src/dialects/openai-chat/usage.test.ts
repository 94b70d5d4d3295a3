import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../model/json.ts';
import { inputTokens, outputTokens } from '../../model/usage.ts';
import { decodeUsage, encodeTier, encodeUsage } from './usage.ts';

const tokens = (wire: JsonObject) => decodeUsage(wire).tokens;

test('totals that include their parts become meters that do not overlap', () => {
  const wire = {
    prompt_tokens: 2000,
    completion_tokens: 900,
    total_tokens: 2900,
    prompt_tokens_details: {
      cached_tokens: 1024,
      cache_write_tokens: 600,
      cache_write_tokens_details: { ttl_30m_tokens: 500, ttl_12h_tokens: 100 },
      audio_tokens: 50,
    },
    completion_tokens_details: { reasoning_tokens: 800, audio_tokens: 20, rejected_prediction_tokens: 5 },
  };
  assert.deepEqual(decodeUsage(wire, 'flex'), {
    tokens: { input: 326, cacheRead: 1024, cacheWrite30m: 500, cacheWrite12h: 100, audioInput: 50, output: 880, audioOutput: 20 },
    reasoningTokens: 800,
    tier: 'flex',
    wire,
  });
});

test('compatible servers say what was cached in places of their own', () => {
  assert.deepEqual(
    [{ prompt_cache_hit_tokens: 4 }, { cached_tokens: 4 }, { num_cached_tokens: 4 }, { prompt_tokens_details: { cached_tokens: 4 } }].map(
      (more) => tokens({ prompt_tokens: 10, completion_tokens: 1, ...more }),
    ),
    Array(4).fill({ input: 6, cacheRead: 4, output: 1 }),
  );
});

test('reasoning left out of the completion is found by the total', () => {
  const details = { completion_tokens_details: { reasoning_tokens: 7 } };
  assert.deepEqual(tokens({ prompt_tokens: 10, completion_tokens: 2, total_tokens: 19, ...details }), { input: 10, output: 9 });
  assert.deepEqual(tokens({ prompt_tokens: 10, completion_tokens: 9, total_tokens: 19, ...details }), { input: 10, output: 9 });
});

test('no meter is ever negative, and together they are the totals', () => {
  const count = fc.oneof(fc.nat(100), fc.constant(null), fc.constant(-5));
  fc.assert(
    fc.property(fc.nat(100), fc.nat(100), fc.array(count, { minLength: 6, maxLength: 6 }), (prompt, completion, [a, b, c, d, e, f]) => {
      const usage = decodeUsage({
        prompt_tokens: prompt,
        completion_tokens: completion,
        prompt_tokens_details: {
          cached_tokens: a!,
          cache_write_tokens: b!,
          audio_tokens: c!,
          cache_write_tokens_details: { ttl_12h_tokens: d! },
        },
        completion_tokens_details: { audio_tokens: e!, reasoning_tokens: f! },
      });
      assert.ok(Object.values(usage.tokens).every((value) => value > 0));
      assert.deepEqual([inputTokens(usage), outputTokens(usage)], [prompt, completion]);
    }),
  );
});

test('another vendor’s usage is told with totals that include their parts', () => {
  const usage = { tokens: { input: 5, cacheRead: 3, cacheWrite5m: 2, cacheWrite1h: 1, output: 7 }, reasoningTokens: 4, tier: 'standard' };
  assert.deepEqual(encodeUsage(usage), {
    prompt_tokens: 11,
    completion_tokens: 7,
    total_tokens: 18,
    prompt_tokens_details: { cached_tokens: 3, cache_write_tokens: 3, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 4, audio_tokens: 0 },
  });
  assert.deepEqual(
    [encodeTier(usage), encodeTier({ tokens: {}, tier: 'batch' }), encodeTier(undefined)],
    ['default', undefined, undefined],
  );
});
