import { isDeepStrictEqual } from 'node:util';
import { isObject, type Json, type JsonObject, objectOf } from '../model/json.ts';
import { formatUsd, type Money, zero } from '../model/money.ts';
import type { Usage } from '../model/usage.ts';
import { arithmetic } from './arithmetic.ts';
import { BILL_STATUSES, type Bill, type BillStatus } from './bill.ts';
import { compileBook } from './book.ts';
import { isCounted } from './case-counted.ts';
import { partsOf } from './case-parts.ts';
import { caseName, isByModality, ratesFrom } from './case-rates.ts';
import { type Decimal, decimal, dollars, plain, times, whole } from './decimal.ts';
import { priceOf } from './price.ts';
import type { PriceSheet } from './sheet.ts';

/** Reads a provider's usage object into meters, given the cache lifetimes the request asked for (`5m`, `1h`). */
export type ReadUsage = (wire: JsonObject, seen: { readonly provider: string; readonly cacheTtls: readonly string[] }) => Usage;

/** What a case comes to: `usd` is `null` where there is no total. */
export interface CaseResult {
  readonly status: BillStatus;
  readonly usd: string | null;
  readonly pico_usd?: string;
  /** With `partial`: what is certain, and what has no price. */
  readonly usd_lower_bound?: string;
  readonly unpriced?: { readonly [what: string]: number };
}

/** Works out one case of `headgate-golden-costs/1`: usage and rates in, the fields of its `expected` out. */
export function priceCase(wire: Json, readUsage: ReadUsage): CaseResult {
  const golden = objectOf(wire);
  const parts = partsOf(golden);
  if (golden['api'] === 'aggregate' && !parts.some(({ usage }) => isObject(usage))) return total(golden, parts);
  const inferences = inferencesOf(golden, parts);
  if (inferences.length === 0 && parts.length === 0) {
    const { usage = list(golden['events']).length > 0 ? null : undefined } = golden;
    if (usage === undefined && !isObject(golden['fee_quantities']))
      throw new RangeError('a case must have usage, events, attempts_or_parts or fee_quantities');
    // An answer that came and reported nothing, and that nobody counted: not free, but unknown.
    if (usage === null && !failed(golden)) return { status: 'unpriced', usd: null };
  }
  return result(
    [
      ...inferences.flatMap((inference) => billsOf(inference, readUsage)),
      ...[golden, ...parts].flatMap((item) => feeBill(item, golden)),
      sumsBill(parts.filter(isSum)),
      unknownBill(parts.filter((part) => !isSum(part) && isUnreported(part, toldBy(golden)))),
    ],
    isCounted(golden, reportedBy(golden)),
  );
}

const failed = (golden: JsonObject): boolean =>
  [golden['status'], objectOf(golden['response_meta'])['status']].some((status) => typeof status === 'number' && status >= 400);

/** One inference of a case: its usage, and all that decides its price. */
interface Inference {
  readonly provider: string;
  readonly model: string;
  readonly usage: JsonObject;
  readonly rates: JsonObject;
  readonly ratesByModel: JsonObject;
  /** Tier as the answer says it apart from its usage. */
  readonly tier: string | undefined;
  /** Then the lines' own word for their tier says nothing. */
  readonly batch: boolean;
  readonly cacheTtls: readonly string[];
  /** Where the fees of server tools stand: beside the usage, or in it with these prices. */
  readonly fees: JsonObject | undefined;
  readonly factor: Decimal;
  readonly times: number;
}

