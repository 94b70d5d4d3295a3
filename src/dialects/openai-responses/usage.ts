import { isList, isObject, type Json, type JsonObject } from '../../model/json.ts';
import { cacheWriteTokens, inputTokens, outputTokens, type Tokens, type Usage } from '../../model/usage.ts';
import type { Losses } from '../losses.ts';
import { inputMeters } from '../openai-usage.ts';
import { present } from './fields.ts';

/** What a response says was used: its `usage`, the tier that served it, and the hosted searches billed by the piece. */
export function decodeUsage(response: JsonObject): Usage | undefined {
  const wire = response['usage'];
  if (!isObject(wire)) return undefined;
  const fees = feesOf(response);
  const tier = response['service_tier'];
  const reasoningTokens = count(details(wire, 'output_tokens_details')['reasoning_tokens']);
  return {
    tokens: tokensOf(wire),
    ...(reasoningTokens > 0 && { reasoningTokens }),
    ...(fees && { fees }),
    ...(typeof tier === 'string' && { tier }),
    wire,
  };
}

/** `input_tokens` includes what was read from and written to the cache; the meters do not overlap. */
function tokensOf(wire: JsonObject): Tokens {
  const input = details(wire, 'input_tokens_details');
  const tokens = { ...inputMeters(wire['input_tokens'], input, input['cached_tokens']), output: count(wire['output_tokens']) };
  return Object.fromEntries(Object.entries(tokens).filter(([, amount]) => amount > 0));
}

/** Billed searches as OpenAI counts them; an older response does not say, so its finished calls are counted. */
function feesOf(response: JsonObject): { readonly [name: string]: number } | undefined {
  const told = details(details(response, 'tool_usage'), 'web_search')['num_requests'];
  const calls = isList(response['output']) ? response['output'].filter(isObject) : [];
  const fees = {
    web_search_requests: typeof told === 'number' ? told : calls.filter(isSearch).length,
    file_search_requests: calls.filter(({ type, status }) => type === 'file_search_call' && status === 'completed').length,
  };
  const some = Object.entries(fees).filter(([, amount]) => amount > 0);
  return some.length > 0 ? Object.fromEntries(some) : undefined;
}

/** Opening a page or looking into one is not billed. */
const isSearch = ({ type, status, action }: JsonObject): boolean =>
  type === 'web_search_call' &&
  status === 'completed' &&
  (!isObject(action) || action['type'] === undefined || action['type'] === 'search');

const details = (wire: JsonObject, field: string): JsonObject => {
  const value = wire[field];
  return isObject(value) ? value : {};
};
const count = (value: Json | undefined): number => (typeof value === 'number' && Number.isFinite(value) ? Math.max(0, value) : 0);

/** `usage` as the format has it: totals that include the cache, both `details` always there. */
export function encodeUsage(usage: Usage): JsonObject {
  const { tokens, reasoningTokens = 0 } = usage;
  const { cacheWrite30m = 0, cacheWrite12h = 0 } = tokens;
  const written = cacheWriteTokens(usage);
  const input = inputTokens(usage);
  const output = outputTokens(usage);
  return {
    input_tokens: input,
    input_tokens_details: present({
      cached_tokens: tokens.cacheRead ?? 0,
      cache_write_tokens: written,
      cache_write_tokens_details: cacheWrite12h > 0 ? { ttl_30m_tokens: cacheWrite30m, ttl_12h_tokens: cacheWrite12h } : undefined,
    }),
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: input + output,
  };
}

const TIERS = new Set(['auto', 'default', 'flex', 'scale', 'priority', 'fast', 'ultrafast']);

/** `service_tier` in OpenAI's words: Anthropic's `standard` is its `default`; a word for which it has none is left out. */
export function encodeTier(tier: string | undefined, losses: Losses): JsonObject {
  if (tier === undefined) return {};
  const known = tier === 'standard' ? 'default' : tier;
  if (known !== tier || !TIERS.has(known)) losses.changed('usage.tier', tier, 'none', 'openai-responses has its own names of tiers');
  return TIERS.has(known) ? { service_tier: known } : {};
}
