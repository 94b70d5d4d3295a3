import type { Money } from '../model/money.ts';
import { formatUsd } from '../model/money.ts';
import type { Meter } from '../model/usage.ts';
import type { PriceBook, Tariff } from './book.ts';

/** Someone else's list of prices, to hold ours against. */
export interface Feed {
  /** Their plain price of a model at a seller at a moment (Unix, ms); undefined: they have none. */
  find(seller: string, model: string, atMs: number): FeedPrice | undefined;
  /** The names of all their models at a seller. */
  models(seller: string): readonly string[];
}

export interface FeedPrice {
  /** What they take the model for; another name than asked where they match by likeness. */
  readonly model: string;
  readonly meters: { readonly [M in Meter]?: FeedRate };
}

/** Dollars per million tokens, and for prompts longer than some lengths. */
export interface FeedRate {
  readonly usd: number;
  readonly over: readonly { readonly tokens: number; readonly usd: number }[];
}

/** One number in which two price lists differ, in dollars per million tokens (`over`: in tokens). `null`: not there. */
export interface Disagreement {
  readonly seller: string;
  readonly model: string;
  /** A meter, a meter with its band (`output over 272000`), or `over`: where the band begins. */
  readonly what: string;
  readonly ours: string | null;
  readonly theirs: string | null;
  /** The model whose price theirs is, where it is another's. */
  readonly takenFor?: string;
}

export interface Comparison {
  /** Models that both lists have. */
  readonly compared: number;
  readonly disagreements: readonly Disagreement[];
  /** As `seller/model`. */
  readonly onlyOurs: readonly string[];
  readonly onlyTheirs: readonly string[];
}

/** Holds the book's plain prices at `atMs` against a feed, model by model and number by number. */
export function compareWithFeed(book: PriceBook, feed: Feed, atMs: number): Comparison {
  const disagreements: Disagreement[] = [];
  const onlyOurs: string[] = [];
  const onlyTheirs: string[] = [];
  let compared = 0;
  for (const [seller, { models }] of book.sellers) {
    for (const [model, eras] of models) {
      const tariff = eras
        .find(({ fromMs }) => fromMs <= atMs)
        ?.tiers.get('standard')
        ?.get('');
      if (!tariff) continue;
      const theirs = feed.find(seller, model, atMs);
      if (theirs) {
        compared += 1;
        disagreements.push(
          ...differences(tariff, theirs).map((difference) => ({
            seller,
            model,
            ...difference,
            ...(theirs.model !== model && { takenFor: theirs.model }),
          })),
        );
      } else onlyOurs.push(`${seller}/${model}`);
    }
    onlyTheirs.push(...feed.models(seller).flatMap((model) => (models.has(model) ? [] : [`${seller}/${model}`])));
  }
  return { compared, disagreements, onlyOurs, onlyTheirs };
}

type Difference = Pick<Disagreement, 'what' | 'ours' | 'theirs'>;

function differences({ bands }: Tariff, { meters }: FeedPrice): Difference[] {
  const differs: Difference[] = [];
  const starts = Object.values(meters)[0]?.over.map(({ tokens }) => tokens) ?? [];
  const differ = (what: string, ours: string | null, theirs: string | null) => {
    if (ours === null || theirs === null ? ours !== theirs : Number(ours) !== Number(theirs)) differs.push({ what, ours, theirs });
  };
  differ(
    'over',
    bands
      .slice(1)
      .map(({ over }) => over)
      .join() || null,
    starts.join() || null,
  );
  bands.forEach(({ over, rates }, index) => {
    if (index > 0 && starts.length < index) return;
    const names = new Set([...Object.keys(rates ?? {}), ...Object.keys(meters)]) as Set<Meter>;
    for (const meter of names) {
      const rate = meters[meter];
      const theirs = index === 0 ? rate?.usd : (rate?.over[index - 1]?.usd ?? rate?.usd);
      differ(index === 0 ? meter : `${meter} over ${over}`, usdOf(rates?.[meter]), theirs === undefined ? null : String(theirs));
    }
  });
  return differs;
}

const usdOf = (rate: Money | undefined): string | null => (rate === undefined ? null : formatUsd((rate * 1_000_000n) as Money));
