import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { usageRecord } from '../../../test/support/usage-record.ts';
import type { Money } from '../../model/money.ts';
import { createTimestamps, lineOf } from './line.ts';

test('a record is a line: what is few-valued as tags, users and calls as fields, counts as integers', () => {
  const record = usageRecord({
    feature: 'search',
    user: 'ann "the boss"',
    tier: 'priority',
    tokens: { input: 7, imageInput: 1, cacheRead: 2, cacheWrite5m: 3, cacheWrite1h: 1, output: 5 },
    reasoningTokens: 4,
    durationMs: 812.25,
    firstContentMs: 300,
    cost: null,
    costFloor: 1_500n as Money,
  });
  assert.equal(
    lineOf(record, 'a:4000', 1_767_225_600_000_000_001n),
    [
      'headgate_attempts,feature=search,instance=a:4000,model=gpt-6-luna,outcome=ok,provider=openai,tier=priority ',
      'attempt=1i,cache_read_tokens=2i,cache_write_tokens=4i,call_id="call_1",channel="sync",cost_nano_usd=2i,duration_ms=812.25,',
      'first_content_ms=300,fresh_tokens=8i,key="k",last=true,losses=0i,measured="reported",output_tokens=5i,priced=false,',
      'reason="first",reasoning_tokens=4i,requested_model="gpt-6-luna",user="ann \\"the boss\\"" 1767225600000000001',
    ].join(''),
  );
});

test('tags are escaped; what they cannot hold is left out', () => {
  const tags = (feature: string) => lineOf(usageRecord({ feature }), 'i', 1n).split(',instance=')[0];
  assert.deepEqual(['a,b c=d', 'two\nlines', 'back\\slash', 'at the end\\\\', '\\', ''].map(tags), [
    'headgate_attempts,feature=a\\,b\\ c\\=d',
    'headgate_attempts,feature=two\\ lines',
    'headgate_attempts,feature=back\\slash',
    'headgate_attempts,feature=at\\ the\\ end',
    'headgate_attempts',
    'headgate_attempts',
  ]);
});

test('no two records get the same time, and each stays within its millisecond', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 200 }), fc.integer({ min: 0, max: 999_999 }), (times, place) => {
      const timestampOf = createTimestamps(place);
      const stamps = times.map((ms) => timestampOf(ms + 0.75));
      assert.equal(new Set(stamps).size, stamps.length);
      assert.deepEqual(
        stamps.map((stamp) => Number(stamp / 1_000_000n)),
        times,
      );
    }),
  );
});
