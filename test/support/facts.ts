import type { ModelFacts } from '../../src/model/facts.ts';

/** A model that takes everything: what an encoder writes for it is limited by the wire format alone. */
export const ANYTHING: ModelFacts = {
  vendor: 'openai',
  reasons: true,
  efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'],
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
};

/** A Claude of late 2026: no sampling, no forced calls, no prefill, thinking always on. */
export const CLAUDE: ModelFacts = {
  vendor: 'anthropic',
  contextTokens: 1_000_000,
  outputTokensMax: 128_000,
  reasons: true,
  efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
  effortDefault: 'high',
  thinking: ['adaptive', 'between_tools'],
  sampling: 'no',
  stop: true,
  forcedToolChoice: false,
  toolsOnChat: 'yes',
  chat: false,
  prefill: false,
  systemTurns: true,
  structuredOutput: true,
  cacheMarks: true,
  cacheMinTokens: 1024,
};

/** A Claude of 2025: sampling, prefill and thinking budgets, no system turns. */
export const OLD_CLAUDE: ModelFacts = {
  ...CLAUDE,
  contextTokens: 200_000,
  outputTokensMax: 64_000,
  efforts: [],
  thinking: ['enabled', 'disabled'],
  sampling: 'yes',
  forcedToolChoice: true,
  prefill: true,
  systemTurns: false,
};

/** A reasoning model of OpenAI: tools need Responses unless effort is none, no sampling while it reasons. */
export const REASONER: ModelFacts = {
  vendor: 'openai',
  contextTokens: 400_000,
  outputTokensMax: 128_000,
  reasons: true,
  efforts: ['none', 'low', 'medium', 'high', 'xhigh'],
  effortDefault: 'medium',
  thinking: [],
  sampling: 'effortNone',
  stop: false,
  forcedToolChoice: true,
  toolsOnChat: 'effortNone',
  chat: true,
  prefill: false,
  systemTurns: true,
  structuredOutput: true,
  cacheMarks: true,
  cacheMinTokens: 1024,
};

/** A model behind a compatible server that understands what Chat servers of 2024 did. */
export const COMPATIBLE: ModelFacts = {
  vendor: 'other',
  contextTokens: 128_000,
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
  structuredOutput: false,
  cacheMarks: false,
};

/** Every set of facts the laws try. */
export const FACTS: Readonly<Record<string, ModelFacts>> = { ANYTHING, CLAUDE, OLD_CLAUDE, REASONER, COMPATIBLE };

/** The facts goldens are written with: what a caller of each dialect would most likely be routed to. */
export const USUAL = { 'openai-chat': COMPATIBLE, 'openai-responses': REASONER, 'anthropic-messages': CLAUDE } as const;
