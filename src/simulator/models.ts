import { compatible, factsOf, vendorOf } from '../catalogue/index.ts';
import type { ModelFacts } from '../model/facts.ts';
import { namesOf, type Vendor } from './vendor.ts';

/**
 * The rules of a model at a vendor's endpoint; undefined when the vendor has no such model. Besides
 * the catalogue's, any `sim-…` is a plain model that takes everything, and so are the `others`.
 */
export function servedFacts(model: string, vendor: Vendor, others: readonly string[]): ModelFacts | undefined {
  if (others.includes(model)) return vendor === 'openai' ? compatible : { ...EVERYTHING, vendor };
  if (model.startsWith('sim-')) return { ...EVERYTHING, vendor };
  return vendorOf(model) === vendor && isListed(model, vendor) ? factsOf(model) : undefined;
}

/** Whether the name is a model's, or that of a snapshot or fine-tune of one. */
function isListed(model: string, vendor: Vendor): boolean {
  const base = (/^ft:([^:]+)/.exec(model)?.[1] ?? model).replace(/-(\d{4}-\d{2}-\d{2}|\d{8}|latest)$/, '');
  const names = namesOf(vendor);
  return names.includes(model) || names.includes(base);
}

const EVERYTHING: ModelFacts = {
  vendor: 'other',
  reasons: false,
  efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'],
  effortDefault: 'none',
  thinking: ['adaptive', 'enabled', 'disabled', 'between_tools'],
  sampling: 'yes',
  stop: true,
  forcedToolChoice: true,
  toolsOnChat: 'yes',
  chat: true,
  prefill: true,
  systemTurns: true,
  structuredOutput: true,
  cacheMarks: true,
  cacheMinTokens: 1024,
};
