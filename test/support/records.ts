import type { UsageRecord } from '../../src/accounting/record.ts';
import type { Money } from '../../src/model/money.ts';
import type { World } from '../../src/world/world.ts';

/** A clock that stands, and timers that go. */
export const world: World = {
  now: () => noon,
  elapsed: () => 0,
  soon: setImmediate,
  random: () => 0,
  after: (ms, work) => {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};

export const noon = Date.parse('2026-11-20T12:00:00Z');
export const money = (pico: bigint) => pico as Money;
/** A plain record of a call. */
export const record = (callId: string, more: Partial<UsageRecord> = {}): UsageRecord => ({
  callId,
  attempt: 1,
  last: true,
  reason: 'first',
  endedAtMs: noon,
  durationMs: 812.25,
  key: 'ci',
  provider: 'openai',
  requestedModel: 'smart',
  model: 'gpt-6-sol',
  dialectIn: 'anthropic-messages',
  dialectOut: 'openai-chat',
  channel: 'sync',
  outcome: 'ok',
  tokens: { input: 100, output: 10 },
  measured: 'reported',
  status: 'exact',
  cost: money(300_000_000n),
  costFloor: money(300_000_000n),
  priceVersion: 'test',
  losses: 0,
  ...more,
});
/** A record with every field. */
export const full = record('call_full', {
  attempt: 2,
  last: false,
  reason: 'hedge',
  firstContentMs: 301.5,
  overheadMs: 0.25,
  feature: 'search',
  user: 'ann',
  tags: { team: 'ünïcode', 'a"b': 'c' },
  tier: 'flex',
  region: 'us',
  outcome: 'interrupted',
  tokens: {
    input: 1,
    cacheRead: 2,
    cacheWrite5m: 3,
    cacheWrite30m: 4,
    cacheWrite1h: 5,
    cacheWrite12h: 6,
    audioInput: 7,
    imageInput: 8,
    output: 9,
    audioOutput: 10,
    imageOutput: 11,
  },
  reasoningTokens: 4,
  fees: { web_search_requests: 2 },
  measured: 'estimated',
  status: 'partial',
  cost: null,
  costFloor: money(2n ** 62n + 1n),
  losses: 3,
  wire: { prompt_tokens: 1, nested: { null: null } },
});
/** The day of `noon`. */
export const day = { fromMs: Date.parse('2026-11-20'), toMs: Date.parse('2026-11-21') };
