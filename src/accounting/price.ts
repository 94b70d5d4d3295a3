import type { Money, Rates } from '../model/money.ts';
import { inputTokens, type Meter, type Tokens, type Usage } from '../model/usage.ts';
import type { Bill, BillStatus, Channel, Line, Unpriced } from './bill.ts';
import type { PriceBook, Seller, Tariff } from './book.ts';

/** What decides a price besides the tokens: always what served the call, never what was asked for. */
export interface Sale {
  /** Whose prices hold, first that is in the book: the provider by its own name, then its vendor. */
  readonly sellers: readonly string[];
  readonly model: string;
  readonly channel: Channel;
  readonly atMs: number;
  /** Where it was processed, where the provider's address says and the answer does not. */
  readonly region?: string;
}

/** The tariff of a sale, or why there is none. */
export type Found =
  | { readonly tariff: Tariff; readonly fees: Fees; readonly assumed: readonly string[] }
  | { readonly tariff: null; readonly fees: Fees; readonly reason: Unpriced };
type Fees = ReadonlyMap<string, Money>;

/** What the usage costs at the book's prices. `counted`: the tokens are our own estimate. */
export const priceOf = (book: PriceBook, usage: Usage, sale: Sale, counted = false): Bill =>
  billOf((model) => findTariff(book, { ...sale, model }, usage.tier, usage.region), usage, sale.model, counted);

/** Every line of the bill that `priceOf` makes, in the order of the meters. */
export const linesOf = (book: PriceBook, usage: Usage, sale: Sale): Line[] =>
  linesBy((model) => findTariff(book, { ...sale, model }, usage.tier, usage.region), usage, sale.model);

/** The lines of `billOf`'s bill. */
export function linesBy(find: (model: string) => Found, usage: Usage, soldModel: string): Line[] {
  const lines: Line[] = [];
  const add = (found: Found, tokens: Tokens, model: string, part?: string) => {
    const rates = ratesFor(found, tokens);
    for (const [meter, quantity] of Object.entries(tokens)) {
      lines.push(line(meter, model, quantity, rates?.[meter as Meter], part));
    }
  };
  const own = find(soldModel);
  add(own, usage.tokens, soldModel);
  for (const { kind, model = soldModel, tokens } of usage.parts ?? []) add(find(model), tokens, model, kind);
  for (const [name, quantity] of Object.entries(usage.fees ?? {})) lines.push(line(name, soldModel, quantity, own.fees.get(name)));
  return lines;
}

const line = (what: string, model: string, quantity: number, rate: Money | undefined, part?: string): Line => ({
  what,
  model,
  ...(part !== undefined && { part }),
  quantity,
  rate: rate ?? null,
  cost: rate === undefined || !Number.isSafeInteger(quantity) || quantity < 0 ? null : ((BigInt(quantity) * rate) as Money),
});

/** The tariff that held for the sale; `tier` and `region` in the provider's own words. */
export function findTariff(book: PriceBook, sale: Sale, tier: string | undefined, region: string | undefined): Found {
  let fees: Fees = new Map();
  for (const name of sale.sellers) {
    const seller = book.sellers.get(name);
    if (!seller) continue;
    fees = seller.fees;
    const era = seller.models.get(sale.model)?.find(({ fromMs }) => fromMs <= sale.atMs);
    if (!era) continue;
    const served = tierOf(seller, sale.channel, tier);
    const tariffs = served && era.tiers.get(served.tier);
    if (!tariffs) return { tariff: null, fees, reason: 'no_tier' };
    const tariff = tariffs.get(regionOf(seller, region ?? sale.region));
    if (!tariff) return { tariff: null, fees, reason: 'no_region' };
    return { tariff, fees, assumed: [...served.assumed, ...(tariff.unsure === undefined ? [] : [tariff.unsure])] };
  }
  return { tariff: null, fees, reason: 'no_model' };
}

// A batch's lines come back saying `service_tier: default`; how it was bought decides.
function tierOf(seller: Seller, channel: Channel, word: string | undefined): { tier: string; assumed: readonly string[] } | undefined {
  // Fast answers are not sold in batches: whatever that was, it has no price.
  if (channel === 'batch') return word === 'fast' ? undefined : { tier: 'batch', assumed: [] };
  if (word === undefined) return { tier: 'standard', assumed: [] };
  const tier = seller.tierWords.get(word);
  if (tier !== undefined) return { tier, assumed: [] };
  const likely = seller.vagueTierWords.get(word);
  return likely === undefined ? undefined : { tier: likely, assumed: [`tier:${likely}`] };
}

const regionOf = (seller: Seller, word: string | undefined): string => (word === undefined || seller.plainRegions.has(word) ? '' : word);

/** Adds up a bill, with `find` giving each model's tariff. Token for token the same as `linesOf`. */
export function billOf(find: (model: string) => Found, usage: Usage, model: string, counted: boolean): Bill {
  const own = find(model);
  const sum: Sum = { floor: 0n, priced: false, unpriced: undefined, reason: undefined, assumed: usage.assumed ?? [] };
  addTokens(sum, own, usage.tokens);
  if (usage.parts) for (const part of usage.parts) addTokens(sum, part.model === undefined ? own : find(part.model), part.tokens);
  for (const name in usage.fees) addCharge(sum, name, usage.fees[name] ?? 0, own.fees.get(name), 'no_rate_for_meter');

  const { floor, unpriced, reason, assumed } = sum;
  if (unpriced && reason)
    return { status: sum.priced ? 'partial' : 'unpriced', cost: null, floor: floor as Money, unpriced, reason, assumed };
  const status: BillStatus = counted ? 'estimated' : assumed.length > 0 ? 'assumed' : 'exact';
  return { status, cost: floor as Money, floor: floor as Money, unpriced: nothing, assumed };
}

const nothing = {};

interface Sum {
  floor: bigint;
  priced: boolean;
  unpriced: Record<string, number> | undefined;
  reason: Unpriced | undefined;
  assumed: readonly string[];
}

function addTokens(sum: Sum, found: Found, tokens: Tokens): void {
  const rates = ratesFor(found, tokens);
  const reason = found.tariff === null ? found.reason : rates === null ? 'no_rate_for_band' : 'no_rate_for_meter';
  let some = false;
  for (const meter in tokens) {
    const count = tokens[meter as Meter] ?? 0;
    if (count === 0) continue;
    some = true;
    addCharge(sum, meter, count, rates?.[meter as Meter], reason);
  }
  if (some && found.tariff && found.assumed.length > 0) sum.assumed = [...new Set([...sum.assumed, ...found.assumed])];
}

function addCharge(sum: Sum, what: string, quantity: number, rate: Money | undefined, reason: Unpriced): void {
  if (quantity === 0) return;
  const countable = Number.isSafeInteger(quantity) && quantity > 0;
  if (rate !== undefined && countable) {
    sum.floor += BigInt(quantity) * rate;
    sum.priced = true;
    return;
  }
  sum.unpriced ??= {};
  sum.unpriced[what] = (sum.unpriced[what] ?? 0) + quantity;
  sum.reason ??= countable ? reason : 'not_a_count';
}

/** The band's rates: a longer prompt moves the whole request, what the model wrote included. `null`: none are known. */
function ratesFor({ tariff }: Found, tokens: Tokens): Rates | null {
  if (!tariff) return null;
  const { bands } = tariff;
  let band = bands[0];
  if (bands.length > 1) {
    const prompt = inputTokens({ tokens });
    for (const candidate of bands) if (prompt > candidate.over) band = candidate;
  }
  return band?.rates ?? null;
}
