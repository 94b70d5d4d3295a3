import type { RateLimit } from './script.ts';

/** What is left of a limit; refills evenly. */
interface Bucket {
  level: number;
  atMs: number;
}

/** Buckets by API key and limit. */
export type RateStore = Map<string, Bucket>;

export interface Gauge {
  readonly limit: number;
  readonly remaining: number;
  /** Until it is full again, in milliseconds. */
  readonly resetMs: number;
}

export interface Rates {
  readonly requests: Gauge;
  readonly tokens: Gauge;
  /** Set when one limit is passed: which, how much was asked, and when it will do, in milliseconds. */
  readonly passed?: {
    readonly what: 'requests' | 'tokens';
    readonly limit: number;
    readonly used: number;
    readonly asked: number;
    readonly afterMs: number;
  };
}

/** What vendors say of limits nobody comes near, as recorded from a large account. */
const PLENTY = { requestsPerMinute: 30_000, tokensPerMinute: 150_000_000 } as const;

/** Takes one request and its tokens out of the key's limits, or says which one is passed and takes nothing. */
export function spend(store: RateStore, key: string, limit: RateLimit | undefined, tokens: number, nowMs: number): Rates {
  const requests = bucket(store, `${key} requests`, limit?.requestsPerMinute, nowMs);
  const amount = bucket(store, `${key} tokens`, limit?.tokensPerMinute, nowMs);
  const passed = requests?.over(1, 'requests') ?? amount?.over(tokens, 'tokens');
  if (!passed) {
    requests?.take(1);
    amount?.take(tokens);
  }
  return {
    requests: requests?.gauge() ?? plenty(PLENTY.requestsPerMinute, 1),
    tokens: amount?.gauge() ?? plenty(PLENTY.tokensPerMinute, tokens),
    ...(passed && { passed }),
  };
}

function bucket(store: RateStore, name: string, limit: number | undefined, nowMs: number) {
  if (limit === undefined) return undefined;
  const held = store.get(name) ?? { level: limit, atMs: nowMs };
  const perMs = limit / 60_000;
  held.level = Math.min(limit, held.level + (nowMs - held.atMs) * perMs);
  held.atMs = nowMs;
  store.set(name, held);
  return {
    over: (asked: number, what: 'requests' | 'tokens') =>
      asked <= held.level
        ? undefined
        : { what, limit, used: limit - Math.floor(held.level), asked, afterMs: Math.ceil((Math.min(asked, limit) - held.level) / perMs) },
    take: (asked: number) => {
      held.level -= asked;
    },
    gauge: (): Gauge => ({ limit, remaining: Math.max(0, Math.floor(held.level)), resetMs: Math.ceil((limit - held.level) / perMs) }),
  };
}

const plenty = (limit: number, used: number): Gauge => ({ limit, remaining: limit - used, resetMs: Math.ceil((used * 60_000) / limit) });
