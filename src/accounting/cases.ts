import type { Json, JsonObject } from '../model/json.ts';
import { formatUsd, type Money, zero } from '../model/money.ts';
import type { Meter, Tokens, Usage } from '../model/usage.ts';
import { arithmetic } from './arithmetic.ts';
import type { Bill, BillStatus } from './bill.ts';
import { compileBook } from './book.ts';
import { decimal, dollars, times } from './decimal.ts';
import { priceOf } from './price.ts';
import type { PriceSheet, SheetRates } from './sheet.ts';

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
  const golden = object(wire);
  if (golden['api'] === 'aggregate') return total(golden);
  const bills = inferencesOf(golden).map((inference) => billOf(golden, inference, readUsage));
  return result(bills, feesOf(golden), isCounted(golden));
}

/** One inference of a case: its usage, and the rates where they are its own. */
interface Inference {
  readonly model: string;
  readonly usage: JsonObject;
  readonly rates: JsonObject;
  readonly times: number;
}

function inferencesOf(golden: JsonObject): Inference[] {
  const model = String(golden['model']);
  const rates = object(golden['rates_usd_per_mtok']);
  const parts = list(golden['attempts_or_parts']).map(object);
  const own = usageOf(golden);
  const inferences: Inference[] = own ? [{ model, usage: own, rates, times: 1 }] : [];
  for (const part of parts) {
    const usage = part['usage'];
    // The answer's own iteration is the top-level usage said again.
    if (!isObject(usage) || (own && part['type'] === 'message')) continue;
    inferences.push({
      model: String(part['model'] ?? model),
      // Sub-inferences listed apart are not read from the iterations again.
      usage,
      rates: isObject(part['rates']) ? part['rates'] : rates,
      times: typeof part['count'] === 'number' ? part['count'] : 1,
    });
  }
  const listed = parts.some((part) => isObject(part['usage']));
  return listed ? inferences.map((inference) => ({ ...inference, usage: without(inference.usage, 'iterations') })) : inferences;
}

/** A stream's usage is what it said last of each field; nulls say nothing. */
function usageOf(golden: JsonObject): JsonObject | undefined {
  const events = list(golden['events']).map(object);
  const merged: Record<string, Json> = {};
  for (const event of events) {
    for (const [name, value] of Object.entries(object(event['usage'] ?? object(event['message'])['usage']))) {
      if (value !== null) merged[name] = value;
    }
  }
  if (Object.keys(merged).length > 0) return merged;
  return isObject(golden['usage']) ? golden['usage'] : undefined;
}

function billOf(golden: JsonObject, { model, usage: wire, rates, times: count }: Inference, readUsage: ReadUsage): Bill {
  const provider = String(golden['provider']);
  const cacheTtls = list(object(golden['request'])['cache_ttls']).map(String);
  const read = readUsage(wire, { provider: rates['input_text'] === undefined ? provider : 'modalities', cacheTtls });
  const tier = read.tier ?? text(object(golden['response_meta'])['service_tier']);
  const { fees: _, region: __, ...rest } = read;
  const usage: Usage = { ...rest, ...(isObject(golden['fee_quantities']) ? {} : fees(read)), ...(tier !== undefined && { tier }) };
  const book = compileBook([sheetOf(golden, model, rates)]);
  const bill = priceOf(book, usage, { sellers: ['case'], model, channel: 'sync', atMs: 0, region: 'case' });
  return { ...bill, floor: (bill.floor * BigInt(count)) as Money };
}

const fees = (usage: Usage) => (usage.fees ? { fees: usage.fees } : {});

/**
 * The case's rates are those of the tier that served it, whichever that was; of tiers sold by
 * commitment (OpenAI's `scale`, Anthropic's `priority`) there is no price per token.
 */
function sheetOf(golden: JsonObject, model: string, rates: JsonObject): PriceSheet {
  const over = rates['long_context_over_tokens'];
  const long = rates['long_context'];
  const tier = {
    rates: ratesFrom(rates),
    ...(over !== undefined && over !== null && { over: { [String(over)]: isObject(long) ? ratesFrom(long) : null } }),
  };
  const words =
    golden['provider'] === 'anthropic'
      ? ['standard', 'batch', 'fast']
      : ['default', 'standard', 'auto', 'flex', 'priority', 'fast', 'ultrafast', 'batch'];
  const parts = list(golden['attempts_or_parts']).map(object);
  const models: JsonObject = { ...object(golden['rates_by_model']), ...ratesByModel(parts) };
  return {
    seller: 'case',
    source: 'the case',
    checked_on: '2026-11-23',
    tier_words: Object.fromEntries(words.map((word) => [word, 'standard'])),
    fees: { web_fetch_requests: '0' },
    models: [
      { model, tiers: { standard: tier }, regions: { case: String(golden['token_multiplier'] ?? '1') } },
      ...Object.entries(models)
        .filter(([name]) => name !== model)
        .map(([name, its]) => ({
          model: name,
          tiers: { standard: { rates: ratesFrom(object(its)) } },
          regions: { case: String(golden['token_multiplier'] ?? '1') },
        })),
    ],
  };
}

