import type { UsageRecord } from '../../accounting/record.ts';
import type { Money } from '../../model/money.ts';
import { FAMILIES } from './families.ts';
import { OUTCOMES, type Outcome } from './outcome.ts';
import { type Histogram, labelText, type Registry, type Value } from './registry.ts';

/** The label of what has no feature, and of what came after a label had all the values it may have. */
export const NO_FEATURE = '__none__';
export const OTHER = '__other__';

/** Most features, and most models, that get a label value of their own. */
const FEATURES_MAX = 200;
const MODELS_MAX = 200;

/**
 * New models get series while less than this share of all lines is taken, new features and tiers a while
 * longer. The rest is for what must never be refused: the `__other__` series that take the overflow.
 */
const FULL_FOR_MODELS = 0.5;
const FULL_FOR_FEATURES = 0.8;

const TOKEN_KINDS = ['fresh', 'cache_read', 'cache_write', 'output'] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];

/** The series of one model at one provider. */
export interface Upstream {
  readonly provider: string;
  readonly model: string;
  readonly unpriced: Value;
  readonly duration: Histogram;
  readonly firstToken: Histogram;
  /** By feature. */
  readonly accounts: Map<string, Account>;
}

/** The series of one feature at one model of one provider. */
export interface Account {
  readonly upstream: Upstream;
  readonly feature: string;
  readonly requests: Readonly<Record<Outcome, Value>>;
  readonly tokens: Readonly<Record<TokenKind, Value>>;
  readonly reasoning: Value;
  readonly starved: Value;
  /** By tier. */
  readonly cost: Map<string, Value<Money>>;
}

/** What decides where a record is counted. */
export type Counted = Pick<UsageRecord, 'provider' | 'model' | 'feature'>;

export interface Accounts {
  /** Where to count a record. All series of an account stand at 0 from the moment it is first asked for. */
  of(record: Counted): Account;
  /** Where to count what a record cost, by the tier that served it. */
  cost(account: Account, record: Pick<UsageRecord, 'tier' | 'channel'>): Value<Money>;
}

/**
 * Gives every provider, model and feature its series, within bounds: what callers invent must not fill
 * Prometheus. `linesMax`: lines of the whole exposition, kept whatever callers do.
 */
export function createAccounts(registry: Registry, linesMax: number): Accounts {
  const upstreams = new Map<string, Map<string, Upstream>>();
  const models = new Set<string>();
  const features = new Set<string>();
  const overflow = {
    model: registry.number(FAMILIES.overflow, 'model'),
    feature: registry.number(FAMILIES.overflow, 'feature'),
    tier: registry.number(FAMILIES.overflow, 'tier'),
  };
  const lessThan = (share: number) => registry.size < linesMax * share;

  function upstreamOf(provider: string, model: string): Upstream {
    const known = upstreams.get(provider)?.get(model);
    if (known) return known;
    if (lessThan(FULL_FOR_MODELS) && takes(models, model, MODELS_MAX)) return openUpstream(provider, model);
    overflow.model.value += 1;
    return upstreams.get(OTHER)?.get(OTHER) ?? openUpstream(OTHER, OTHER);
  }

  function openUpstream(provider: string, model: string): Upstream {
    registry.number(FAMILIES.breaker, `${provider}/${model}`);
    const upstream: Upstream = {
      provider,
      model,
      unpriced: registry.number(FAMILIES.unpriced, provider, model),
      duration: registry.histogram(FAMILIES.duration, provider, model),
      firstToken: registry.histogram(FAMILIES.firstToken, provider, model),
      accounts: new Map(),
    };
    const siblings = upstreams.get(provider) ?? new Map<string, Upstream>();
    upstreams.set(provider, siblings.set(model, upstream));
    return upstream;
  }

  function accountOf(upstream: Upstream, feature: string): Account {
    const known = upstream.accounts.get(feature);
    if (known) return known;
    if (lessThan(FULL_FOR_FEATURES) && takes(features, feature, FEATURES_MAX)) return openAccount(upstream, feature);
    overflow.feature.value += 1;
    return upstream.accounts.get(OTHER) ?? openAccount(upstream, OTHER);
  }

  function openAccount(upstream: Upstream, feature: string): Account {
    const names = [upstream.provider, upstream.model, feature] as const;
    const account: Account = {
      upstream,
      feature,
      requests: byName(OUTCOMES, (outcome) => registry.number(FAMILIES.requests, ...names, outcome)),
      tokens: byName(TOKEN_KINDS, (kind) => registry.number(FAMILIES.tokens, ...names, kind)),
      reasoning: registry.number(FAMILIES.reasoning, ...names),
      starved: registry.number(FAMILIES.starved, ...names),
      cost: new Map([[PLAIN, registry.money(FAMILIES.cost, ...names, PLAIN)]]),
    };
    upstream.accounts.set(feature, account);
    return account;
  }

  function costOf(account: Account, tier: string): Value<Money> {
    const { upstream, feature, cost } = account;
    const known = cost.get(tier);
    if (known) return known;
    if (tier !== OTHER && !(TIERS.has(tier) && lessThan(FULL_FOR_FEATURES))) {
      overflow.tier.value += 1;
      return costOf(account, OTHER);
    }
    const value = registry.money(FAMILIES.cost, upstream.provider, upstream.model, feature, tier);
    cost.set(tier, value);
    return value;
  }

  return {
    of({ provider, model, feature = NO_FEATURE }) {
      const account = upstreams.get(provider)?.get(model)?.accounts.get(feature);
      return account ?? accountOf(upstreamOf(labelText(provider), labelText(model)), labelText(feature));
    },
    cost: (account, record) => costOf(account, tierOf(record)),
  };
}

/** Whether a name is one of at most `max`; a new one becomes one while there is room. */
function takes(names: Set<string>, name: string, max: number): boolean {
  if (!names.has(name) && names.size >= max) return false;
  names.add(name);
  return true;
}

/** Vendors have several words for the plain tier, and a batch's lines come back with the plain one: how it was bought decides. */
const tierOf = ({ tier, channel }: Pick<UsageRecord, 'tier' | 'channel'>): string =>
  channel === 'batch' ? 'batch' : tier === undefined || PLAIN_WORDS.has(tier) ? PLAIN : tier;

const PLAIN = 'standard';
const PLAIN_WORDS = new Set(['standard', 'default', 'auto']);
/** A provider's word is a label only when it is one of these; any other is `__other__`. */
const TIERS = new Set(['batch', 'flex', 'priority', 'fast', 'scale']);

const byName = <N extends string, V>(names: readonly N[], make: (name: N) => V) =>
  Object.fromEntries(names.map((name) => [name, make(name)])) as Record<N, V>;
