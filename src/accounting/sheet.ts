import type { Meter } from '../model/usage.ts';

/**
 * One seller's prices as written down: plain JSON, checked by `compileBook`. Amounts are decimal strings
 * in US dollars; nothing is a multiple of something else, because vendors change one number at a time.
 */
export interface PriceSheet {
  /** Whose prices: a vendor (`openai`, `anthropic`), or one provider by the name it is configured under. */
  readonly seller: string;
  /** Where the prices were read, and when (`2026-11-23`). An entry may say otherwise. */
  readonly source: string;
  readonly checked_on: string;
  /** The seller's words for a tier, as answers say them, and the tier they mean here. */
  readonly tier_words: Words;
  /** Words that leave the tier open, and the one then assumed. */
  readonly vague_tier_words?: Words;
  /** Words for where it was processed that never change the price. */
  readonly plain_regions?: readonly string[];
  /** Dollars for each use of a server-side tool, by the wire's own name. Not multiplied by tier or region. */
  readonly fees?: { readonly [name: string]: string };
  readonly models: readonly PricedModel[];
}

type Words = { readonly [word: string]: string };

/** A model's prices from a day on. A later entry for the same name replaces an earlier one. */
export interface PricedModel {
  readonly model: string;
  /** Other names of the very same thing. Exact: there is no prefix match, ever. */
  readonly aliases?: readonly string[];
  /** First moment it holds, UTC: `2026-10-07`, or a full hour (`2026-10-07T12:00Z`). Absent: since ever. */
  readonly from?: string;
  readonly tiers: { readonly [tier: string]: PricedTier };
  /** Word for a region → factor on every token rate (not on fees), e.g. `{ "us": "1.1" }`. */
  readonly regions?: { readonly [word: string]: string };
  readonly source?: string;
  readonly checked_on?: string;
  /** Why the numbers may be wrong. Bills made from them say `assumed`. */
  readonly unsure?: string;
  readonly note?: string;
}

export interface PricedTier {
  /** Dollars per million tokens. */
  readonly rates: SheetRates;
  /** Other rates for the whole request when its prompt, cache reads and writes included, is longer; `null`: none are published. */
  readonly over?: { readonly [tokens: string]: SheetRates | null };
  readonly unsure?: string;
}

export type SheetRates = { readonly [M in Meter]?: string };
