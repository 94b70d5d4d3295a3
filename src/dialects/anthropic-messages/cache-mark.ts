import type { JsonObject } from '../../model/json.ts';
import type { CacheMark } from '../../model/part.ts';
import type { Losses } from '../losses.ts';
import type { Taker } from '../take.ts';
import { present } from './name.ts';

/** The block's `cache_control`: as a mark where it says no more than a mark can, else whole, for `extra`. */
export function takeMark(block: Taker): { readonly cache?: CacheMark; readonly kept?: JsonObject } {
  const wire = block.maybeObject('cache_control');
  if (!wire) return {};
  const { type, ttl, ...more } = wire;
  if (type !== 'ephemeral' || Object.keys(more).length > 0) return { kept: { cache_control: wire } };
  if (ttl === undefined || ttl === null) return { cache: {} };
  if (ttl === '5m') return { cache: { ttlMinutes: 5 } };
  if (ttl === '1h') return { cache: { ttlMinutes: 60 } };
  return { kept: { cache_control: wire } };
}

/** `cache_control` of a mark. Messages knows two lifetimes; others become the nearest that is known, reported. */
export function encodeMark({ ttlMinutes }: CacheMark, path: string, losses: Losses): JsonObject {
  if (ttlMinutes === undefined) return { type: 'ephemeral' };
  const ttl = ttlMinutes <= 5 ? '5m' : '1h';
  if (ttlMinutes !== 5 && ttlMinutes !== 60) losses.changed(`${path}.ttlMinutes`, ttlMinutes, 'cost', `cached for ${ttl} instead`);
  return { type: 'ephemeral', ttl };
}

/** A block under construction. */
export type Block = { [key: string]: JsonObject[string] };

/**
 * Puts marks on blocks, and in the end takes away those beyond the four Messages allows: it keeps the
 * last one before the conversation (tools and system change least) and the latest inside it.
 */
export interface Marks {
  /** The block with the mark on it; tools come before system blocks, and those before messages. */
  put(block: Block, cache: CacheMark | undefined, path: string, where: 'prefix' | 'messages'): Block;
  trim(): void;
}

/** `allowed`: how many marks may stay (4, less one for automatic caching; 0 for models that take none). */
export function createMarks(allowed: number, losses: Losses): Marks {
  const marked: { block: Block; cache: CacheMark; path: string; where: 'prefix' | 'messages' }[] = [];
  return {
    put(block, cache, path, where) {
      if (!cache) return block;
      if (allowed === 0) {
        losses.dropped(`${path}.cache`, cache, 'cost', 'the model takes no cache marks');
        return block;
      }
      block['cache_control'] = encodeMark(cache, `${path}.cache`, losses);
      marked.push({ block, cache, path, where });
      return block;
    },
    trim() {
      if (marked.length <= allowed) return;
      const prefix = marked.findLast(({ where }) => where === 'prefix');
      const kept = new Set(prefix ? [prefix] : []);
      for (const mark of marked.toReversed()) if (kept.size < allowed) kept.add(mark);
      for (const mark of marked) {
        if (kept.has(mark)) continue;
        delete mark.block['cache_control'];
        losses.dropped(`${mark.path}.cache`, mark.cache, 'cost', 'Messages takes four cache marks; the later ones are kept');
      }
    },
  };
}

/** Top-level `cache_control`: cache the prefix without saying where. */
export const automatic = (cache: CacheMark | undefined, losses: Losses) =>
  present({ cache_control: cache && encodeMark(cache, 'cache', losses) });
