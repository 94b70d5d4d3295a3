import { createHash } from 'node:crypto';
import type { ModelFacts } from '../../../model/facts.ts';
import type { Json, JsonObject } from '../../../model/json.ts';
import type { ModelRequest, Sampling, Settings } from '../../../model/request.ts';
import type { Losses } from '../../losses.ts';
import { present } from '../fields.ts';

/** What surrounds the question. Nothing is stored unless the caller asked: Responses' own default would store it. */
export function encodeSettings(settings: Settings, storeUnsaid: boolean, { cacheMarks }: ModelFacts, losses: Losses): JsonObject {
  const { tier, store, metadata, safetyId, user, cacheKey, cacheOptions, cacheRetention } = settings;
  if (cacheOptions !== undefined && !cacheMarks)
    losses.dropped('settings.cacheOptions', cacheOptions, 'cost', 'the model takes no cache options');
  return present({
    service_tier: tier,
    store: store ?? (storeUnsaid ? undefined : false),
    metadata,
    safety_identifier: safetyId === undefined ? undefined : fitSafetyId(safetyId, losses),
    user,
    prompt_cache_key: cacheKey,
    prompt_cache_options: cacheMarks ? cacheOptions : undefined,
    prompt_cache_retention: cacheRetention,
  });
}

/** OpenAI takes 128 characters; Anthropic's user ids may be longer. */
function fitSafetyId(id: string, losses: Losses): string {
  if (id.length <= 128) return id;
  losses.changed('settings.safetyId', id, 'none', 'safety identifiers have at most 128 characters: sent a hash');
  return createHash('sha256').update(id).digest('hex');
}

/** `temperature` and `top_p`, where the model takes them at this effort; what Responses cannot say is lost. */
export function encodeSampling(sampling: Sampling, effort: string | undefined, facts: ModelFacts, losses: Losses): JsonObject {
  const { temperature, topP, topK, stop } = sampling;
  if (topK !== undefined) losses.dropped('sampling.topK', topK, 'behavior', 'openai-responses has no top_k');
  if (stop && stop.length > 0) losses.dropped('sampling.stop', stop, 'behavior', 'openai-responses has no stop sequences');
  const taken = facts.sampling === 'yes' || (facts.sampling === 'effortNone' && (effort ?? facts.effortDefault) === 'none');
  if (taken) return present({ temperature, top_p: topP });
  for (const [field, value] of [
    ['temperature', temperature],
    ['topP', topP],
  ] as const) {
    // 1 is what the model does anyway.
    if (value !== undefined)
      losses.dropped(`sampling.${field}`, value, value === 1 ? 'none' : 'behavior', 'the model does not let its sampling be changed');
  }
  return {};
}

/** OpenAI refuses fewer than 16. */
const OUTPUT_TOKENS_MIN = 16;

/** `max_output_tokens` within what the model takes. */
export function encodeMaxTokens(wanted: number | undefined, { outputTokensMax }: ModelFacts, losses: Losses): JsonObject {
  if (wanted === undefined) return {};
  const sent = Math.min(Math.max(wanted, OUTPUT_TOKENS_MIN), outputTokensMax ?? Number.POSITIVE_INFINITY);
  if (sent !== wanted) {
    losses.changed(
      'maxOutputTokens',
      wanted,
      'behavior',
      `the model writes between ${OUTPUT_TOKENS_MIN} and ${outputTokensMax ?? 'any number of'} tokens: sent ${sent}`,
    );
  }
  return { max_output_tokens: sent };
}

/**
 * What other dialects' own fields mean to the caller when they cannot be said: extra answers, sound
 * and searches are content; how words are drawn is behaviour; what does nothing at its value is nothing.
 */
export function requestImpacts({ extra }: ModelRequest): Readonly<Record<string, 'content' | 'behavior' | 'cost' | 'none'>> {
  const chat = extra?.['openai-chat'] ?? {};
  const zero = (field: string) => (chat[field] === 0 ? 'none' : 'behavior');
  const modalities = chat['modalities'];
  return {
    n: chat['n'] === 1 ? 'none' : 'content',
    audio: 'content',
    modalities: Array.isArray(modalities) && (modalities as readonly Json[]).every((each) => each === 'text') ? 'none' : 'content',
    web_search_options: 'content',
    mcp_servers: 'content',
    container: 'content',
    prediction: 'cost',
    logprobs: chat['logprobs'] === false ? 'none' : 'behavior',
    frequency_penalty: zero('frequency_penalty'),
    presence_penalty: zero('presence_penalty'),
    stream_options: 'none',
    diagnostics: 'none',
  };
}
