import { createHash } from 'node:crypto';
import type { ModelFacts } from '../../../model/facts.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { Reasoning, Sampling, Settings } from '../../../model/request.ts';
import type { Losses, Nothing } from '../../losses.ts';
import { given } from '../fields.ts';

/** Efforts from least to most thought. */
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** `reasoning_effort`, in a word the model takes. */
export function encodeReasoning(
  reasoning: Reasoning | undefined,
  maxOutputTokens: number | undefined,
  facts: ModelFacts,
  losses: Losses,
): { readonly effort?: string; readonly rest: JsonObject } {
  if (!reasoning) return { rest: {} };
  const { mode, budgetTokens, effort, show, extra, ...unseen } = reasoning;
  unseen satisfies Nothing;
  const rest = losses.extra('reasoning', extra);
  // Thoughts that are not shown by default and not wanted are no loss.
  if (show !== undefined) losses.dropped('reasoning.show', show, show === 'omitted' ? 'none' : 'behavior', 'openai-chat shows no thoughts');
  if (mode === 'betweenTools') losses.dropped('reasoning.mode', mode, 'behavior', 'openai-chat has efforts only');
  if (mode === 'adaptive') losses.dropped('reasoning.mode', mode, 'none', 'the models of openai-chat decide for themselves');
  const wanted =
    effort ?? (mode === 'off' ? 'none' : budgetTokens === undefined ? undefined : effortOf(budgetTokens, maxOutputTokens, facts));
  if (budgetTokens !== undefined) {
    losses.changed('reasoning.budgetTokens', budgetTokens, 'behavior', `openai-chat takes an effort, not a budget: ${effort ?? wanted}`);
  }
  if (mode === 'off' && effort !== undefined && effort !== 'none') {
    losses.dropped('reasoning.mode', mode, 'behavior', `the effort ${effort} is sent`);
  }
  if (wanted === undefined) return { rest };
  const path = effort === undefined ? 'reasoning.mode' : 'reasoning.effort';
  const taken = clamped(wanted, facts.efforts);
  if (taken === undefined) {
    const harmless = wanted === 'none' && !facts.reasons;
    losses.dropped(path, effort ?? mode, harmless ? 'none' : 'behavior', 'the model takes no effort');
    return { rest };
  }
  if (taken !== wanted) losses.changed(path, effort ?? mode, 'behavior', `the model takes ${facts.efforts.join(', ')}: sent ${taken}`);
  return { effort: taken, rest };
}

/** The same word, else the next weaker one the model takes, else its weakest; never `none` for one that asked for some. Words newer than ours pass. */
function clamped(effort: string, efforts: readonly string[]): string | undefined {
  if (efforts.length === 0) return undefined;
  if (efforts.includes(effort)) return effort;
  const rank = EFFORTS.indexOf(effort);
  if (rank < 0) return effort;
  const some = EFFORTS.filter((word) => word !== 'none' && efforts.includes(word));
  return some.findLast((word) => EFFORTS.indexOf(word) < rank) ?? some[0];
}

/** The effort that takes about the same share of the answer as the budget does. */
function effortOf(budgetTokens: number, maxOutputTokens: number | undefined, facts: ModelFacts): string {
  const share = budgetTokens / (maxOutputTokens ?? facts.outputTokensMax ?? 32_000);
  return share <= 0.25 ? 'low' : share <= 0.6 ? 'medium' : 'high';
}

/** Temperature, top_p and stop, as far as the model takes them: a reasoning model answers 400 to the rest. */
export function encodeSampling(sampling: Sampling, effort: string | undefined, facts: ModelFacts, losses: Losses): JsonObject {
  const { temperature, topP, topK, stop, ...unseen } = sampling;
  unseen satisfies Nothing;
  const taken = facts.sampling === 'yes' || (facts.sampling === 'effortNone' && (effort ?? facts.effortDefault) === 'none');
  if (!taken) {
    // 1 is the default of both: it says nothing.
    if (temperature !== undefined) losses.dropped('sampling.temperature', temperature, temperature === 1 ? 'none' : 'behavior', REFUSED);
    if (topP !== undefined) losses.dropped('sampling.topP', topP, topP === 1 ? 'none' : 'behavior', REFUSED);
  }
  if (topK !== undefined) losses.dropped('sampling.topK', topK, 'behavior', 'openai-chat has no top_k');
  return given({ ...(taken && given({ temperature, top_p: topP })), stop: stop && encodeStop(stop, facts, losses) });
}

