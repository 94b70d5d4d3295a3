import { createHash } from 'node:crypto';
import type { Money, Rates } from '../model/money.ts';
import { METERS, type Meter } from '../model/usage.ts';
import { type Decimal, decimal, dollars, one, perMillion } from './decimal.ts';
import type { PricedModel, PricedTier, PriceSheet, SheetRates } from './sheet.ts';

/** Price sheets made ready for sums: whole picodollars, every region's rates worked out. */
export interface PriceBook {
  /** Names the content, so that a row says which prices it was made with. */
  readonly version: string;
  /** The day the sheet that was compared with its source longest ago was last compared. */
  readonly checkedOn: string;
  readonly sellers: ReadonlyMap<string, Seller>;
}

export interface Seller {
  readonly tierWords: ReadonlyMap<string, string>;
  readonly vagueTierWords: ReadonlyMap<string, string>;
  readonly plainRegions: ReadonlySet<string>;
  readonly fees: ReadonlyMap<string, Money>;
  /** By exact name; each model's eras latest first. */
  readonly models: ReadonlyMap<string, readonly Era[]>;
}

/** What a model costs from one moment on. */
export interface Era {
  /** Unix time; minus infinity: since ever. */
  readonly fromMs: number;
  /** Where the price was read, and on which day. */
  readonly source: string;
  readonly checkedOn: string;
  /** By tier, then by region word; `''` is the plain price. */
  readonly tiers: ReadonlyMap<string, ReadonlyMap<string, Tariff>>;
}

/** The rates of one model in one tier and region. */
export interface Tariff {
  /** By length of prompt, shortest first. */
  readonly bands: readonly Band[];
  readonly unsure?: string;
}

export interface Band {
  /** Holds for prompts longer than this many tokens. */
  readonly over: number;
  /** `null`: not published. */
  readonly rates: Rates | null;
}

/** Checks the sheets and works out every rate. Throws a `RangeError` that names the sheet, the model and the field. */
export function compileBook(sheets: readonly PriceSheet[]): PriceBook {
  const sellers = new Map<string, Seller>();
  for (const sheet of sheets) {
    if (sellers.has(sheet.seller)) throw new RangeError(`prices of ${sheet.seller}: there is a second sheet`);
    sellers.set(sheet.seller, compileSeller(sheet));
  }
  const digest = createHash('sha256').update(JSON.stringify(sheets)).digest('hex').slice(0, 8);
  const checkedOn = sheets.map((sheet) => sheet.checked_on).sort()[0] ?? '';
  return { version: `${checkedOn}-${digest}`, checkedOn, sellers };
}

function compileSeller(sheet: PriceSheet): Seller {
  const where = `prices of ${sheet.seller}`;
  date(sheet.checked_on, `${where}: checked_on`);
  const models = new Map<string, Era[]>();
  for (const entry of sheet.models) {
    const era = compileEra(entry, sheet, `${where}: ${entry.model}`);
    for (const name of [entry.model, ...(entry.aliases ?? [])]) {
      const eras = models.get(name) ?? [];
      if (eras.some(({ fromMs }) => fromMs === era.fromMs))
        throw new RangeError(`${where}: ${name} is priced twice from ${entry.from ?? 'the start'}`);
      eras.push(era);
      models.set(name, eras);
    }
  }
  for (const eras of models.values()) eras.sort((a, b) => b.fromMs - a.fromMs);
  const fees = Object.entries(sheet.fees ?? {}).map(([name, usd]) => {
    const what = `${where}: fees.${name}`;
    return [name, dollars(decimal(usd, what), what)] as const;
  });
  return {
    tierWords: new Map(Object.entries(sheet.tier_words)),
    vagueTierWords: new Map(Object.entries(sheet.vague_tier_words ?? {})),
    plainRegions: new Set(sheet.plain_regions),
    fees: new Map(fees),
    models,
  };
}

function compileEra(entry: PricedModel, sheet: PriceSheet, where: string): Era {
  const regions: [string, Decimal][] = [['', one]];
  for (const [word, factor] of Object.entries(entry.regions ?? {})) regions.push([word, decimal(factor, `${where}: regions.${word}`)]);
  const tiers = new Map<string, ReadonlyMap<string, Tariff>>();
  for (const [name, tier] of Object.entries(entry.tiers)) {
    const unsure = tier.unsure ?? entry.unsure;
    const byRegion = regions.map(([word, factor]) => {
      const bands = compileBands(tier, factor, `${where}: ${name}`);
      return [word, { bands, ...(unsure !== undefined && { unsure }) }] as const;
    });
    tiers.set(name, new Map(byRegion));
  }
  if (tiers.size === 0) throw new RangeError(`${where}: tiers must not be empty`);
  return {
    fromMs: entry.from === undefined ? Number.NEGATIVE_INFINITY : date(entry.from, `${where}: from`),
    source: entry.source ?? sheet.source,
    checkedOn: entry.checked_on ?? sheet.checked_on,
    tiers,
  };
}

function compileBands({ rates, over = {} }: PricedTier, factor: Decimal, where: string): Band[] {
  const longer = Object.entries(over).map(([tokens, longRates]) => {
    if (!/^[1-9]\d*$/.test(tokens)) throw new RangeError(`${where}: over must be a number of tokens, got "${tokens}"`);
    return { over: Number(tokens), rates: longRates && compileRates(longRates, factor, `${where} over ${tokens}`) };
  });
  longer.sort((a, b) => a.over - b.over);
  return [{ over: 0, rates: compileRates(rates, factor, where) }, ...longer];
}

function compileRates(rates: SheetRates, factor: Decimal, where: string): Rates {
  const compiled: { -readonly [M in Meter]?: Money } = {};
  for (const [meter, usd] of Object.entries(rates)) {
    if (!isMeter(meter)) throw new RangeError(`${where}: "${meter}" is not a meter; there are ${METERS.join(', ')}`);
    const what = `${where}: ${meter}`;
    compiled[meter] = perMillion(decimal(usd, what), factor, what);
  }
  return compiled;
}

const isMeter = (name: string): name is Meter => (METERS as readonly string[]).includes(name);

function date(text: string, what: string): number {
  const ms = /^\d{4}-\d\d-\d\d(T\d\d:00(:00)?Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms))
    throw new RangeError(`${what} must be a UTC date such as 2026-11-23, or a full hour of one, got ${JSON.stringify(text)}`);
  return ms;
}
