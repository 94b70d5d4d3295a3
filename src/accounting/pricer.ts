import type { Provider } from '../model/provider.ts';
import type { Usage } from '../model/usage.ts';
import type { Bill, Channel, Line } from './bill.ts';
import type { PriceBook } from './book.ts';
import { billOf, type Found, findTariff, linesBy } from './price.ts';

/** A price book at hand for every call: looks a model up once and then only multiplies. */
export interface Pricer {
  /** The book's version, and the day it was last compared with its sources (for `pricesAgeDays`). */
  readonly version: string;
  readonly checkedOn: string;
  /** What the usage costs. `counted`: the tokens are our own estimate. */
  bill(usage: Usage, sale: Sold, counted: boolean): Bill;
  /** The same bill line by line. */
  lines(usage: Usage, sale: Sold): Line[];
}

/** What was sold, to whom it is known by name. */
export interface Sold {
  readonly provider: string;
  readonly model: string;
  readonly channel: Channel;
  readonly atMs: number;
}

/** Distinct (provider, model, tier, region) kept at once; callers cannot grow it without end by inventing names. */
const TARIFFS_MAX = 2000;
const HOUR_MS = 3_600_000;

/** `book` for calls to these providers. A provider's own sheet comes before its vendor's; `other` vendors have none. */
export function createPricer(book: PriceBook, providers: ReadonlyMap<string, Provider>): Pricer {
  let tariffs = new Map<string, Found>();
  let hour = Number.NaN;

  function finder(usage: Usage, sale: Sold): (model: string) => Found {
    // Prices change on the full hour (`compileBook` sees to it), so what was found holds until the next one.
    const thisHour = Math.floor(sale.atMs / HOUR_MS);
    if (thisHour !== hour || tariffs.size >= TARIFFS_MAX) {
      hour = thisHour;
      tariffs = new Map();
    }
    const place = `${sale.provider}\n${sale.channel}\n${usage.tier ?? ''}\n${usage.region ?? ''}\n`;
    return (model) => {
      const key = place + model;
      let found = tariffs.get(key);
      if (!found) {
        const provider = providers.get(sale.provider);
        const sellers = provider ? [sale.provider, provider.vendor] : [sale.provider];
        const region = provider && regionOf(provider.baseUrl);
        found = findTariff(book, { ...sale, model, sellers, ...(region !== undefined && { region }) }, usage.tier, usage.region);
        tariffs.set(key, found);
      }
      return found;
    };
  }

  return {
    version: book.version,
    checkedOn: book.checkedOn,
    bill: (usage, sale, counted) => billOf(finder(usage, sale), usage, sale.model, counted),
    lines: (usage, sale) => linesBy(finder(usage, sale), usage, sale.model),
  };
}

/** OpenAI processes in a region by address (`eu.api.openai.com`), and its answers do not say so. */
const regionOf = (baseUrl: string): string | undefined => /^https:\/\/([a-z]{2})\.api\.openai\.com(?:\/|$)/.exec(baseUrl)?.[1];
