import type { Money } from '../model/money.ts';
import { CACHE_LIVES, cacheWriteTokens, type Meter, type Tokens, type Usage } from '../model/usage.ts';
import type { Pricer, Sold } from './pricer.ts';
import type { UsageRecord } from './record.ts';
import { type ReadWire, usageOf } from './reprice.ts';
import { byItself, uncached } from './saved.ts';

/** Other choices than were made, as far as prices can tell what they would have cost. */
export interface OtherChoices {
  readonly model?: { readonly provider: string; readonly model: string };
  readonly batch?: true;
  /** Another tier, in the vendor's words. */
  readonly tier?: string;
  /** `off`: nothing cached. A share from 0 to 1: so much of each question is a prefix, written once and read until it is forgotten, where the model caches one so short. */
  readonly caching?: 'off' | number;
}

/** What a row cost, and what it would have. */
export interface WhatIf {
  readonly actual: Money;
  readonly other: Money;
}

/** Why a row is in neither sum: it has no price, or would have none. */
export type Excluded = 'unpriced' | 'otherUnpriced';

/** A prefix's shortest life at each vendor, and what writing it is billed as: Anthropic's 5 minutes, OpenAI's 30. */
const SHORTEST = {
  anthropic: { meter: 'cacheWrite5m', lifeMs: 300_000 },
  openai: { meter: 'cacheWrite30m', lifeMs: 1_800_000 },
} as const satisfies Record<string, { readonly meter: Meter; readonly lifeMs: number }>;

/** Works rows out under other choices. They must come in the order of their time where `caching` is a share. */
export function createWhatIf(
  { model: instead, batch, tier, caching }: OtherChoices,
  rooms: {
    readonly pricer: Pricer;
    readonly readWire: ReadWire;
    readonly vendorOf: (provider: string) => 'openai' | 'anthropic' | 'other' | undefined;
    /** The fewest tokens of a prefix that the model caches; undefined: it is not known, and then any number will do. */
    readonly cacheMinTokens: (provider: string, model: string) => number | undefined;
  },
): (record: UsageRecord) => WhatIf | Excluded {
  const { pricer, readWire, vendorOf, cacheMinTokens } = rooms;
  /** When a prefix of these was last used. */
  const lastMs = new Map<string, number>();

  return (record) => {
    if (record.cost === null) return 'unpriced';
    const usage = record.measured === 'nothing' ? undefined : usageOf(record, readWire);
    if (!usage) return { actual: record.cost, other: record.cost };
    const { provider, model } = instead ?? record;
    const vendor = vendorOf(provider);
    const elsewhere = vendor !== vendorOf(record.provider);
    const shortest = vendor === 'anthropic' || vendor === 'openai' ? SHORTEST[vendor] : undefined;
    const atMs = record.endedAtMs - record.durationMs;
    let other = elsewhere ? withoutPlace(usage) : usage;
    if (batch) other = byItself(other);
    if (tier !== undefined) other = { ...other, tier };
    if (caching !== undefined) other = uncached(other);
    else if (elsewhere && shortest) other = writtenAs(other, shortest.meter);
    const prefix = typeof caching === 'number' ? Math.floor((other.tokens.input ?? 0) * caching) : 0;
    if (prefix > 0 && prefix >= (cacheMinTokens(provider, model) ?? 0)) {
      const key = `${provider}\n${model}\n${record.feature ?? ''}`;
      const there = atMs - (lastMs.get(key) ?? Number.NEGATIVE_INFINITY) <= (shortest?.lifeMs ?? 0);
      lastMs.set(key, atMs);
      other = prefixed(other, prefix, there ? 'cacheRead' : (shortest?.meter ?? 'input'));
    }
    const cost = costOf(other, { provider, model, channel: batch ? 'batch' : record.channel, atMs }, pricer);
    return cost === null ? 'otherUnpriced' : { actual: record.cost, other: cost };
  };
}

/** Some models take nothing for writing a prefix beyond the tokens: what has no price as a write is fresh input. */
function costOf(usage: Usage, sold: Sold, pricer: Pricer): Money | null {
  return pricer.bill(usage, sold, false).cost ?? pricer.bill(writtenAs(usage, 'input'), sold, false).cost;
}

/** A tier or region of one vendor is none of another. */
const withoutPlace = ({ tier: _, region: __, ...usage }: Usage): Usage => usage;

/** So many tokens of the question as a prefix. */
const prefixed = (usage: Usage, prefix: number, meter: Meter): Usage => ({
  ...usage,
  tokens: moved({ ...usage.tokens, input: (usage.tokens.input ?? 0) - prefix }, meter, prefix),
});

/** All that was written to a cache, billed as something else: lives of prefixes are each vendor's own. */
function writtenAs(usage: Usage, meter: Meter): Usage {
  const as = (tokens: Tokens): Tokens => {
    const rest: { -readonly [M in Meter]?: number } = { ...tokens };
    for (const life of CACHE_LIVES) delete rest[life.meter];
    return moved(rest, meter, cacheWriteTokens({ tokens }));
  };
  return {
    ...usage,
    tokens: as(usage.tokens),
    ...(usage.parts && { parts: usage.parts.map((part) => ({ ...part, tokens: as(part.tokens) })) }),
  };
}

const moved = (tokens: Tokens, to: Meter, count: number): Tokens => (count === 0 ? tokens : { ...tokens, [to]: (tokens[to] ?? 0) + count });
