import type { JsonObject } from '../model/json.ts';
import type { CacheStore } from './cache.ts';
import type { RateStore } from './rate.ts';

/** What a simulator remembers from one request to the next. */
export interface State {
  /** Requests so far. */
  serial: number;
  /** How often each rule's other conditions held, by the rule itself. */
  readonly matched: Map<object, number>;
  /** Prompt caches by API key. */
  readonly caches: Map<string, CacheStore>;
  readonly rates: RateStore;
  /** Responses kept for `previous_response_id`, oldest first. */
  readonly responses: Map<string, StoredResponse>;
}

export interface StoredResponse {
  /** Everything before it and its own output, as input items. */
  readonly items: readonly JsonObject[];
  readonly wire: JsonObject;
}

export const emptyState = (): State => ({ serial: 0, matched: new Map(), caches: new Map(), rates: new Map(), responses: new Map() });

/** Responses kept at most; the oldest goes first. */
const RESPONSES_MAX = 1000;

export function keepResponse(state: State, id: string, stored: StoredResponse): void {
  state.responses.set(id, stored);
  const [oldest] = state.responses.keys();
  if (state.responses.size > RESPONSES_MAX && oldest !== undefined) state.responses.delete(oldest);
}

export function cacheOf(state: State, key: string): CacheStore {
  const cache = state.caches.get(key) ?? new Map();
  state.caches.set(key, cache);
  return cache;
}
