import type { ModelFacts } from '../model/facts.ts';
import { ANTHROPIC_MODELS, unknownAnthropic } from './anthropic.ts';
import { OPENAI_MODELS, renamedOpenAI, unknownOpenAI } from './openai.ts';

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
  const entry = entryOf(name, vendor);
  if (entry !== undefined) return TABLES[vendor][entry]!;
  if (vendor === 'anthropic') return unknownAnthropic;
  return vendorOf(name) === 'openai' ? unknownOpenAI : renamedOpenAI;
}

/** The entry that a name's facts are from: itself, or the model it is a snapshot or a fine-tune of; undefined: nobody knows it. */
export const entryOf = (name: string, vendor: 'openai' | 'anthropic'): string | undefined =>
  spellings(name).find((candidate) => Object.hasOwn(TABLES[vendor], candidate));

const TABLES = { openai: OPENAI_MODELS, anthropic: ANTHROPIC_MODELS } as const;

/** Where a vendor's entries are from, and the UTC day they were last compared with it. */
export const SOURCES: Readonly<Record<ModelFacts['vendor'], { readonly source: string; readonly checked?: string }>> = {
  openai: { source: "the models of OpenAI's SDK 7.57.0, and public reports that agree", checked: '2026-11-23' },
  anthropic: { source: "Anthropic's models API, its pricing page and its pages of features", checked: '2026-11-23' },
  other: { source: 'what Chat servers of 2024 understood' },
};

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
