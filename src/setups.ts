import { hash } from 'node:crypto';
import type { Pricer } from './accounting/pricer.ts';
import type { Config } from './config/config.ts';
import type { LimitRules } from './limits/limiter.ts';
import type { Provider } from './model/provider.ts';
import type { HealthSetup } from './pipeline/health.ts';

/* The configuration as each room wants it. */

/** How much each provider is given to do at once, where that has an end. */
export const lineLimits = ({ providers }: Config) =>
  new Map([...providers.values()].flatMap(({ name, concurrency }) => (concurrency ? [[name, concurrency] as const] : [])));

/** What upstreams' health is judged by. */
export const healthSetup = ({ providers, breaker }: Config): HealthSetup => ({
  breaker,
  keys: new Map(
    [...providers].map(([name, { keys, keyWeights }]) => [
      name,
      keys.map((key, at) => ({ fingerprint: fingerprintOf(key), weight: keyWeights?.[at] ?? 1 })),
    ]),
  ),
});

/** Fingerprints of each provider's keys. */
export const fingerprintsOf = ({ providers }: Config): ReadonlyMap<string, readonly string[]> =>
  new Map([...providers].map(([name, { keys }]) => [name, keys.map(fingerprintOf)]));

/** Enough to tell keys apart, too little to use: the first bytes of a digest. */
const fingerprintOf = (key: string): string => `sha256:${hash('sha256', key).slice(0, 12)}`;

/** Eight looks within the shortest time-out of a call, at least 10 ms and at most 500 ms apart. */
export function watchEveryMsFor({ defaults, models, providers }: Config): number {
  const rules = [defaults, ...models.values()];
  const limits = [
    ...rules.flatMap(({ deadlineMs, hedge }) => [deadlineMs, hedge?.afterMsMin ?? Number.POSITIVE_INFINITY]),
    ...[...providers.values()].map(({ firstContentMs = Number.POSITIVE_INFINITY }) => firstContentMs),
  ];
  return Math.max(10, Math.min(500, Math.min(...limits) / 8));
}

/** What may be spent, and how fast. */
export const limitRules = ({ budgets, limits, providers }: Config, pricer: Pricer): LimitRules => ({
  budgets,
  rates: limits,
  providers: new Map([...providers.values()].flatMap((provider) => (provider.limits ? [[provider.name, provider.limits]] : []))),
  pricer,
});

/** What a provider is called with that nobody else may see. Shorter ones could be words of any sentence. */
export const secretsOf = ({ keys, headers }: Provider): readonly string[] =>
  [
    ...keys,
    ...Object.entries(headers).flatMap(([name, value]) => (/auth|key|token|secret/.test(name) ? [value, value.replace(/^\w+ +/, '')] : [])),
  ].filter((secret) => secret.length >= 8);
