import type { ModelFacts } from '../model/facts.ts';

/**
 * Anthropic's models as of 2026-11-23 (models API `capabilities`, pricing and feature pages). A name
 * not listed, once a date suffix is cut off, gets the rules of `unknown`.
 */
const claude5: ModelFacts = {
  vendor: 'anthropic',
  contextTokens: 1_000_000,
  outputTokensMax: 128_000,
  reasons: true,
  efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
  effortDefault: 'high',
  thinking: ['adaptive', 'disabled'],
  sampling: 'no',
  stop: true,
  forcedToolChoice: true,
  toolsOnChat: 'yes',
  chat: true,
  prefill: false,
  systemTurns: true,
  structuredOutput: true,
  cacheMarks: true,
  // PDF support page, 2026-11: 600 pages a request, 100 with a window of 200,000 tokens.
  pdfPagesMax: 600,
  cacheMinTokens: 512,
};

const fable51: ModelFacts = { ...claude5, thinking: ['adaptive'], forcedToolChoice: false };
const fable5: ModelFacts = { ...claude5, thinking: ['adaptive'] };

const claude48: ModelFacts = { ...claude5, cacheMinTokens: 1024 };
const claude46: ModelFacts = {
  ...claude5,
  efforts: ['low', 'medium', 'high', 'max'],
  thinking: ['adaptive', 'enabled', 'disabled'],
  sampling: 'yes',
  systemTurns: false,
  cacheMinTokens: 4096,
};
const { effortDefault: _, ...effortless } = claude46;
const claude45: ModelFacts = {
  ...effortless,
  contextTokens: 200_000,
  outputTokensMax: 64_000,
  pdfPagesMax: 100,
  efforts: [],
  thinking: ['enabled', 'disabled'],
  prefill: true,
  cacheMinTokens: 1024,
};

const claude4: ModelFacts = { ...claude45, outputTokensMax: 32_000, structuredOutput: false };
const claude3: ModelFacts = { ...claude4, outputTokensMax: 8192, reasons: false, thinking: ['disabled'], cacheMinTokens: 2048 };

export const ANTHROPIC_MODELS: Readonly<Record<string, ModelFacts>> = {
  'claude-fable-5-2': fable51,
  'claude-fable-5-1': fable51,
  'claude-mythos-5-2': fable51,
  'claude-mythos-5-1': fable51,
  'claude-fable-5': fable5,
  'claude-mythos-5': fable5,
  'claude-opus-5-5': { ...fable51, effortDefault: 'medium' },
  'claude-opus-5': claude5,
  'claude-sonnet-5-5': { ...claude5, thinking: ['adaptive', 'between_tools'], forcedToolChoice: false },
  'claude-sonnet-5': { ...claude5, cacheMinTokens: 1024 },
  'claude-haiku-5-5': { ...claude5, effortDefault: 'medium' },
  'claude-opus-4-8': claude48,
  'claude-opus-4-7': { ...claude48, systemTurns: false, cacheMinTokens: 2048 },
  'claude-opus-4-6': claude46,
  'claude-sonnet-4-6': { ...claude46, cacheMinTokens: 1024 },
  'claude-opus-4-5': { ...claude45, efforts: ['low', 'medium', 'high'], effortDefault: 'high', cacheMinTokens: 4096 },
  'claude-sonnet-4-5': claude45,
  'claude-haiku-4-5': { ...claude45, cacheMinTokens: 4096 },
  'claude-opus-4-1': { ...claude4, structuredOutput: true },
  'claude-opus-4': claude4,
  'claude-opus-4-0': claude4,
  'claude-sonnet-4': { ...claude4, outputTokensMax: 64_000 },
  'claude-sonnet-4-0': { ...claude4, outputTokensMax: 64_000 },
  'claude-3-7-sonnet': { ...claude4, outputTokensMax: 64_000 },
  'claude-3-5-sonnet': { ...claude3, cacheMinTokens: 1024 },
  'claude-3-5-haiku': claude3,
  'claude-3-opus': { ...claude3, outputTokensMax: 4096 },
  'claude-3-sonnet': { ...claude3, outputTokensMax: 4096 },
  'claude-3-haiku': { ...claude3, outputTokensMax: 4096 },
};

/** A Claude we have no entry for is probably newer than this table: what the newest refuse is not sent. */
export const unknownAnthropic: ModelFacts = { ...fable51, efforts: ['low', 'medium', 'high'] };
