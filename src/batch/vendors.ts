import { anthropic } from './anthropic.ts';
import { openai } from './openai.ts';
import type { BatchVendor } from './vendor.ts';

/** Whoever has a batch API. */
export const VENDORS: Readonly<Record<'openai' | 'anthropic', BatchVendor>> = { openai, anthropic };
