import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { Json } from '../model/json.ts';
import { EXIT } from './exit.ts';
import { type BillOptions, explainBill } from './price-bill.ts';
import { workCases } from './price-cases.ts';
import { complain } from './print.ts';

export interface PriceOptions extends Partial<BillOptions> {
  /** A file of worked cases, or `-`. */
  readonly cases?: string;
  /** A file with a usage object, or with a whole answer that has one, or `-`. */
  readonly usage?: string;
}

/** `headgate price`: works out a file of cases, or explains one bill. */
export async function price({ cases, usage, model, ...options }: PriceOptions): Promise<number> {
  if (cases !== undefined) return workCases(await json(cases));
  if (usage === undefined || model === undefined) {
    complain('error: give --cases, or a --model and its --usage');
    return EXIT.usage;
  }
  return explainBill(await json(usage), { ...options, model });
}

async function json(file: string): Promise<Json> {
  const written = file === '-' ? await text(process.stdin) : readFileSync(file, 'utf8');
  try {
    return JSON.parse(written) as Json;
  } catch {
    throw new Error(`${file} must be JSON`);
  }
}