const REFUSED = 'the model takes no sampling controls';

function encodeStop(stop: readonly string[], facts: ModelFacts, losses: Losses): readonly string[] | undefined {
  if (!facts.stop) {
    losses.dropped('sampling.stop', stop, 'behavior', 'the model takes no stop sequences');
    return undefined;
  }
  if (stop.length > 4) losses.dropped('sampling.stop', stop.slice(4), 'behavior', 'openai-chat takes four stop sequences');
  return stop.slice(0, 4);
}

/** What surrounds the question. Compatible servers get only what Chat servers of 2024 understood. */
export function encodeSettings(settings: Settings, facts: ModelFacts, losses: Losses): JsonObject {
  const { tier, store, verbosity, metadata, safetyId, user, cacheKey, cacheOptions, cacheRetention, ...unseen } = settings;
  unseen satisfies Nothing;
  if (facts.vendor !== 'openai') {
    const note = 'compatible servers do not know it';
    if (verbosity !== undefined) losses.dropped('settings.verbosity', verbosity, 'behavior', note);
    if (cacheKey !== undefined) losses.dropped('settings.cacheKey', cacheKey, 'cost', note);
    if (cacheOptions !== undefined) losses.dropped('settings.cacheOptions', cacheOptions, 'cost', note);
    if (cacheRetention !== undefined) losses.dropped('settings.cacheRetention', cacheRetention, 'cost', note);
    if (tier !== undefined) losses.dropped('settings.tier', tier, tier === 'auto' || tier === 'default' ? 'none' : 'cost', note);
    if (store !== undefined) losses.dropped('settings.store', store, store ? 'behavior' : 'none', note);
    if (metadata !== undefined) losses.dropped('settings.metadata', metadata, 'behavior', note);
    if (safetyId !== undefined && user !== undefined) losses.dropped('settings.user', user, 'none', 'the safety id takes its place');
    return given({ user: safetyId ?? user });
  }
  if (cacheOptions !== undefined && !facts.cacheMarks)
    losses.dropped('settings.cacheOptions', cacheOptions, 'cost', 'the model takes no cache options');
  return given({
    service_tier: tier === 'ultrafast' ? slower(tier, losses) : tier,
    store,
    verbosity,
    metadata,
    safety_identifier: safetyId && fittedSafetyId(safetyId, losses),
    user,
    prompt_cache_key: cacheKey,
    prompt_cache_options: cacheOptions && facts.cacheMarks ? encodeCacheOptions(cacheOptions, losses) : undefined,
    prompt_cache_retention: cacheRetention,
  });
}

function slower(tier: string, losses: Losses): string {
  losses.changed('settings.tier', tier, 'cost', 'openai-chat goes up to fast');
  return 'fast';
}

/** OpenAI takes 128 characters; longer ids are hashed, so that one user stays one user. */
function fittedSafetyId(id: string, losses: Losses): string {
  if (id.length <= 128) return id;
  losses.changed('settings.safetyId', id, 'none', 'openai-chat takes 128 characters: sent its SHA-256');
  return createHash('sha256').update(id).digest('hex');
}

/** Only Responses warms caches ahead and compares misses. */
function encodeCacheOptions(options: JsonObject, losses: Losses): JsonObject {
  const { prewarm, comparison_response_id: comparison, ...rest } = options;
  if (prewarm !== undefined) losses.dropped('settings.cacheOptions.prewarm', prewarm, 'cost', 'only openai-responses warms a cache');
  if (comparison !== undefined) {
    losses.dropped('settings.cacheOptions.comparison_response_id', comparison, 'none', 'only openai-responses compares cache misses');
  }
  if (rest['ttl'] !== '12h') return rest;
  losses.changed('settings.cacheOptions.ttl', rest['ttl'], 'cost', 'openai-chat keeps the whole prefix 30 minutes only');
  return { ...rest, ttl: '30m' };
}
