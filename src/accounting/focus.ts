import { formatUsd, type Money } from '../model/money.ts';
import { splitCost } from './focus-split.ts';
import type { Pricer } from './pricer.ts';
import type { UsageRecord } from './record.ts';

/**
 * Columns of the FinOps Open Cost and Usage Specification 1.2 (focus.finops.org): the 21 it demands first, then
 * those a seller of units has, then our own (`x_`).
 */
export const FOCUS_COLUMNS = [
  ...['BilledCost', 'BillingAccountId', 'BillingAccountName', 'BillingCurrency', 'BillingPeriodEnd', 'BillingPeriodStart'],
  ...['ChargeCategory', 'ChargeClass', 'ChargeDescription', 'ChargePeriodEnd', 'ChargePeriodStart', 'ContractedCost', 'EffectiveCost'],
  ...['InvoiceIssuerName', 'ListCost', 'PricingQuantity', 'PricingUnit', 'ProviderName', 'PublisherName', 'ServiceCategory', 'ServiceName'],
  ...['ChargeFrequency', 'ConsumedQuantity', 'ConsumedUnit', 'ContractedUnitPrice', 'ListUnitPrice', 'ServiceSubcategory'],
  ...['SkuId', 'SkuMeter', 'SkuPriceId', 'Tags'],
  ...['x_ConsumedTokens', 'x_CostSplit', 'x_Tier'],
] as const;

/** One line of the export, by column; `''` is null. */
export type FocusRow = Readonly<Record<(typeof FOCUS_COLUMNS)[number], string>>;

export interface Focus {
  /** Records in the order of their time. Hands back the lines of the hour that is over with this one. */
  add(record: UsageRecord): FocusRow[];
  /** The lines of the last hour. */
  end(): FocusRow[];
}

export interface FocusOptions {
  readonly pricer: Pricer;
  /** A provider's name as invoices say it; its configured name where it is not known. */
  readonly issuerOf: (provider: string) => string;
  /** Callers' tags that go into `Tags` beside feature and user; lines are told apart by them. */
  readonly tags: readonly string[];
}

const HOUR_MS = 3_600_000;

/**
 * Usage as FOCUS lines: one for each hour, model, meter, price, feature and user. Their `BilledCost` adds up to what
 * the records cost, to the last picodollar.
 */
export function createFocus({ pricer, issuerOf, tags }: FocusOptions): Focus {
  let hourMs = Number.NaN;
  let lines = new Map<string, Charged>();

  function end(): FocusRow[] {
    const rows = [...lines.values()].map((line) => rowOf(line, hourMs, issuerOf(line.provider)));
    lines = new Map();
    return rows;
  }

  return {
    add(record) {
      const startMs = record.endedAtMs - (record.endedAtMs % HOUR_MS);
      const over = startMs === hourMs ? [] : end();
      hourMs = startMs;
      const words = tagsOf(record, tags);
      for (const { meter, model, quantity, rate, cost, split } of splitCost(record, pricer)) {
        const { provider, tier = '', priceVersion } = record;
        const key = JSON.stringify([provider, model, tier, meter, String(rate), cost === null, split, priceVersion, words]);
        const line = lines.get(key);
        if (!line)
          lines.set(key, { provider, model, tier, meter, rate, split, priceVersion, tags: words, quantity: BigInt(quantity), cost });
        else {
          line.quantity += BigInt(quantity);
          if (line.cost !== null) line.cost = (line.cost + (cost ?? 0n)) as Money;
        }
      }
      return over;
    },
    end,
  };
}

/** What a line stands for; `cost` is null where there is no price. */
interface Charged {
  readonly provider: string;
  readonly model: string;
  readonly tier: string;
  readonly meter: string;
  readonly rate: Money | null;
  readonly split: 'exact' | 'proportional';
  readonly priceVersion: string;
  readonly tags: string;
  quantity: bigint;
  cost: Money | null;
}

function tagsOf({ feature, user, tags = {} }: UsageRecord, wanted: readonly string[]): string {
  const words = { ...(feature !== undefined && { feature }), ...(user !== undefined && { user }) };
  return JSON.stringify(
    Object.fromEntries([...Object.entries(words), ...wanted.flatMap((tag) => (tags[tag] === undefined ? [] : [[tag, tags[tag]]]))]),
  );
}

function rowOf(line: Charged, hourMs: number, issuer: string): FocusRow {
  const { provider, model, tier, meter, rate, cost, quantity, split } = line;
  const billed = cost === null ? '0' : formatUsd(cost);
  const unit = cost === null ? '' : unitOf(meter);
  const amount = cost === null ? '' : String(quantity);
  const price = cost === null || rate === null ? '' : formatUsd(rate);
  const skuId = `${model} ${METER_NAMES[meter] ?? meter}`;
  const period = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');
  const at = new Date(hourMs);
  const month = (more: number) => period(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + more));
  return {
    BilledCost: billed,
    BillingAccountId: provider,
    BillingAccountName: provider,
    BillingCurrency: 'USD',
    BillingPeriodEnd: month(1),
    BillingPeriodStart: month(0),
    ChargeCategory: 'Usage',
    ChargeClass: '',
    ChargeDescription: cost === null ? `${skuId}, no price known` : skuId,
    ChargePeriodEnd: period(hourMs + HOUR_MS),
    ChargePeriodStart: period(hourMs),
    ContractedCost: billed,
    EffectiveCost: billed,
    InvoiceIssuerName: issuer,
    ListCost: billed,
    PricingQuantity: amount,
    PricingUnit: unit,
    ProviderName: issuer,
    PublisherName: issuer,
    ServiceCategory: 'AI and Machine Learning',
    ServiceName: `${issuer} API`,
    ChargeFrequency: 'Usage-Based',
    ConsumedQuantity: amount,
    ConsumedUnit: unit,
    ContractedUnitPrice: price,
    ListUnitPrice: price,
    ServiceSubcategory: 'Generative AI',
    SkuId: skuId,
    SkuMeter: METER_NAMES[meter] ?? meter,
    // One price each: tier, length of prompt and region change it, and so does another book.
    SkuPriceId: cost === null ? '' : [skuId, tier || 'standard', line.priceVersion, price || split].join('/'),
    Tags: line.tags,
    x_ConsumedTokens: unitOf(meter) === 'tokens' ? String(quantity) : '',
    x_CostSplit: split,
    x_Tier: tier,
  };
}

/** Meters in the words of price lists; whatever is not here is a fee, by the provider's own name. */
const METER_NAMES: Readonly<Record<string, string>> = {
  input: 'input',
  cacheRead: 'cached input',
  cacheWrite5m: 'cache write 5m',
  cacheWrite30m: 'cache write 30m',
  cacheWrite1h: 'cache write 1h',
  cacheWrite12h: 'cache write 12h',
  audioInput: 'audio input',
  imageInput: 'image input',
  output: 'output',
  audioOutput: 'audio output',
  imageOutput: 'image output',
};

const unitOf = (meter: string): string => (meter in METER_NAMES ? 'tokens' : 'requests');
