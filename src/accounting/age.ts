import type { PriceBook } from './book.ts';

/** Vendors change prices about once a month: a book not compared for longer is told of. */
export const STALE_AFTER_DAYS = 30;

/** Whole days (UTC) since the book was last compared with its sources, at `nowMs` (Unix); 0 for a clock that is behind. */
export const pricesAgeDays = ({ checkedOn }: Pick<PriceBook, 'checkedOn'>, nowMs: number): number =>
  Math.max(0, Math.floor((nowMs - Date.parse(checkedOn)) / DAY_MS));

const DAY_MS = 86_400_000;

/** A sentence about a book that is stale at `nowMs`; undefined while it is not. */
export function staleness(book: Pick<PriceBook, 'checkedOn'>, nowMs: number): string | undefined {
  const days = pricesAgeDays(book, nowMs);
  if (days <= STALE_AFTER_DAYS) return undefined;
  return `the prices were last compared with their sources on ${book.checkedOn}, ${days} days ago: costs may be wrong`;
}
