import { isObject, type Json, type JsonObject } from '../model/json.ts';
import type { Tokens } from '../model/usage.ts';

/**
 * The meters of OpenAI's total of a prompt, which includes what was cached, written to the cache and heard.
 * The parts are cut to their total, so no meter is ever negative and together they are what the wire says.
 * Writes may be told by lifetime, as a sum or both; what the lifetimes leave of the sum is the default one.
 */
export function inputMeters(total: Json | undefined, details: JsonObject, cached: Json | undefined): Tokens {
  const lifetimes = isObject(details['cache_write_tokens_details']) ? details['cache_write_tokens_details'] : {};
  let left = count(total);
  const cut = (tokens: number): number => {
    const part = Math.min(tokens, left);
    left -= part;
    return part;
  };
  const cacheRead = cut(count(cached));
  const cacheWrite12h = cut(count(lifetimes['ttl_12h_tokens']));
  const cacheWrite30m = cut(Math.max(count(lifetimes['ttl_30m_tokens']), count(details['cache_write_tokens']) - cacheWrite12h));
  const audioInput = cut(count(details['audio_tokens']));
  return { input: left, cacheRead, cacheWrite30m, cacheWrite12h, audioInput };
}

const count = (value: Json | undefined): number => (typeof value === 'number' && Number.isFinite(value) ? Math.max(0, value) : 0);
