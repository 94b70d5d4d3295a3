import { priceCase } from '../accounting/cases.ts';
import { readUsage } from '../accounting/read-usage.ts';
import { EXIT } from './exit.ts';
import { type BillOptions, explainBill } from './price-bill.ts';
import { complain } from './print.ts';
import { readJson, workCases } from './work-cases.ts';

export interface PriceOptions extends Partial<BillOptions> {
  /** A file of worked cases, or `-`. */
  readonly cases?: string;
  /** A file with a usage object, or with a whole answer that has one, or `-`. */
  readonly usage?: string;
}

/** `headgate price`: works out a file of cases, or explains one bill. */
export async function price({ cases, usage, model, ...options }: PriceOptions): Promise<number> {
  if (cases !== undefined) return workCases(await readJson(cases), (given) => priceCase(given, readUsage));
  if (usage === undefined || model === undefined) {
    complain('error: give --cases, or a --model and its --usage');
    return EXIT.usage;
  }
  return explainBill(await readJson(usage), { ...options, model });
}
