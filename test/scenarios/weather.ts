import type { Fault } from '../../src/simulator/index.ts';

/** What a provider is like for a while: the share of requests that go wrong, and in which ways. */
export interface Weather {
  readonly fromMs: number;
  /** 0 to 1. */
  readonly faults: number;
  readonly kinds: readonly (() => Fault)[];
}

/** Everything a provider, or the road to it, may do to a request. */
export const faultKinds = (random: () => number): readonly (() => Fault)[] => {
  const upTo = (most: number) => Math.floor(random() * most);
  return [
    () => ({ status: 500 }),
    () => ({ status: 502, htmlBody: true }),
    () => ({ status: 503 }),
    () => ({ status: 503, retryAfter: { seconds: 1 + upTo(8) } }),
    () => ({ status: 529 }),
    () => ({ status: 429 }),
    () => ({ status: 429, retryAfter: { seconds: 1 + upTo(40) } }),
    () => ({ status: 429, retryAfter: { ms: 100 + upTo(3000) } }),
    () => ({ status: 429, code: 'insufficient_quota' }),
    () => ({ status: 401 }),
    () => ({ status: 500, shouldRetry: false }),
    () => ({ status: 400, code: 'context_length_exceeded' }),
    () => ({ status: 400, code: 'content_policy_violation' }),
    () => ({ status: 404 }),
    () => ({ resetAtByte: 0 }),
    () => ({ stallAtByte: 0 }),
    () => ({ slowFirstByteMs: 1000 + upTo(30_000) }),
    () => ({ resetAfterEvents: 1 + upTo(12) }),
    () => ({ cutAfterEvents: 1 + upTo(12) }),
    () => ({ stallAfterEvents: 1 + upTo(12) }),
    () => ({ garbageAfterEvents: 1 + upTo(12) }),
    () => ({ inStream: 'overloaded', afterEvents: 1 + upTo(8) }),
    () => ({ noLastEvent: true }),
    () => ({ cutAtByte: upTo(400) }),
  ];
};

/** A provider's weather until `untilMs`; fair from then on. */
export function forecast(random: () => number, untilMs: number): readonly Weather[] {
  const kinds = faultKinds(random);
  const days: Weather[] = [];
  for (let fromMs = 0; fromMs < untilMs; fromMs += 3000 + random() * 25_000) {
    const sky = random();
    const faults = sky < 0.4 ? 0 : sky < 0.8 ? random() * 0.6 : 1;
    // A bad day has a few kinds of trouble, not all of them.
    const few = kinds.filter(() => random() < 0.25);
    days.push({ fromMs, faults, kinds: few.length > 0 ? few : [kinds[Math.floor(random() * kinds.length)]!] });
  }
  return [...days, { fromMs: untilMs, faults: 0, kinds }];
}

/** What happens to the next request, as the weather is now. */
export function faultAt(days: readonly Weather[], nowMs: number, random: () => number): Fault | undefined {
  const day = days.findLast(({ fromMs }) => fromMs <= nowMs);
  if (!day || random() >= day.faults) return undefined;
  return day.kinds[Math.floor(random() * day.kinds.length)]!();
}
