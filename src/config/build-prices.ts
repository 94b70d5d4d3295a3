import { SHEETS } from '../accounting/prices/index.ts';
import type { PricedModel, PriceSheet } from '../accounting/sheet.ts';
import type { Provider } from '../model/provider.ts';
import type { Complain } from './build-provider.ts';
import type { Path } from './interpolate.ts';
import { didYouMean } from './nearest.ts';
import { present } from './present.ts';
import { pathText } from './problems.ts';
import type { Written } from './schema.ts';

/**
 * Price sheets of what the operator wrote, one a provider. A provider called like a vendor keeps the
 * vendor's other prices: a book takes one sheet for each name.
 */
export function buildPrices(
  written: NonNullable<Written['prices']>,
  providers: ReadonlyMap<string, Provider>,
  complain: Complain,
): PriceSheet[] {
  const sheets = new Map<string, PriceSheet>();
  for (const [name, rates] of Object.entries(written)) {
    const path = ['prices', name];
    const slash = name.indexOf('/');
    const provider = name.slice(0, Math.max(slash, 0));
    if (slash < 1) complain(path, `${pathText(path)} must be priced as provider/model, such as "${[...providers.keys()][0]}/${name}"`);
    else if (!providers.has(provider)) complain(path, unknownProvider(path, provider, providers));
    const model = name.slice(slash + 1);
    const sheet = sheets.get(provider) ?? SHEETS.find(({ seller }) => seller === provider) ?? emptySheet(provider);
    const entry: PricedModel = { model, tiers: { standard: { rates: present(rates) } } };
    sheets.set(provider, { ...sheet, models: [...without(sheet.models, model), entry] });
  }
  return [...sheets.values()];
}

/** A target's or a price's provider is not there, and which may have been meant. */
export function unknownProvider(path: Path, provider: string, providers: ReadonlyMap<string, Provider>): string {
  const known = [...providers.keys()];
  const hint = didYouMean(provider, known) || (known.length > 0 ? `; there are ${known.join(', ')}` : '; there are none');
  return `${pathText(path)} names the provider "${provider}", which is not there${hint}`;
}

const emptySheet = (seller: string): PriceSheet => ({
  seller,
  source: 'the configuration',
  // Prices someone wrote down for themselves do not make the book older.
  checked_on: SHEETS.map(({ checked_on }) => checked_on).sort()[0]!,
  tier_words: { default: 'standard', standard: 'standard', auto: 'standard' },
  models: [],
});

const without = (models: readonly PricedModel[], name: string): PricedModel[] =>
  models
    .filter(({ model }) => model !== name)
    .map((entry) => (entry.aliases?.includes(name) ? { ...entry, aliases: entry.aliases.filter((alias) => alias !== name) } : entry));
