import { FOCUS_COLUMNS, type FocusRow } from '../../src/accounting/focus.ts';

/** Numbers as FOCUS writes them: decimals without exponent, sign or thousands. */
const DECIMAL = /^\d+(\.\d+)?$/;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:00:00Z$/;
const MONTH = /^\d{4}-\d\d-01T00:00:00Z$/;

const MANDATORY = FOCUS_COLUMNS.slice(0, 21);
const NULLABLE = ['ChargeClass', 'PricingQuantity', 'PricingUnit'];
const COSTS = ['BilledCost', 'ContractedCost', 'EffectiveCost', 'ListCost'] as const;

/** `1.25` as whole picodollars; exact. */
export const pico = (decimal: string): bigint => {
  const [whole = '0', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(12, '0'));
};

/** The rules of FOCUS 1.2 for what we export (columns' own pages, and those about nulls and formats), each by its sentence. */
const RULES: Readonly<Record<string, (row: FocusRow) => boolean>> = {
  'columns that may not be null are not': (row) => MANDATORY.every((column) => NULLABLE.includes(column) || row[column] !== ''),
  'costs are decimals': (row) => COSTS.every((cost) => DECIMAL.test(row[cost])),
  'money is in US dollars': (row) => row.BillingCurrency === 'USD',
  'the billing period is the month that holds the charge': (row) =>
    MONTH.test(row.BillingPeriodStart) &&
    MONTH.test(row.BillingPeriodEnd) &&
    row.BillingPeriodStart <= row.ChargePeriodStart &&
    row.ChargePeriodEnd <= row.BillingPeriodEnd,
  'the charge period is one hour': (row) =>
    MOMENT.test(row.ChargePeriodStart) &&
    MOMENT.test(row.ChargePeriodEnd) &&
    Date.parse(row.ChargePeriodEnd) - Date.parse(row.ChargePeriodStart) === 3_600_000,
  'a charge is usage, and no correction': (row) =>
    row.ChargeCategory === 'Usage' && row.ChargeClass === '' && row.ChargeFrequency === 'Usage-Based',
  'services are sorted as the specification sorts them': (row) =>
    row.ServiceCategory === 'AI and Machine Learning' && row.ServiceSubcategory === 'Generative AI',
  'a quantity has a unit, and none without a price': (row) => {
    const words = [row.PricingQuantity, row.PricingUnit, row.ConsumedQuantity, row.ConsumedUnit];
    return row.SkuPriceId === '' ? words.every((word) => word === '') : words.every((word) => word !== '');
  },
  'quantities are decimals': (row) =>
    [row.PricingQuantity, row.ConsumedQuantity].every((quantity) => quantity === '' || DECIMAL.test(quantity)),
  'what has no price costs nothing and says so': (row) =>
    row.SkuPriceId !== '' || (row.BilledCost === '0' && row.ListUnitPrice === '' && row.ChargeDescription.includes('no price known')),
  'tokens without a price are still told': (row) =>
    row.SkuPriceId !== '' || DECIMAL.test(row.x_ConsumedTokens) || row.PricingUnit !== 'tokens',
  'a unit price times its quantity is the cost': (row) =>
    row.ListUnitPrice === '' || pico(row.ListUnitPrice) * BigInt(row.PricingQuantity) === pico(row.ListCost),
  'what was negotiated defaults to the list price': (row) =>
    row.ContractedUnitPrice === row.ListUnitPrice && row.ContractedCost === row.ListCost,
  'a unit price is missing only where a cost was shared out': (row) =>
    row.ListUnitPrice !== '' || row.SkuPriceId === '' || row.x_CostSplit === 'proportional',
  'a meter has an article': (row) => row.SkuId !== '' && row.SkuMeter !== '' && row.SkuId.endsWith(row.SkuMeter),
  'tags are an object of words': (row) => Object.values(JSON.parse(row.Tags) as object).every((value) => typeof value === 'string'),
};

/** The rules these lines break, each with the first line that does; those about lines together among them. */
export function brokenRules(rows: readonly FocusRow[]): string[] {
  const broken = Object.entries(RULES).flatMap(([rule, holds]) => {
    const row = rows.find((one) => !holds(one));
    return row ? [`${rule}: ${JSON.stringify(row)}`] : [];
  });
  const articles = new Map<string, string>();
  const prices = new Map<string, string>();
  for (const { SkuPriceId, SkuId, ListUnitPrice } of rows) {
    if (SkuPriceId === '') continue;
    if ((articles.get(SkuPriceId) ?? SkuId) !== SkuId) broken.push(`a price has one article: ${SkuPriceId}`);
    if ((prices.get(SkuPriceId) ?? ListUnitPrice) !== ListUnitPrice) broken.push(`a price id names one price: ${SkuPriceId}`);
    articles.set(SkuPriceId, SkuId);
    prices.set(SkuPriceId, ListUnitPrice);
  }
  return broken;
}
