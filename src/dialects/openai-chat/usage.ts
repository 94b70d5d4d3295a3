import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import { cacheWriteTokens, inputTokens, type Meter, outputTokens, type Tokens, type Usage } from '../../model/usage.ts';
import { inputMeters } from '../openai-usage.ts';

/** Chat's totals include what was cached, written to the cache, heard and reasoned; our meters never overlap. */
export function decodeUsage(wire: JsonObject, tier?: string): Usage {
  const prompt = objectIn(wire, 'prompt_tokens_details');
  const completion = objectIn(wire, 'completion_tokens_details');
  // DeepSeek, Mistral and Moonshot say the cached part beside the details, under names of their own.
  const cached = prompt['cached_tokens'] ?? wire['prompt_cache_hit_tokens'] ?? wire['cached_tokens'] ?? wire['num_cached_tokens'];
  const reasoningTokens = count(completion['reasoning_tokens']);
  const written = writtenTokens(wire, reasoningTokens);
  const audioOutput = Math.min(count(completion['audio_tokens']), written);
  return {
    tokens: nonZero({
      ...inputMeters(wire['prompt_tokens'], prompt, cached),
      output: written - audioOutput,
      audioOutput,
    }),
    ...(reasoningTokens > 0 && { reasoningTokens }),
    ...(tier !== undefined && { tier }),
    wire,
  };
}

/** xAI leaves reasoning out of `completion_tokens`: its total then tells. */
function writtenTokens(wire: JsonObject, reasoning: number): number {
  const completion = count(wire['completion_tokens']);
  const apart = reasoning > 0 && count(wire['total_tokens']) === count(wire['prompt_tokens']) + completion + reasoning;
  return apart ? completion + reasoning : completion;
}

/** Usage in Chat's words, totals inclusive. */
export function encodeUsage(usage: Usage): JsonObject {
  const { tokens, reasoningTokens = 0 } = usage;
  const prompt = inputTokens(usage);
  const completion = outputTokens(usage);
  const { cacheRead = 0, audioInput = 0, audioOutput = 0 } = tokens;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: cacheRead,
      cache_write_tokens: cacheWriteTokens(usage),
      audio_tokens: audioInput,
    },
    completion_tokens_details: { reasoning_tokens: reasoningTokens, audio_tokens: audioOutput },
  };
}

// `standard` is Anthropic's word for the default.
const TIERS = new Map([
  ...['auto', 'default', 'flex', 'scale', 'priority', 'fast'].map((tier) => [tier, tier] as const),
  ['standard', 'default'] as const,
]);

/** The tier that served an answer, in OpenAI's words; undefined when it has none for it. */
export const encodeTier = (usage: Usage | undefined): string | undefined => TIERS.get(usage?.tier ?? '');

const count = (value: Json | undefined): number => (typeof value === 'number' && value > 0 ? value : 0);

const objectIn = (wire: JsonObject, key: string): JsonObject => {
  const value = wire[key];
  return isObject(value) ? value : {};
};

function nonZero(tokens: Tokens): Tokens {
  const kept: { -readonly [M in Meter]?: number } = {};
  for (const name in tokens) {
    const value = tokens[name as Meter];
    if (value) kept[name as Meter] = value;
  }
  return kept;
}
