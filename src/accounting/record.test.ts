import assert from 'node:assert/strict';
import test from 'node:test';
import type { Attempt } from '../model/attempt.ts';
import type { JsonObject } from '../model/json.ts';
import type { Provider } from '../model/provider.ts';
import type { Usage } from '../model/usage.ts';
import { bucketDeltas } from './bucket.ts';
import { createPricer } from './pricer.ts';
import { priceBook } from './prices/index.ts';
import { type BookedCall, recordsOf } from './record.ts';

const provider = (name: string, vendor: Provider['vendor'], baseUrl: string): Provider => ({
  name,
  vendor,
  baseUrl,
  dialects: ['openai-chat'],
  keys: [],
  headers: {},
  connectMs: 1,
  firstByteMs: 1,
  stallMs: 1,
  connectionsMax: 1,
  includeUsage: true,
});
const providers = new Map([
  ['openai', provider('openai', 'openai', 'https://api.openai.com/v1')],
  ['europe', provider('europe', 'openai', 'https://eu.api.openai.com/v1')],
  ['local', provider('local', 'other', 'http://127.0.0.1:8000/v1')],
]);
const pricer = createPricer(priceBook(), providers);

const call: BookedCall = {
  callId: 'call_1',
  caller: { key: 'ci', feature: 'search', user: 'ann', tags: { team: 'a' } },
  model: 'smart',
  dialect: 'anthropic-messages',
  channel: 'sync',
};
const startedAtMs = Date.parse('2026-11-20T10:00:00Z');
const attempt = (more: Partial<Attempt>): Attempt => ({
  target: { provider: 'openai', model: 'gpt-6-sol', dialect: 'openai-chat' },
  startedAtMs,
  durationMs: 1500,
  losses: 0,
  delivered: true,
  ...more,
});
const overloaded = attempt({ failure: { kind: 'overloaded', message: 'busy' }, delivered: false });
const answered = attempt({
  finish: { reason: 'stop' },
  firstContentMs: 400,
  servedModel: 'gpt-6-sol',
  usage: { tokens: { input: 1000, output: 100 }, reasoningTokens: 40, tier: 'flex', wire: { prompt_tokens: 1000 } },
  losses: 2,
});
const finished = (more: Partial<Attempt>) => attempt({ finish: { reason: 'stop' }, ...more });

test('a call that was tried twice is two rows, each with what it cost', () => {
  const shared = {
    callId: 'call_1',
    endedAtMs: startedAtMs + 1500,
    durationMs: 1500,
    key: 'ci',
    feature: 'search',
    user: 'ann',
    tags: { team: 'a' },
    provider: 'openai',
    requestedModel: 'smart',
    model: 'gpt-6-sol',
    dialectIn: 'anthropic-messages',
    dialectOut: 'openai-chat',
    channel: 'sync',
    priceVersion: pricer.version,
  };
  assert.deepEqual(recordsOf({ ...call, overheadMs: 0.5 }, [overloaded, answered], pricer), [
    {
      ...shared,
      attempt: 1,
      last: false,
      reason: 'first',
      outcome: 'overloaded',
      tokens: {},
      measured: 'nothing',
      status: 'exact',
      cost: 0n,
      costFloor: 0n,
      losses: 0,
    },
    {
      ...shared,
      attempt: 2,
      last: true,
      reason: 'retry',
      overheadMs: 0.5,
      firstContentMs: 400,
      tier: 'flex',
      outcome: 'ok',
      tokens: { input: 1000, output: 100 },
      reasoningTokens: 40,
      measured: 'reported',
      status: 'exact',
      cost: 1_500_000_000n,
      costFloor: 1_500_000_000n,
      losses: 2,
      wire: { prompt_tokens: 1000 },
    },
  ]);
});

test('why an attempt was made is told, or read from where it went', () => {
  const elsewhere = attempt({ target: { provider: 'local', model: 'gpt-6-sol', dialect: 'openai-chat' } });
  const attempts = [overloaded, overloaded, elsewhere, attempt({ reason: 'hedge' })];
  assert.deepEqual(
    recordsOf(call, attempts, pricer).map(({ reason }) => reason),
    ['first', 'retry', 'fallback', 'hedge'],
  );
});

const cut = { failure: { kind: 'interrupted', message: 'cut' } } as const;
const MEASURES: readonly [string, Attempt, object | undefined, string][] = [
  [
    'a cut answer nobody reported is estimated from our count',
    attempt(cut),
    { input: 1200, output: 157 },
    'estimated estimated 3970000000',
  ],
  ['a cut answer nobody counted has no price rather than none', attempt(cut), undefined, 'estimated unpriced null'],
  [
    'a reported prompt with a cut answer takes our count of the answer',
    attempt({ ...cut, usage: { tokens: { input: 2000, output: 1 } } }),
    { output: 120 },
    'estimated estimated 5200000000',
  ],
  [
    'our count does not lower what was reported',
    attempt({ ...cut, usage: { tokens: { input: 2000, output: 200 } } }),
    { output: 120 },
    'estimated estimated 6000000000',
  ],
  [
    'an explicit zero of a finished answer stands',
    attempt({ finish: { reason: 'refused' }, usage: { tokens: {} } }),
    { output: 120 },
    'reported exact 0',
  ],
  [
    'a finished answer without usage is estimated',
    attempt({ finish: { reason: 'stop' } }),
    { output: 100 },
    'estimated estimated 1000000000',
  ],
  ['a failure before any answer costs nothing', overloaded, undefined, 'nothing exact 0'],
  [
    'an answer that broke off before the caller saw any of it is estimated too',
    attempt({ ...cut, delivered: false }),
    { input: 1200 },
    'estimated estimated 2400000000',
  ],
  ['the served model is priced, not the one asked for', { ...answered, servedModel: 'gpt-6-luna' }, undefined, 'reported exact 75000000'],
  ['an unknown served model has no price', { ...answered, servedModel: 'gpt-7' }, undefined, 'reported unpriced null'],
  [
    'a region told by address alone costs more',
    { ...answered, target: { ...answered.target, provider: 'europe' } },
    undefined,
    'reported exact 1650000000',
  ],
  [
    'a compatible server has no vendor’s prices',
    { ...answered, target: { ...answered.target, provider: 'local' } },
    undefined,
    'reported unpriced null',
  ],
];

