import type { ModelFacts } from '../model/facts.ts';
import { ANTHROPIC_MODELS, unknownAnthropic } from './anthropic.ts';
import { OPENAI_MODELS, renamedOpenAI, unknownOpenAI } from './openai.ts';

// The tables were last compared with the vendors' documents on 2026-11-23.

/** The rules of a compatible server: what Chat servers of 2024 understood, with nothing assumed about reasoning. */
export const compatible: ModelFacts = {
  vendor: 'other',
  reasons: false,
  efforts: [],
  thinking: [],
  sampling: 'yes',
  stop: true,
  forcedToolChoice: true,
  toolsOnChat: 'yes',
  chat: true,
  prefill: true,
  systemTurns: true,
  structuredOutput: true,
  cacheMarks: false,
};

/**
 * What is known of a model by its vendor's name, dated snapshots and fine-tunes included. Rules, unlike
 * prices, may be read off a family: an unknown snapshot behaves like its model. `vendor` says whose
 * rules hold for a name nobody knows; a compatible server's models always get `compatible` rules.
 */
export function factsOf(name: string, vendor: ModelFacts['vendor'] = vendorOf(name) ?? 'other'): ModelFacts {
  if (vendor === 'other') return compatible;
  const table = vendor === 'openai' ? OPENAI_MODELS : ANTHROPIC_MODELS;
  for (const candidate of spellings(name)) {
    const facts = Object.hasOwn(table, candidate) ? table[candidate] : undefined;
    if (facts) return facts;
  }
  if (vendor === 'anthropic') return unknownAnthropic;
  return vendorOf(name) === 'openai' ? unknownOpenAI : renamedOpenAI;
}

/** Whose model a name is, told by its form; undefined when by none. */
export function vendorOf(name: string): 'openai' | 'anthropic' | undefined {
  if (/^(claude|anthropic)\b/i.test(name)) return 'anthropic';
  if (/^(gpt-|chatgpt-|o\d|codex-|ft:(gpt|o\d)|text-embedding-)/i.test(name)) return 'openai';
  return undefined;
}

/** Every model with an entry, newest first within a vendor. */
export const knownModels = (): { name: string; facts: ModelFacts }[] =>
  [...Object.entries(OPENAI_MODELS), ...Object.entries(ANTHROPIC_MODELS)].map(([name, facts]) => ({ name, facts }));

/** The name, then without what only says which copy of the model it is: fine-tune wrapping, date, `-latest`. */
function spellings(name: string): string[] {
  const base = /^ft:([^:]+)/.exec(name)?.[1] ?? name;
  return [name, base, base.replace(/-(\d{4}-\d{2}-\d{2}|\d{8}|\d{4}|latest)$/, '')];
}