function inferencesOf(golden: JsonObject, parts: readonly JsonObject[]): Inference[] {
  const told = toldBy(golden);
  // Where the attempts tell the answer's usage too, all of it is in them.
  const own = parts.some(({ usage, model }) => told && model === undefined && isDeepStrictEqual(usage, told)) ? undefined : told;
  const ratesByModel = {
    ...objectOf(golden['rates_by_model']),
    ...Object.fromEntries(
      parts.flatMap((part) => (typeof part['model'] === 'string' && ratesOf(part) ? [[part['model'], ratesOf(part)!]] : [])),
    ),
  };
  // Sub-inferences listed apart are not read from the iterations again.
  const listed = parts.some(({ usage, type, kind }) => isObject(usage) && SUB_INFERENCES.has(String(type ?? kind)));
  const batch = golden['channel'] === 'batch';
  const inferenceOf = (part: JsonObject, usage: JsonObject): Inference => {
    const served = text(objectOf(part['response_meta'])['model']);
    const model = String((served !== undefined && isObject(ratesByModel[served]) ? served : undefined) ?? part['model'] ?? golden['model']);
    const provider = text(part['provider']) ?? String(golden['provider']);
    return {
      provider: provider === 'openai' || provider === 'anthropic' ? provider : looksAnthropic(usage, model) ? 'anthropic' : 'openai',
      model,
      usage: listed ? without(usage, 'iterations') : usage,
      // Fast answers are not sold in batches.
      rates:
        batch && usage['speed'] === 'fast'
          ? {}
          : (ratesOf(part) ?? (isObject(ratesByModel[model]) ? ratesByModel[model] : objectOf(golden['rates_usd_per_mtok']))),
      ratesByModel,
      tier: text(objectOf(part['response_meta'])['service_tier']) ?? text(part['service_tier']),
      batch,
      cacheTtls: list(objectOf(part['request'] ?? golden['request'])['cache_ttls']).map(String),
      fees:
        isObject(part['fee_quantities']) || isObject(golden['fee_quantities'])
          ? undefined
          : objectOf(part['fees_usd'] ?? golden['fees_usd']),
      factor: decimal(plain(String(part['token_multiplier'] ?? golden['token_multiplier'] ?? '1')), 'token_multiplier'),
      times: typeof part['count'] === 'number' ? part['count'] : 1,
    };
  };
  return [
    ...(own ? [inferenceOf(golden, own)] : []),
    // The answer's own iteration is the top-level usage said again.
    ...parts.flatMap((part) => (isObject(part['usage']) && !(own && part['type'] === 'message') ? [inferenceOf(part, part['usage'])] : [])),
  ];
}

const SUB_INFERENCES: ReadonlySet<string> = new Set(['compaction', 'advisor_message', 'fallback_message', 'message']);

const ratesOf = (part: JsonObject): JsonObject | undefined =>
  [part['rates'], part['rates_usd_per_mtok']].find((rates) => isObject(rates)) as JsonObject | undefined;

const looksAnthropic = (usage: JsonObject, model: string): boolean =>
  model.startsWith('claude') ||
  ['cache_creation_input_tokens', 'cache_read_input_tokens', 'cache_creation', 'server_tool_use', 'inference_geo'].some(
    (name) => name in usage,
  );

/** The usage of the case's answer: its own, or what its events reported. */
const toldBy = (golden: JsonObject): JsonObject | undefined =>
  isObject(golden['usage']) && Object.keys(golden['usage']).length > 0 ? golden['usage'] : reportedBy(golden);

/**
 * Whether an attempt was answered, or given up, and nobody knows what it took. One that failed is free; one that has
 * no word of usage may be that whose usage the case tells.
 */
function isUnreported({ usage, status, aborted, cancelled }: JsonObject, told: JsonObject | undefined): boolean {
  if (isObject(usage) || (usage === undefined && told)) return false;
  if (typeof status === 'number' && status > 0) return status < 400;
  return aborted === true || cancelled === true || GIVEN_UP_OR_ANSWERED.has(String(status));
}

const GIVEN_UP_OR_ANSWERED: ReadonlySet<string> = new Set(['aborted', 'cancelled', 'canceled', 'ok', 'succeeded', 'completed']);

const unknownBill = (attempts: readonly JsonObject[]): Bill => ({
  status: 'exact',
  cost: null,
  floor: zero,
  unpriced: attempts.length > 0 ? { calls: attempts.length } : {},
  assumed: [],
});

