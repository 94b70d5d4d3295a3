import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { CacheMark } from '../../model/part.ts';
import type { Losses } from '../losses.ts';
import type { Taker } from '../take.ts';

const MINUTES: Readonly<Record<string, number>> = { '30m': 30, '12h': 720 };

/** `prompt_cache_breakpoint` as a mark; one with words we do not know stays unread, and so verbatim. */
export function decodeMark(fields: Taker, wire: JsonObject): { readonly cache?: CacheMark } {
  const mark = wire['prompt_cache_breakpoint'];
  if (!known(mark)) return {};
  fields.leave('prompt_cache_breakpoint');
  const ttl = mark['ttl'];
  return { cache: typeof ttl === 'string' ? { ttlMinutes: MINUTES[ttl]! } : {} };
}

function known(mark: Json | undefined): mark is JsonObject {
  if (!isObject(mark) || mark['mode'] !== 'explicit') return false;
  const { mode: _, ttl, ...rest } = mark;
  return Object.keys(rest).length === 0 && (ttl === undefined || (typeof ttl === 'string' && ttl in MINUTES));
}

/** A mark for an input part. OpenAI keeps breakpoints 30 minutes (its default) or 12 hours; other lifetimes go to the nearest kept long enough to be worth it. */
export function encodeMark(mark: CacheMark, path: string, losses: Losses): JsonObject {
  const { ttlMinutes } = mark;
  if (ttlMinutes === undefined) return BREAKPOINT;
  const ttl = ttlMinutes > 60 ? '12h' : '30m';
  if (MINUTES[ttl] !== ttlMinutes) {
    losses.changed(
      `${path}.cache.ttlMinutes`,
      ttlMinutes,
      'cost',
      `openai-responses keeps a breakpoint 30 minutes or 12 hours: sent ${ttl}`,
    );
  }
  return { prompt_cache_breakpoint: { mode: 'explicit', ttl } };
}

const BREAKPOINT: JsonObject = { prompt_cache_breakpoint: { mode: 'explicit' } };

/** A mark where the format has no place for one. */
export function dropMark(mark: CacheMark | undefined, path: string, losses: Losses, where: string): void {
  if (mark) losses.dropped(`${path}.cache`, mark, 'cost', `openai-responses marks no breakpoint on ${where}`);
}
