import { createPricer } from '../../src/accounting/pricer.ts';
import { priceBook } from '../../src/accounting/prices/index.ts';
import { type BookedCall, recordsOf, type UsageRecord } from '../../src/accounting/record.ts';
import type { Attempt } from '../../src/model/attempt.ts';
import type { Provider } from '../../src/model/provider.ts';
import { callId } from '../../src/pipeline/call-id.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import { realWorld } from '../../src/world/real.ts';
import { CHAT_ANSWER } from './bodies.ts';

const openai: Provider = {
  name: 'openai',
  vendor: 'openai',
  baseUrl: 'https://api.openai.com/v1',
  dialects: ['openai-chat'],
  keys: [],
  headers: {},
  connectMs: 1,
  firstByteMs: 1,
  stallMs: 1,
  connectionsMax: 1,
  includeUsage: true,
};
const pricer = createPricer(priceBook(), new Map([['openai', openai]]));

/** One finished call after the other, each with a provider's usage of its own. */
export function nextCall(number: number): [BookedCall, Attempt[]] {
  const call: BookedCall = {
    callId: callId(realWorld),
    caller: { key: 'bench', feature: `feature-${number % 4}`, user: `user-${number % 16}`, tags: { team: 'blue' } },
    model: 'gpt-6-luna',
    dialect: 'openai-chat',
    channel: 'sync',
  };
  const attempt: Attempt = {
    target: { provider: 'openai', model: 'gpt-6-luna', dialect: 'openai-chat' },
    startedAtMs: Date.now() - 400,
    durationMs: 400.5 + (number % 7),
    firstContentMs: 391.25,
    finish: { reason: 'stop' },
    servedModel: 'gpt-6-luna',
    usage: {
      tokens: { input: 190 + (number % 100), output: 121 },
      reasoningTokens: 0,
      tier: 'default',
      wire: JSON.parse(CHAT_ANSWER).usage,
    },
    losses: 0,
    delivered: true,
  };
  return [call, [attempt]];
}

/** The rows of a call, priced. */
export const recordsFor = ([call, attempts]: [BookedCall, Attempt[]]): UsageRecord[] => recordsOf(call, attempts, pricer);

/** Prices the call and books it, as the gateway does. */
export const book = (ledger: Ledger, call: [BookedCall, Attempt[]]): UsageRecord[] => {
  const records = recordsFor(call);
  ledger.book(records);
  return records;
};