/** What a stream reported: of each field what it said last; nulls say nothing. */
function reportedBy(golden: JsonObject): JsonObject | undefined {
  const merged: Record<string, Json> = {};
  for (const event of list(golden['events']).map(objectOf)) {
    const usage = event['usage'] ?? objectOf(event['message'] ?? event['response'])['usage'];
    for (const [name, value] of Object.entries(objectOf(usage))) if (value !== null) merged[name] = value;
  }
  return Object.keys(merged).length > 0 ? merged : undefined;
}

function billsOf(inference: Inference, readUsage: ReadUsage): Bill[] {
  const { provider, model, usage: wire, cacheTtls, factor } = inference;
  const byModality = isByModality(wire);
  const read = readUsage(wire, { provider: byModality ? 'modalities' : provider, cacheTtls });
  const sold = byModality ? read : picturesOf(read, inference.rates);
  // The region's factor is the case's, and fees come after it.
  const { fees, region: _, tier: told = inference.tier, ...rest } = imagesOf(sold, inference.rates);
  const tier = inference.batch ? 'batch' : told;
  const book = compileBook([sheetOf(inference)]);
  const sale = { sellers: ['case'], model, channel: 'sync', atMs: 0 } as const;
  const tokens = priceOf(book, { ...rest, ...(tier !== undefined && { tier }) }, sale);
  const floor = scaled(tokens.floor, factor) * BigInt(inference.times);
  return [{ ...tokens, floor: floor as Money }, ...(fees && inference.fees ? [usesBill(fees, inference.fees)] : [])];
}

/** A model that sells nothing but images writes nothing else, though its usage says `output_tokens`. */
function imagesOf(usage: Usage, rates: JsonObject): Usage {
  const { output, ...others } = usage.tokens;
  const priced = ratesFrom(rates, 'openai');
  return output === undefined || priced.output !== undefined || priced.imageOutput === undefined
    ? usage
    : { ...usage, tokens: { ...others, imageOutput: (others.imageOutput ?? 0) + output } };
}

/** A model that sells no images takes those in its prompt at the price of the prompt. */
function picturesOf(usage: Usage, rates: JsonObject): Usage {
  const { input = 0, imageInput, ...others } = usage.tokens;
  const priced = ratesFrom(rates, 'openai');
  return imageInput === undefined || priced.input === undefined || priced.imageInput !== undefined || priced.imageOutput !== undefined
    ? usage
    : { ...usage, tokens: { input: input + imageInput, ...others } };
}

const scaled = (money: Money, { value, scale }: Decimal): bigint =>
  whole({ value: money * value, scale }, 0, 'the tokens times token_multiplier');

/**
 * The case's rates are those of the tier that served it, whichever that was; of tiers sold by
 * commitment (OpenAI's `scale`, Anthropic's `priority`) there is no price per token.
 */
function sheetOf({ provider, model, rates, ratesByModel }: Inference): PriceSheet {
  const words =
    provider === 'anthropic'
      ? ['standard', 'standard_only', 'default', 'auto', 'batch', 'fast']
      : ['default', 'standard', 'auto', 'flex', 'priority', 'fast', 'ultrafast', 'batch'];
  const tiersOf = (its: JsonObject) => {
    const over = its['long_context_over_tokens'];
    const long = its['long_context'];
    const bands = over !== undefined && over !== null && { over: { [String(over)]: isObject(long) ? ratesFrom(long, provider) : null } };
    return { standard: { rates: ratesFrom(its, provider), ...bands } };
  };
  return {
    seller: 'case',
    source: 'the case',
    checked_on: '2026-11-23',
    tier_words: Object.fromEntries(words.map((word) => [word, 'standard'])),
    models: [
      { model, tiers: tiersOf(rates) },
      ...Object.entries(ratesByModel).flatMap(([name, its]) => (name === model ? [] : [{ model: name, tiers: tiersOf(objectOf(its)) }])),
    ],
  };
}

