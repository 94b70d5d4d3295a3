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
  'timeout mid-stream: counted',
  'usage missing: counted from text',
  'provider sent no usage',
  'stream ended early: usage from our tokenizer',
  'stream without usage chunk',
  'client abort: tokens counted by the gateway',
  'abort before any usage: tokenizer count',
  'idle timeout after 50 chunks: output counted with the tokenizer',
  'upstream reset mid-answer: partial output counted',
  'ECONNRESET after 40 tokens',
  'stream breaks off before usage',
  'hedge: loser cancelled mid-stream',
  'client abort mid-stream: counted, flagged',
  'client disconnects: what was delivered is still billed',
  'include_usage unsupported by the backend: tokens are ours',
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
  'cache tokens double counted by others',
  'cache tokens double counted by others: buckets stay disjoint (LiteLLM #9812)',
  'cached tokens are counted towards the threshold',
  'cache reads and writes counted: input tokens counted into the prompt size',
  'reasoning tokens counted once',
  'rejected tokens counted as output',
  'tokens already counted in input',
  'search fee lost when the stream rebuilder turns it into a dict',
  'response truncated by max_tokens: billed in full',
  'answer cut off at max_tokens is billed normally',
  'provider breaks down writes by TTL',
  'response breaks the cache write into 5m and 1h',
  'hedge: loser cancelled, provider reported full usage',
  'retry: attempt 1 = connection dropped before any byte (no cost), attempt 2 = success',
  'batch cancelled by the user: completed lines billed at half',
  'user cancels batch: finished lines are billed',
  'price cut: provider lowers cache reads',
  'client disconnected but upstream finished: provider usage is exact',
  'client aborted after the usage chunk arrived: provider usage, exact',
  'failover: stream broke upstream with usage reported, second provider served',
  'upstream died before headers: no usage, no cost',
  'no usage in the stream error event: 529, no cost',
  "stream usage is the provider's, not an estimate",
  'stream without include_usage: gateway injected it, usage exact',
  'caller did not ask for usage; stream still carries it',
  'fallback to another provider after attempt 1 broke: attempt 1 billed by the provider',
  'image tokens are estimated only for pre-flight',
  "the caller's own count is ignored; the provider's usage wins",
  'compaction iteration is not in the top-level usage; own counters',
  'user location tool broken: errored search is not billed',
];

for (const title of OURS) test(`"${title}" is a count of our own`, () => assert.equal(isCounted({ title }, undefined), true));
for (const title of THEIRS) test(`"${title}" is the provider's report`, () => assert.equal(isCounted({ title }, undefined), false));

const started = { type: 'message_start', usage: { input_tokens: 2000, output_tokens: 1 } };

const SHOWN: readonly [string, JsonObject, JsonObject | undefined, boolean][] = [
  ['a case that says so', { estimated: true }, undefined, true],
  ['a usage that says whose it is', { usage: { output_tokens: 1, usage_source: 'gateway' } }, undefined, true],
  ['an attempt that says so', { attempts_or_parts: [{ estimated: true }] }, undefined, true],
  ['events that reported less', { usage: { output_tokens: 120 }, events: [{}] }, { input_tokens: 9, output_tokens: 1 }, true],
  ['events that reported nothing', { usage: { completion_tokens: 5 }, events: [{ usage: null }] }, undefined, true],
  ['events that reported it all', { usage: { output_tokens: 350 }, events: [{}] }, { output_tokens: 350 }, false],
  [
    'a note about a stream whose events reported it all',
    { title: 'client disconnected', usage: { output_tokens: 350 }, events: [{}] },
    { output_tokens: 350 },
    false,
  ],
  ['a note that says whose count it is', { title: 'plain', note: 'usage here is from our tokenizer, not the provider' }, undefined, true],
  ['a stream that ended after its start', { events: [started] }, started.usage, true],
  [
    'one whose end came without a count',
    { events: [started, { type: 'message_delta', usage: { output_tokens: null } }] },
    started.usage,
    true,
  ],
  ['one whose end counted', { events: [started, { type: 'message_delta', usage: { output_tokens: 9 } }] }, { output_tokens: 9 }, false],
];

for (const [what, golden, reported, expected] of SHOWN) test(what, () => assert.equal(isCounted(golden, reported), expected));
