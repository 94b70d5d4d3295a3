import type { Money } from '../model/money.ts';
import type { Meter, Tokens, Usage } from '../model/usage.ts';
import type { Pricer, Sold } from './pricer.ts';

/** What a call cost less, in billionths of a dollar, than it would have by itself, and without caching. */
export interface Saved {
  /** Absent: it was no batch, or has no other price. */
  readonly batchSavedNano?: number;
  /** Below 0: caching cost more. Absent: nothing was cached, or it has no other price. */
  readonly cacheSavedNano?: number;
}

/** What was saved on a usage that cost `cost`; nothing is known of one without a price. */
export function savedBy(usage: Usage, cost: Money | null, sold: Sold, pricer: Pricer): Saved {
  if (cost === null) return {};
  const batch = sold.channel === 'batch' ? less(pricer.bill(byItself(usage), { ...sold, channel: 'sync' }, false).cost, cost) : undefined;
  const cache = hasCached(usage) ? less(pricer.bill(uncached(usage), sold, false).cost, cost) : undefined;
  return { ...(batch !== undefined && { batchSavedNano: batch }), ...(cache !== undefined && { cacheSavedNano: cache }) };
}

const less = (without: Money | null, cost: Money): number | undefined =>
  without === null ? undefined : Number((without - cost) / PICO_IN_NANO);

const PICO_IN_NANO = 1000n;

/** The usage of the same call made by itself: Anthropic says in its usage that it was a batch. */
export function byItself({ tier, ...usage }: Usage): Usage {
  return tier === undefined || tier === 'batch' ? usage : { ...usage, tier };
}

const CACHED = ['cacheRead', 'cacheWrite5m', 'cacheWrite30m', 'cacheWrite1h', 'cacheWrite12h'] as const satisfies readonly Meter[];

const cachedIn = (tokens: Tokens): number => CACHED.reduce((sum, meter) => sum + (tokens[meter] ?? 0), 0);
const hasCached = ({ tokens, parts }: Usage): boolean =>
  cachedIn(tokens) > 0 || (parts?.some((part) => cachedIn(part.tokens) > 0) ?? false);

/** The usage of the same call where nothing had been cached, and nothing was. */
export function uncached(usage: Usage): Usage {
  const fresh = (tokens: Tokens): Tokens => {
    const rest: { -readonly [M in Meter]?: number } = { ...tokens, input: (tokens.input ?? 0) + cachedIn(tokens) };
    for (const meter of CACHED) delete rest[meter];
    return rest;
  };
  return {
    ...usage,
    tokens: fresh(usage.tokens),
    ...(usage.parts && { parts: usage.parts.map((part) => ({ ...part, tokens: fresh(part.tokens) })) }),
  };
}