/** Server-tool uses that the usage tells, at the case's prices, whichever way they are named; fetches are free. */
function usesBill(uses: NonNullable<Usage['fees']>, prices: JsonObject): Bill {
  const stems = Object.entries(prices).map(([name, usd]) => [stemOf(name), usd] as const);
  const quantities = Object.entries(uses).map(([name, quantity]): [string, number, Json | undefined] => [
    name,
    quantity,
    stems.find(([stem]) => stem === stemOf(name))?.[1] ?? (stemOf(name) === 'web_fetch' ? '0' : undefined),
  ]);
  return chargesBill(quantities);
}

const stemOf = (name: string): string => name.replace(/_(requests?|calls?|per_call|per_request|per_use|uses?)$/, '').replace(/_per$/, '');

/** The fees of a case, or of one of its attempts, where quantities stand beside the usage. */
function feeBill(item: JsonObject, golden: JsonObject): Bill[] {
  if (!isObject(item['fee_quantities'])) return [];
  const prices = objectOf(item['fees_usd'] ?? golden['fees_usd']);
  return [chargesBill(Object.entries(item['fee_quantities']).map(([name, quantity]) => [name, quantity, prices[name]]))];
}

/** Pieces may be fractions (half an hour), so they are multiplied as decimals. */
function chargesBill(charges: readonly (readonly [name: string, quantity: Json, usd: Json | undefined])[]): Bill {
  let floor = 0n;
  const unpriced: Record<string, number> = {};
  for (const [name, quantity, usd] of charges) {
    const pieces = decimal(plain(String(quantity)), `fee_quantities.${name}`);
    if (typeof usd === 'string' || typeof usd === 'number') floor += dollars(times(decimal(plain(usd), `fees_usd.${name}`), pieces), name);
    else if (pieces.value > 0n) unpriced[name] = Number(quantity);
  }
  return { status: 'exact', cost: null, floor: floor as Money, unpriced, assumed: [] };
}

/** Aggregates come as sums already made, or as arithmetic alone. */
function total(golden: JsonObject, parts: readonly JsonObject[]): CaseResult {
  const sums = parts.filter(isSum);
  if (sums.length === 0) return exact(arithmetic(String(golden['arithmetic_micro_usd']), 6));
  const { floor, unpriced } = sumsBill(sums);
  return Object.keys(unpriced).length === 0 ? exact(floor) : { status: 'partial', usd: null, usd_lower_bound: formatUsd(floor), unpriced };
}

const isSum = ({ usage, usd }: JsonObject): boolean => !isObject(usage) && usd !== undefined;

/** Parts that say their dollars, `null` where there is no price. */
function sumsBill(parts: readonly JsonObject[]): Bill {
  const known = parts.filter(({ usd }) => usd !== null);
  const floor = known.reduce((sum, { usd, count }) => sum + signed(String(usd)) * BigInt(typeof count === 'number' ? count : 1), 0n);
  return { ...unknownBill(parts.filter(({ usd }) => usd === null)), floor: floor as Money };
}

/** Corrections may be negative. */
const signed = (usd: string): bigint =>
  usd.startsWith('-') ? -dollars(decimal(plain(usd.slice(1)), 'usd'), 'usd') : dollars(decimal(plain(usd), 'usd'), 'usd');

const exact = (money: bigint): CaseResult => ({ status: 'exact', usd: formatUsd(money as Money), pico_usd: money.toString() });

function result(bills: readonly Bill[], counted: boolean): CaseResult {
  const floor = bills.reduce((sum, bill) => sum + bill.floor, 0n) as Money;
  const unpriced: Record<string, number> = {};
  for (const bill of bills) {
    for (const [what, count] of Object.entries(bill.unpriced)) unpriced[caseName(what)] = (unpriced[caseName(what)] ?? 0) + count;
  }
  if (Object.keys(unpriced).length > 0) {
    return floor === zero
      ? { status: 'unpriced', usd: null }
      : { status: 'partial', usd: null, usd_lower_bound: formatUsd(floor), unpriced };
  }
  const worst = Math.max(0, ...bills.map(({ status }) => BILL_STATUSES.indexOf(status)));
  return { ...exact(floor), status: counted ? 'estimated' : BILL_STATUSES[worst]! };
}

const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const text = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);
const without = (value: JsonObject, key: string): JsonObject => Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
