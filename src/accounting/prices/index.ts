import { compileBook, type PriceBook } from '../book.ts';
import type { PriceSheet } from '../sheet.ts';
import anthropic from './anthropic.json' with { type: 'json' };
import openai from './openai.json' with { type: 'json' };

/** The prices Headgate comes with; `docs/prices.md` says where they are from. */
export const SHEETS: readonly PriceSheet[] = [openai, anthropic];

/** The book of the prices Headgate comes with, and of an operator's own sheets, which may replace a seller's. */
export function priceBook(own: readonly PriceSheet[] = []): PriceBook {
  const replaced = new Set(own.map(({ seller }) => seller));
  return compileBook([...own, ...SHEETS.filter(({ seller }) => !replaced.has(seller))]);
}
