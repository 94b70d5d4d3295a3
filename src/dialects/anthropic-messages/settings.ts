import type { ModelFacts } from '../../model/facts.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Sampling, Settings } from '../../model/request.ts';
import type { Losses, Nothing } from '../losses.ts';
import { present } from './name.ts';

/** Temperature and its like for models that still take them, and where to stop. */
export function encodeSampling(sampling: Sampling = {}, facts: ModelFacts, losses: Losses): JsonObject {
  const { temperature, topP, topK, stop, ...unseen } = sampling;
  unseen satisfies Nothing;
  const stops = encodeStop(stop, facts, losses);
  if (facts.sampling !== 'yes') {
    for (const [field, value] of Object.entries(present({ temperature, topP, topK }))) {
      const usual = value === 1 && field !== 'topK';
      losses.dropped(`sampling.${field}`, value, usual ? 'none' : 'behavior', 'the model chooses its own sampling');
    }
    return stops;
  }
  if (temperature !== undefined && temperature > 1)
    losses.changed('sampling.temperature', temperature, 'behavior', 'at most 1 in Messages');
  const both = temperature !== undefined && topP !== undefined;
  if (both) losses.dropped('sampling.topP', topP, topP === 1 ? 'none' : 'behavior', 'Claude takes temperature or top_p, not both');
  return present({
    temperature: temperature === undefined ? undefined : Math.min(temperature, 1),
    top_p: both ? undefined : topP,
    top_k: topK,
    ...stops,
  }) as JsonObject;
}

function encodeStop(stop: readonly string[] | undefined, facts: ModelFacts, losses: Losses): JsonObject {
  if (!stop) return {};
  if (!facts.stop) {
    losses.dropped('sampling.stop', stop, 'behavior', 'the model takes no stop sequences');
    return {};
  }
  const taken = stop.filter((word) => word.trim() !== '');
  if (taken.length < stop.length) losses.changed('sampling.stop', stop, 'behavior', 'Messages refuses stop sequences of white space');
  return taken.length > 0 ? { stop_sequences: taken } : {};
}

/** The fields that stand around the question. */
export interface Around {
  readonly metadata?: JsonObject;
  readonly service_tier?: string;
  readonly speed?: string;
}

/** Who asks, how soon, and what Messages has no word for. */
export function encodeSettings(settings: Settings = {}, losses: Losses): Around {
  const { tier, store, verbosity, metadata, safetyId, user, cacheKey, cacheOptions, cacheRetention, ...unseen } = settings;
  unseen satisfies Nothing;
  const id = safetyId ?? user;
  if (safetyId !== undefined && user !== undefined && user !== safetyId)
    losses.dropped('settings.user', user, 'none', 'Messages knows one id of the end user; the safety identifier is sent');
  if (store !== undefined) losses.dropped('settings.store', store, store ? 'behavior' : 'none', 'Messages stores nothing');
  if (verbosity !== undefined) losses.dropped('settings.verbosity', verbosity, 'behavior', 'Messages has no verbosity');
  if (metadata !== undefined) losses.dropped('settings.metadata', metadata, 'behavior', 'Messages keeps no metadata');
  if (cacheKey !== undefined) losses.dropped('settings.cacheKey', cacheKey, 'cost', 'Messages caches by prefix alone');
  if (cacheOptions !== undefined) losses.dropped('settings.cacheOptions', cacheOptions, 'cost', 'Messages caches where it is told to');
  if (cacheRetention !== undefined)
    losses.dropped('settings.cacheRetention', cacheRetention, 'cost', 'Messages sets lifetimes mark by mark');
  return { ...(id !== undefined && { metadata: { user_id: id } }), ...encodeTier(tier, losses) };
}

function encodeTier(tier: string | undefined, losses: Losses): Around {
  if (tier === undefined) return {};
  if (tier === 'auto') return { service_tier: 'auto' };
  if (tier === 'default') return { service_tier: 'standard_only' };
  if (tier === 'fast') return { speed: 'fast' };
  losses.dropped('settings.tier', tier, 'cost', 'Messages has no such tier');
  return {};
}