const ratesByModel = (parts: readonly JsonObject[]): JsonObject =>
  Object.fromEntries(parts.flatMap(({ model, rates }) => (typeof model === 'string' && isObject(rates) ? [[model, rates]] : [])));

const METER_OF: Readonly<Record<string, Meter>> = {
  input: 'input',
  input_text: 'input',
  cached_input: 'cacheRead',
  cache_read: 'cacheRead',
  cache_write: 'cacheWrite30m',
  cache_write_30m: 'cacheWrite30m',
  cache_write_12h: 'cacheWrite12h',
  cache_write_5m: 'cacheWrite5m',
  cache_write_1h: 'cacheWrite1h',
  audio_input: 'audioInput',
  input_audio: 'audioInput',
  audio_in: 'audioInput',
  image_input: 'imageInput',
  input_image: 'imageInput',
  image_in: 'imageInput',
  output: 'output',
  output_text: 'output',
  audio_output: 'audioOutput',
  output_audio: 'audioOutput',
  audio_out: 'audioOutput',
  image_output: 'imageOutput',
  output_image: 'imageOutput',
  image_out: 'imageOutput',
};

const CASE_NAMES: Readonly<Partial<Record<string, string>>> = {
  cacheRead: 'cached_input',
  cacheWrite5m: 'cache_write_5m',
  cacheWrite30m: 'cache_write',
  cacheWrite1h: 'cache_write_1h',
  cacheWrite12h: 'cache_write_12h',
  audioInput: 'audio_input',
  imageInput: 'image_input',
  audioOutput: 'audio_output',
  imageOutput: 'image_output',
};

function ratesFrom(rates: JsonObject): SheetRates {
  const known: { -readonly [M in Meter]?: string } = {};
  for (const [name, usd] of Object.entries(rates)) {
    const meter = METER_OF[name];
    if (meter && typeof usd === 'string') known[meter] = usd;
  }
  return known;
}

/** Usage that is told by kind and by nothing else, as image models do. */
export const modalityTokens = (wire: JsonObject): Tokens => {
  const tokens: { -readonly [M in Meter]?: number } = {};
  for (const [name, count] of Object.entries(wire)) {
    const meter = METER_OF[name];
    if (meter && typeof count === 'number' && count > 0) tokens[meter] = (tokens[meter] ?? 0) + count;
  }
  return tokens;
};

/** Pieces may be fractions (half an hour), so they are multiplied as decimals. */
function feesOf(golden: JsonObject): Money {
  const rates = object(golden['fees_usd']);
  let sum = 0n;
  for (const [name, quantity] of Object.entries(object(golden['fee_quantities']))) {
    const usd = rates[name];
    if (usd === undefined) throw new RangeError(`case ${String(golden['id'])}: fees_usd.${name} must be there, fee_quantities has it`);
    sum += dollars(times(decimal(String(usd), name), decimal(String(quantity), name)), name);
  }
  return sum as Money;
}

// The format has no field for it: where the gateway did the counting, title or note say so.
const isCounted = (golden: JsonObject): boolean =>
  /\bstream\b.*\b(cut|aborted|broken|interrupted)\b|\b(aborted|disconnect\w*|gateway count\w*|estimated)\b/i.test(
    `${String(golden['title'] ?? '')} ${String(golden['note'] ?? '')}`,
  );

/** Aggregates come as sums already made (`usd` by part) or as arithmetic alone. */
function total(golden: JsonObject): CaseResult {
  const parts = list(golden['attempts_or_parts']).map(object);
  const amounts = parts.map(({ usd }) => usd).filter((usd) => typeof usd === 'string');
  if (amounts.length > 0) return exact(amounts.reduce((sum, usd) => sum + dollars(decimal(usd, 'usd'), 'usd'), 0n));
  return exact(arithmetic(String(golden['arithmetic_micro_usd']), 6));
}

const exact = (money: bigint): CaseResult => ({ status: 'exact', usd: formatUsd(money as Money), pico_usd: money.toString() });

const WORST: readonly BillStatus[] = ['exact', 'assumed', 'estimated', 'partial', 'unpriced'];

function result(bills: readonly Bill[], fees: Money, counted: boolean): CaseResult {
  const floor = bills.reduce((sum, bill) => sum + bill.floor, fees as bigint) as Money;
  const unpriced: Record<string, number> = {};
  for (const bill of bills) {
    for (const [what, count] of Object.entries(bill.unpriced))
      unpriced[CASE_NAMES[what] ?? what] = (unpriced[CASE_NAMES[what] ?? what] ?? 0) + count;
  }
  if (Object.keys(unpriced).length > 0) {
    return floor === zero
      ? { status: 'unpriced', usd: null }
      : { status: 'partial', usd: null, usd_lower_bound: formatUsd(floor), unpriced };
  }
  const worst = Math.max(0, ...bills.map(({ status }) => WORST.indexOf(status)));
  return { ...exact(floor), status: counted ? 'estimated' : (WORST[worst] ?? 'exact') };
}

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
const object = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const text = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);
const without = (value: JsonObject, key: string): JsonObject => Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
