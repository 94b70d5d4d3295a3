import { isList, isObject, type Json, type JsonObject, objectOf } from '../../model/json.ts';
import { cacheWriteTokens, inputTokens, outputTokens, type Tokens, type Usage, type UsagePart } from '../../model/usage.ts';
import { entryOf, present } from './name.ts';

/** Usage as Messages tells it: `input_tokens` holds neither cache reads nor cache writes, thinking is within `output_tokens`. */
export function decodeUsage(wire: JsonObject): Usage {
  const { tokens, assumed } = decodeTokens(wire);
  const reasoningTokens = count(objectOf(wire['output_tokens_details'])['thinking_tokens']);
  const fees = Object.fromEntries(Object.entries(objectOf(wire['server_tool_use'])).filter(([, uses]) => count(uses) > 0));
  const region = word(wire['inference_geo']);
  const iterations = decodeIterations(wire['iterations']);
  const parts = iterations.map(({ part }) => part);
  const assumptions = [
    ...(assumed ? [ASSUMED_TTL] : []),
    ...(iterations.some(({ assumed }) => assumed) ? [`iterations.${ASSUMED_TTL}`] : []),
  ];
  return {
    tokens,
    ...(reasoningTokens > 0 && { reasoningTokens }),
    ...(Object.keys(fees).length > 0 && { fees: fees as { [name: string]: number } }),
    ...present({ tier: wire['speed'] === 'fast' ? 'fast' : word(wire['service_tier']) }),
    ...(region !== undefined && region !== 'not_available' && { region }),
    ...(parts.length > 0 && { parts }),
    ...(assumptions.length > 0 && { assumed: assumptions }),
    wire,
  };
}

const ASSUMED_TTL = 'cache_write_ttl:5m';

/**
 * Writes are told as a sum and, not always, by lifetime. What the lifetimes leave of the sum is taken
 * as five minutes, Messages' default: a breakdown of zeros beside a sum must not make writes free.
 */
function decodeTokens(wire: JsonObject): { readonly tokens: Tokens; readonly assumed: boolean } {
  const split = objectOf(wire['cache_creation']);
  const hour = count(split['ephemeral_1h_input_tokens']);
  const short = count(split['ephemeral_5m_input_tokens']);
  const unsorted = Math.max(0, count(wire['cache_creation_input_tokens']) - hour - short);
  const meters = {
    input: count(wire['input_tokens']),
    cacheRead: count(wire['cache_read_input_tokens']),
    cacheWrite5m: short + unsorted,
    cacheWrite1h: hour,
    output: count(wire['output_tokens']),
  };
  return { tokens: Object.fromEntries(Object.entries(meters).filter(([, tokens]) => tokens > 0)), assumed: unsorted > 0 };
}

/**
 * Inference that the top-level counters leave out. They hold the answering model's messages, which
 * after a fallback are those of the model that stepped in; compactions and advisors are always extra.
 */
function decodeIterations(wire: Json | undefined): { readonly part: UsagePart; readonly assumed: boolean }[] {
  const iterations = isList(wire) ? wire.filter(isObject) : [];
  const counted = iterations.some(({ type }) => type === 'fallback_message') ? 'fallback_message' : 'message';
  return iterations
    .filter(({ type }) => type !== counted)
    .map((iteration) => {
      const { tokens, assumed } = decodeTokens(iteration);
      return { part: { kind: word(iteration['type']) ?? 'other', ...present({ model: word(iteration['model']) }), tokens }, assumed };
    });
}

/** What a later report of the same answer adds: its counters are cumulative, and a null says nothing. */
export const mergeUsage = (earlier: JsonObject, later: JsonObject): JsonObject => ({
  ...earlier,
  ...Object.fromEntries(Object.entries(later).filter(([key, value]) => value !== null || !(key in earlier))),
});

/** Usage as a whole message tells it, every key of the SDK's type present. */
export function encodeUsage(usage: Usage | undefined): JsonObject {
  const { tokens = {}, fees, tier, region, assumed } = usage ?? {};
  const { cacheWrite30m = 0, cacheWrite12h = 0 } = tokens;
  return {
    ...encodeDeltaUsage(usage),
    // Lifetimes that Messages has no word for, and those only assumed, leave the breakdown open.
    cache_creation:
      cacheWrite30m + cacheWrite12h > 0 || assumed?.includes(ASSUMED_TTL)
        ? null
        : { ephemeral_5m_input_tokens: tokens.cacheWrite5m ?? 0, ephemeral_1h_input_tokens: tokens.cacheWrite1h ?? 0 },
    server_tool_use: encodeFees(fees),
    service_tier: tier === undefined ? null : (entryOf(TIERS, tier) ?? null),
    inference_geo: region ?? null,
    speed: tier === 'fast' ? 'fast' : null,
  };
}

const TIERS: Readonly<Record<string, string>> = {
  standard: 'standard',
  default: 'standard',
  fast: 'standard',
  priority: 'priority',
  batch: 'batch',
};

/** Usage as `message_delta` tells it: the counters alone. */
export function encodeDeltaUsage(usage: Usage | undefined): JsonObject {
  const { tokens = {}, reasoningTokens, fees } = usage ?? {};
  const writes = usage ? cacheWriteTokens(usage) : 0;
  const reads = tokens.cacheRead ?? 0;
  return {
    input_tokens: usage ? inputTokens(usage) - reads - writes : 0,
    cache_creation_input_tokens: writes,
    cache_read_input_tokens: reads,
    output_tokens: usage ? outputTokens(usage) : 0,
    output_tokens_details: reasoningTokens === undefined ? null : { thinking_tokens: reasoningTokens },
    server_tool_use: encodeFees(fees),
  };
}

/** What an answer that was not streamed to us told of its billing, besides counters, for the end of a stream that could not begin with it. */
export function lateUsage(usage: Usage | undefined): JsonObject {
  const { cache_creation, service_tier, inference_geo, speed } = encodeUsage(usage);
  const told = {
    ...(cache_creation !== null && usage && cacheWriteTokens(usage) > 0 && { cache_creation }),
    // Only these words cannot be another vendor's.
    ...((usage?.tier === 'standard' || usage?.tier === 'batch') && { service_tier }),
    ...(inference_geo !== null && { inference_geo }),
    ...(speed !== null && { service_tier, speed }),
  };
  return told as JsonObject;
}

function encodeFees(fees: Usage['fees']): JsonObject | null {
  const { web_search_requests: searches = 0, web_fetch_requests: fetches = 0 } = fees ?? {};
  return searches + fetches > 0 ? { web_search_requests: searches, web_fetch_requests: fetches } : null;
}

/** The fields of a usage that `Usage` does not say again when it is written: iterations, and tomorrow's. */
export function unsaidUsage(wire: JsonObject, usage: Usage): JsonObject {
  const said = encodeUsage(usage);
  return Object.fromEntries(Object.entries(wire).filter(([key, value]) => !COUNTERS.has(key) && meaningOf(value) !== meaningOf(said[key])));
}

const COUNTERS = new Set(['input_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens', 'output_tokens']);

/** A counter's zero, its null and its absence mean the same, inside an object too. */
function meaningOf(value: Json | undefined): string {
  if (value === undefined || value === null || value === 0) return '';
  if (!isObject(value)) return JSON.stringify(value);
  const said = Object.entries(value).flatMap(([key, inner]) => (meaningOf(inner) === '' ? [] : [`${key}=${meaningOf(inner)}`]));
  return said.sort().join();
}

const count = (value: Json | undefined): number => (typeof value === 'number' && value > 0 ? value : 0);
const word = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);
