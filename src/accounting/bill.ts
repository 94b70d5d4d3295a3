import type { Money } from '../model/money.ts';
import type { Meter, UsagePart } from '../model/usage.ts';

/** What calls are sold through: one at a time, or collected into a batch at a discount. */
export type Channel = 'sync' | 'batch';

/**
 * How far a bill may be trusted. `exact`: reported counts at known rates. `assumed`: the same, but a
 * detail that changes the price had to be assumed. `estimated`: we counted the tokens ourselves.
 * `partial`: some of it has no price, so there is a floor but no total. `unpriced`: none of it has.
 */
export const BILL_STATUSES = ['exact', 'assumed', 'estimated', 'partial', 'unpriced'] as const;
export type BillStatus = (typeof BILL_STATUSES)[number];

/** Why something has no price. */
export type Unpriced =
  /** Neither the provider's sheet nor its vendor's names the model at that time; or it is a simulator's. */
  | 'no_model'
  | 'no_tier'
  | 'no_region'
  /** The model has longer prompts' rates in other tiers, but none are published for this one. */
  | 'no_rate_for_band'
  | 'no_rate_for_meter'
  /** A count that is no whole number of 0 or more: the provider's usage is broken. */
  | 'not_a_count'
  /** Words were delivered, but nobody counted the tokens. */
  | 'no_usage';

/** What an attempt cost, and how sure that is. */
export interface Bill {
  readonly status: BillStatus;
  /** `null` when any of it has no price: unknown is never zero. */
  readonly cost: Money | null;
  /** What it cost at the least: `cost`, or the priced part of it. */
  readonly floor: Money;
  /** Quantities without a rate, by meter or fee. */
  readonly unpriced: { readonly [what: string]: number };
  readonly reason?: Unpriced;
  readonly assumed: readonly string[];
}

/** One line of an explained bill. Lines add up to `floor` exactly. */
export interface Line {
  readonly what: Meter | (string & {});
  readonly model: string;
  /** Set when it was another inference than the answer's own. */
  readonly part?: UsagePart['kind'];
  readonly quantity: number;
  /** Picodollars each; `null`: no price is known. */
  readonly rate: Money | null;
  readonly cost: Money | null;
}
