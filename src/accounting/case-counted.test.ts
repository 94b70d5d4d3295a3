import assert from 'node:assert/strict';
import test from 'node:test';
import type { JsonObject } from '../model/json.ts';
import { isCounted } from './case-counted.ts';

const OURS = [
  'stream cut before the usage chunk: estimated from counted tokens, flagged',
  'stream cut after message_start: input known, output counted, flagged',
  'client disconnects mid-stream: count what was delivered',
  'caller hung up, upstream stream cancelled',
  'aborted stream',
  'the connection was lost before usage came',
  'response truncated by upstream reset: local count',
  'stream without usage: tokens counted by the gateway',
  'usage estimated',
  'killed stream: output counted from deltas',
  'stream never sent usage',
];

const THEIRS = [
  'flat total only (no TTL breakdown): 5m assumed and flagged',
  'Sonnet 5.5 cache read before the 2026-10-07 cut',
  'cached tokens count towards the threshold',
  'streaming: message_delta usage is cumulative, take the last non-null',
  'stream with include_usage: only the final chunk carries usage',
  '529 overloaded: no usage, no cost',
  'retry: attempt 1 = HTTP 500 (no usage, no cost), attempt 2 = success',
  'hedge: both attempts completed, loser discarded; both are cost',
  'client disconnected after the final usage chunk: the report stands',
  'explicit zero usage is exact, not estimated',
  'prompt counts cache reads and writes',
  'web fetch is free, tokens count',
  'batch = half',
];

for (const title of OURS) test(`"${title}" is a count of our own`, () => assert.equal(isCounted({ title }, undefined), true));
for (const title of THEIRS) test(`"${title}" is the provider's report`, () => assert.equal(isCounted({ title }, undefined), false));

const SHOWN: readonly [string, JsonObject, JsonObject | undefined, boolean][] = [
  ['a case that says so', { estimated: true }, undefined, true],
  ['a usage that says whose it is', { usage: { output_tokens: 1, usage_source: 'gateway' } }, undefined, true],
  ['an attempt that says so', { attempts_or_parts: [{ estimated: true }] }, undefined, true],
  ['events that reported less', { usage: { output_tokens: 120 }, events: [{}] }, { input_tokens: 9, output_tokens: 1 }, true],
  ['events that reported nothing', { usage: { completion_tokens: 5 }, events: [{ usage: null }] }, undefined, true],
  ['events that reported it all', { usage: { output_tokens: 350 }, events: [{}] }, { output_tokens: 350 }, false],
];

for (const [what, golden, reported, expected] of SHOWN) test(what, () => assert.equal(isCounted(golden, reported), expected));