for (const [name, given, counted, expected] of MEASURES) {
  test(name, () => {
    const [record] = recordsOf(call, [{ ...given, ...(counted && { counted }) }], pricer);
    assert.equal(`${record?.measured} ${record?.status} ${record?.cost}`, expected);
  });
}

test('tokens of sub-inferences are in the row', () => {
  const [record] = recordsOf(
    call,
    [
      attempt({
        finish: { reason: 'stop' },
        usage: { tokens: { input: 1 }, parts: [{ kind: 'compaction', tokens: { input: 2, output: 3 } }] },
      }),
    ],
    pricer,
  );
  assert.deepEqual(record?.tokens, { input: 3, output: 3 });
});

test('a price that changes between two calls is found for both', () => {
  const anthropic = createPricer(priceBook(), new Map([['anthropic', provider('anthropic', 'anthropic', 'https://api.anthropic.com')]]));
  const rates = ['2026-10-06T23:59:59Z', '2026-10-07T00:00:00Z'].map((time) => {
    const usage = { tokens: { cacheRead: 10 } };
    return [
      anthropic.bill(usage, { provider: 'anthropic', model: 'claude-sonnet-5-5', channel: 'sync', atMs: Date.parse(time) }, false).cost,
    ];
  });
  assert.deepEqual(rates, [[2_000_000n], [1_000_000n]]);
});

test('rows add up in the minute, hour and day they ended in; minutes know no user', () => {
  const records = recordsOf(call, [overloaded, answered], pricer);
  const unpriced = recordsOf({ ...call, callId: 'call_2' }, [{ ...answered, servedModel: 'gpt-7' }], pricer);
  const sums = {
    feature: 'search',
    key: 'ci',
    provider: 'openai',
    estimated: 0,
    starved: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    batchSavedNano: 0,
    cacheSavedNano: 0,
  };
  const sol = {
    ...sums,
    model: 'gpt-6-sol',
    calls: 1,
    attempts: 2,
    failures: 1,
    unpriced: 0,
    inputTokens: 1000,
    outputTokens: 100,
    reasoningTokens: 40,
    cost: 1_500_000_000n,
  };
  const seven = {
    ...sums,
    model: 'gpt-7',
    calls: 1,
    attempts: 1,
    failures: 0,
    unpriced: 1,
    inputTokens: 1000,
    outputTokens: 100,
    reasoningTokens: 40,
    cost: 0n,
  };
  const minute = { level: 'minute', startMs: startedAtMs, user: '' };
  const hour = { level: 'hour', startMs: startedAtMs, user: 'ann' };
  const day = { level: 'day', startMs: Date.parse('2026-11-20'), user: 'ann' };
  assert.deepEqual(bucketDeltas([...records, ...unpriced]), [
    { ...minute, ...sol },
    { ...hour, ...sol },
    { ...day, ...sol },
    { ...minute, ...seven },
    { ...hour, ...seven },
    { ...day, ...seven },
  ]);
});

test('a report in words nobody knows is none: the answer is not free', () => {
  const told = (wire: JsonObject) => finished({ usage: { tokens: {}, wire } });
  const wires: JsonObject[] = [{}, { promptTokenCount: 12 }, { total_tokens: 12 }, { prompt_tokens: 0, completion_tokens: 0 }];
  assert.deepEqual(
    recordsOf(call, wires.map(told), pricer).map(({ measured, status, cost }) => [measured, status, cost]),
    [...Array.from({ length: 3 }, () => ['estimated', 'unpriced', null]), ['reported', 'exact', 0n]],
  );
});

test('what a provider calls its model, tier and region is kept in a form every database takes', () => {
  const usage: Usage = { tokens: { input: 1 }, tier: 'a\u0000b', region: 'x'.repeat(300), wire: { prompt_tokens: 1 } };
  const [record] = recordsOf(call, [finished({ usage, servedModel: 'gpt\n\ud800' })], pricer);
  assert.deepEqual([record!.model, record!.tier, record!.region], ['gpt\ufffd\ufffd', 'a\ufffdb', 'x'.repeat(256)]);
});

test('a call ends at a whole millisecond, however exactly its length is known', () => {
  const [record] = recordsOf(call, [finished({ durationMs: 1500.4321 })], pricer);
  assert.deepEqual([record!.endedAtMs, record!.durationMs], [startedAtMs + 1500, 1500.4321]);
});
