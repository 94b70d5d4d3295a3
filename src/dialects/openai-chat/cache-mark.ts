import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { CacheMark } from '../../model/part.ts';
import type { Losses } from '../losses.ts';
import type { Taker } from '../take.ts';

const MINUTES: Readonly<Record<string, number>> = { '30m': 30, '12h': 720 };

/** `prompt_cache_breakpoint` as a mark; one in words we do not know stays unread, and so verbatim. */
export function decodeMark(fields: Taker, wire: Json): { readonly cache?: CacheMark } {
  const mark = isObject(wire) ? wire['prompt_cache_breakpoint'] : undefined;
  if (!isKnown(mark)) return {};
  fields.leave('prompt_cache_breakpoint');
  return { cache: mark.ttl === undefined ? {} : { ttlMinutes: MINUTES[mark.ttl]! } };
}

function isKnown(mark: Json | undefined): mark is { readonly mode: 'explicit'; readonly ttl?: string } {
  if (!isObject(mark)) return false;
  const { mode, ttl, ...rest } = mark;
  return (
    mode === 'explicit' && Object.keys(rest).length === 0 && (ttl === undefined || (typeof ttl === 'string' && Object.hasOwn(MINUTES, ttl)))
  );
}

/** A mark as a part carries it. OpenAI keeps breakpoints 30 minutes or 12 hours: other lifetimes get the nearer of the two. */
export function encodeMark({ ttlMinutes }: CacheMark, path: string, losses: Losses): JsonObject {
  if (ttlMinutes === undefined) return { prompt_cache_breakpoint: { mode: 'explicit' } };
  const ttl = ttlMinutes > 60 ? '12h' : '30m';
  if (MINUTES[ttl] !== ttlMinutes) {
    losses.changed(`${path}.ttlMinutes`, ttlMinutes, 'cost', `openai-chat keeps a breakpoint 30 minutes or 12 hours: sent ${ttl}`);
  }
  return { prompt_cache_breakpoint: { mode: 'explicit', ttl } };
}
