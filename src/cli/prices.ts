import { STALE_AFTER_DAYS, staleness } from '../accounting/age.ts';
import type { PriceBook } from '../accounting/book.ts';
import { type Comparison, compareWithFeed } from '../accounting/feed.ts';
import { priceBook, SHEETS } from '../accounting/prices/index.ts';
import type { PricedModel, PriceSheet } from '../accounting/sheet.ts';
import { EXIT } from './exit.ts';
import { GENAI_PRICES, genaiPrices } from './genai-prices.ts';
import { configAtHand } from './load.ts';
import { complain, paint, say, table } from './print.ts';

interface PricesOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** `headgate prices list`: the prices that hold, every model's plain ones, or one model's with all tiers, bands and dates. */
export function list({ model, config: named, json }: PricesOptions & { readonly model?: string }): number {
  const sheets = sheetsOf(named);
  if (!sheets) return EXIT.failed;
  const entries = sheets.flatMap((sheet) =>
    sheet.models
      .filter((entry) => model === undefined || entry.model === model || entry.aliases?.includes(model))
      .map((entry) => ({ sheet, entry })),
  );
  if (entries.length === 0) {
    complain(`error: nobody here sells a model called exactly "${model}"`);
    return EXIT.failed;
  }
  if (json)
    say(
      JSON.stringify(
        entries.map(({ sheet: { seller, source, checked_on }, entry }) => ({ seller, source, checked_on, ...entry })),
        null,
        2,
      ),
    );
  else for (const line of model === undefined ? plainTable(entries) : entries.flatMap(fullText)) say(line);
  return EXIT.ok;
}

interface Entry {
  readonly sheet: PriceSheet;
  readonly entry: PricedModel;
}

const plainTable = (entries: readonly Entry[]): string[] =>
  table(
    ['seller', 'model', 'from', 'input', 'cache read', 'cache write', 'output', 'tiers', ''],
    entries.map(({ sheet: { seller }, entry: { model, from = '', tiers, unsure } }) => {
      const { rates, over } = Object.values(tiers)[0]!;
      const write = rates.cacheWrite5m ?? rates.cacheWrite30m;
      const remarks = [...(over ? [`other rates over ${Object.keys(over).join(', ')}`] : []), ...(unsure === undefined ? [] : ['unsure'])];
      return [seller, model, from, rates.input, rates.cacheRead, write, rates.output, Object.keys(tiers).join(' '), remarks.join(', ')].map(
        (cell) => cell ?? '–',
      );
    }),
  );

function fullText({ sheet, entry }: Entry): string[] {
  const { model, aliases = [], from, tiers, regions = {}, unsure, note } = entry;
  const rows = Object.entries(tiers).flatMap(([tier, { rates, over = {} }]) => [
    ...Object.entries(rates).map(([meter, usd]) => [tier, meter, '', `$${usd}`]),
    ...Object.entries(over).flatMap(([tokens, longer]) =>
      longer === null
        ? [[tier, 'all', `over ${tokens}`, 'not published']]
        : Object.entries(longer).map(([meter, usd]) => [tier, meter, `over ${tokens}`, `$${usd}`]),
    ),
  ]);
  return [
    `${paint('bold', model)} at ${sheet.seller}${from === undefined ? '' : `, from ${from}`}`,
    ...(aliases.length > 0 ? [`also called ${aliases.join(', ')}`] : []),
    ...table(['tier', 'meter', 'prompt', 'per million'], rows),
    ...Object.entries(regions).map(([region, factor]) => `region ${region}: times ${factor}`),
    ...(unsure === undefined ? [] : [`unsure: ${unsure}`]),
    ...(note === undefined ? [] : [`note: ${note}`]),
    paint('dim', `${entry.source ?? sheet.source}, checked on ${entry.checked_on ?? sheet.checked_on}`),
    '',
  ];
}

/** `headgate prices check`: says whether the book is old, and every number in which another published list differs. Fails when one does. */
export async function check({ config: named, json }: PricesOptions): Promise<number> {
  const sheets = sheetsOf(named);
  if (!sheets) return EXIT.failed;
  const book = priceBook(sheets);
  const old = staleness(book, Date.now());
  if (old !== undefined) complain(`${paint('yellow', 'warning:', process.stderr)} ${old}`);
  const feed = await genaiPrices();
  if (!feed) {
    complain(`error: there is nothing to compare with. Install the list of prices first: npm install --no-save ${GENAI_PRICES}`);
    return EXIT.failed;
  }
  const comparison = compareWithFeed(book, feed, Date.now());
  if (json) say(JSON.stringify({ feed: GENAI_PRICES, version: book.version, stale: old !== undefined, ...comparison }, null, 2));
  else for (const line of comparisonText(book, comparison)) say(line);
  return comparison.disagreements.length > 0 ? EXIT.failed : EXIT.ok;
}

function comparisonText(book: PriceBook, { compared, disagreements, onlyOurs, onlyTheirs }: Comparison): string[] {
  const rows = disagreements.map(({ seller, model, what, ours, theirs, takenFor }) => [
    seller,
    model,
    what,
    ours ?? '–',
    theirs ?? '–',
    takenFor === undefined ? '' : `theirs are those of ${takenFor}`,
  ]);
  return [
    `${book.version} and ${GENAI_PRICES}, $ per million tokens, plain tier:`,
    ...table(['seller', 'model', 'what', 'ours', 'theirs', ''], rows),
    `${compared} models compared, ${disagreements.length} disagreements, ${onlyOurs.length} only here, ${onlyTheirs.length} only there.`,
    ...(onlyOurs.length > 0 ? [paint('dim', `only here: ${onlyOurs.join(', ')}`)] : []),
    ...(onlyTheirs.length > 0 ? [paint('dim', `only there: ${onlyTheirs.join(', ')}`)] : []),
    `Checked with their sources on ${book.checkedOn}; older than ${STALE_AFTER_DAYS} days is told of.`,
  ];
}

/** The sheets that come along, with a configuration's own in place of theirs. */
function sheetsOf(named: string | undefined): readonly PriceSheet[] | undefined {
  const found = configAtHand(named);
  if (!found) return undefined;
  const own = found.config?.prices ?? [];
  const replaced = new Set(own.map(({ seller }) => seller));
  return [...own, ...SHEETS.filter(({ seller }) => !replaced.has(seller))];
}
