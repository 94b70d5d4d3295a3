import type { ModelFacts } from '../model/facts.ts';

/**
 * OpenAI's models as of 2026-11-23. OpenAI has no endpoint that tells these things; sources are the
 * SDK's own lists (openai 7.57.0) and cross-checked public reports. A name not listed, once a date
 * suffix is cut off, gets the rules of `unknown`.
 */
const reasoning: ModelFacts = {
  vendor: 'openai',
  contextTokens: 1_050_000,
  outputTokensMax: 128_000,
  reasons: true,
  efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
  effortDefault: 'medium',
  thinking: [],
  sampling: 'effortNone',
  stop: false,
  forcedToolChoice: true,
  // GPT-5.6 and later answer 400 on Chat for function tools with any effort but `none`.
  toolsOnChat: 'effortNone',
  chat: true,
  prefill: true,
  systemTurns: true,
  structuredOutput: true,
  cacheMarks: true,
  cacheMinTokens: 1024,
};

/** No effort `none`: sampling stays refused, and tools never work on Chat. */
const alwaysReasoning: ModelFacts = { ...reasoning, efforts: ['low', 'medium', 'high', 'xhigh', 'max'], sampling: 'no', toolsOnChat: 'no' };

// 5.4 and 5.5 do not reason unless asked, so on Chat they refuse tools only when an effort is spelled out.
const gpt55: ModelFacts = {
  ...reasoning,
  contextTokens: 400_000,
  efforts: ['none', 'low', 'medium', 'high', 'xhigh'],
  effortDefault: 'none',
  cacheMarks: false,
};

const gpt52: ModelFacts = { ...gpt55, toolsOnChat: 'yes' };

const gpt5: ModelFacts = { ...gpt52, efforts: ['minimal', 'low', 'medium', 'high'], effortDefault: 'medium', sampling: 'no' };

const oSeries: ModelFacts = { ...gpt5, contextTokens: 200_000, outputTokensMax: 100_000, efforts: ['low', 'medium', 'high'] };

const { effortDefault: _, ...unreasoned } = gpt52;
const plain: ModelFacts = {
  ...unreasoned,
  contextTokens: 128_000,
  outputTokensMax: 16_384,
  reasons: false,
  efforts: [],
  sampling: 'yes',
  stop: true,
};

const gpt41: ModelFacts = { ...plain, contextTokens: 1_047_576, outputTokensMax: 32_768 };
const onlyResponses = (facts: ModelFacts): ModelFacts => ({ ...facts, chat: false, toolsOnChat: 'no' });

export const OPENAI_MODELS: Readonly<Record<string, ModelFacts>> = {
  'gpt-6.2-astra': { ...alwaysReasoning, efforts: ['low', 'medium', 'high', 'xhigh'] },
  'gpt-6.2-sol': { ...alwaysReasoning, efforts: ['low', 'medium', 'high', 'xhigh'] },
  'gpt-6-astra': alwaysReasoning,
  'gpt-6.1-sol': alwaysReasoning,
  'gpt-6.1-terra': reasoning,
  'gpt-6-sol': reasoning,
  'gpt-6-luna': reasoning,
  'gpt-5.6': reasoning,
  'gpt-5.6-sol': reasoning,
  'gpt-5.6-terra': reasoning,
  'gpt-5.6-luna': reasoning,
  'gpt-5.5': gpt55,
  'gpt-5.5-pro': onlyResponses(gpt55),
  'gpt-5.4': gpt55,
  'gpt-5.4-mini': gpt55,
  'gpt-5.4-nano': gpt55,
  'gpt-5.4-pro': onlyResponses(gpt55),
  'gpt-5.3-codex': onlyResponses(gpt52),
  'gpt-5.2': gpt52,
  'gpt-5.2-pro': onlyResponses(gpt52),
  'gpt-5.2-codex': onlyResponses(gpt52),
  'gpt-5.1': { ...gpt52, efforts: ['none', 'low', 'medium', 'high'] },
  'gpt-5.1-codex': onlyResponses({ ...gpt5, efforts: ['low', 'medium', 'high'] }),
  'gpt-5.1-codex-mini': onlyResponses({ ...gpt5, efforts: ['low', 'medium', 'high'] }),
  'gpt-5.1-codex-max': onlyResponses({ ...gpt52, efforts: ['none', 'medium', 'high', 'xhigh'], sampling: 'no' }),
  'gpt-5': gpt5,
  'gpt-5-mini': gpt5,
  'gpt-5-nano': gpt5,
  'gpt-5-pro': onlyResponses({ ...gpt5, efforts: ['high'], effortDefault: 'high', outputTokensMax: 272_000 }),
  'gpt-5-codex': onlyResponses({ ...gpt5, efforts: ['low', 'medium', 'high'] }),
  'gpt-5-chat-latest': plain,
  'gpt-5.1-chat-latest': plain,
  'gpt-5.2-chat-latest': plain,
  o1: oSeries,
  'o1-pro': onlyResponses(oSeries),
  o3: oSeries,
  'o3-mini': oSeries,
  'o3-pro': onlyResponses(oSeries),
  'o4-mini': oSeries,
  'codex-mini-latest': onlyResponses(oSeries),
  'gpt-4.1': gpt41,
  'gpt-4.1-mini': gpt41,
  'gpt-4.1-nano': gpt41,
  'gpt-4o': plain,
  'gpt-4o-mini': plain,
  'chatgpt-4o-latest': plain,
  'gpt-4o-search-preview': plain,
  'gpt-4o-mini-search-preview': plain,
  'gpt-4o-audio-preview': plain,
  'gpt-audio': plain,
  'gpt-4-turbo': { ...plain, outputTokensMax: 4096, structuredOutput: false },
  'gpt-4': { ...plain, contextTokens: 8192, outputTokensMax: 8192, structuredOutput: false },
  'gpt-3.5-turbo': { ...plain, contextTokens: 16_385, outputTokensMax: 4096, structuredOutput: false },
};

/** A model of OpenAI's we have no entry for is probably newer than this table: what the newest refuse is not sent. */
export const unknownOpenAI: ModelFacts = { ...alwaysReasoning, efforts: ['low', 'medium', 'high'], cacheMarks: false };

/**
 * A name that is not of OpenAI's form, such as a deployment's or one of a proxy's own, says nothing of
 * the model's age: a Chat request for it stays on Chat, where its caller sent it.
 */
export const renamedOpenAI: ModelFacts = { ...unknownOpenAI, toolsOnChat: 'yes' };
