import type { JsonObject } from '../model/json.ts';
import type { Batch } from './batches/batch.ts';
import type { CacheStore } from './cache.ts';
import type { StoredFile, Upload } from './files/stored.ts';
import type { RateStore } from './rate.ts';

/** What a simulator remembers from one request to the next. */
export interface State {
  /** Requests so far. */
  serial: number;
  /** How often each rule's other conditions held, by the rule itself. */
  readonly matched: Map<object, number>;
  /** Requests so far of which at least the head came. */
  heads: number;
  /** How often each rule's other conditions held for a head. */
  readonly announced: Map<object, number>;
  /** Prompt caches by API key. */
  readonly caches: Map<string, CacheStore>;
  readonly rates: RateStore;
  /** Responses kept for `previous_response_id`, oldest first. */
  readonly responses: Map<string, StoredResponse>;
  /** Conversations of Messages kept for `thread`, by the id of their last answer, oldest first. */
  readonly threads: Map<string, StoredThread>;
  /** Files by id, oldest first. */
  readonly files: Map<string, StoredFile>;
  /** Files of OpenAI's that come in parts, by id, oldest first. */
  readonly uploads: Map<string, Upload>;
  /** Batches by id, oldest first. */
  readonly batches: Map<string, Batch>;
  /** Those of them that are not over. */
  readonly running: Set<Batch>;
}

export interface StoredResponse {
  /** Everything before it and its own output, as input items. */
  readonly items: readonly JsonObject[];
  readonly wire: JsonObject;
}

/** A conversation, with the system prompt and the tools it began with. */
export interface StoredThread {
  readonly wire: JsonObject;
  /** An answer is gone on from once. */
  continued: boolean;
}

export const emptyState = (): State => ({
  serial: 0,
  matched: new Map(),
  heads: 0,
  announced: new Map(),
  caches: new Map(),
  rates: new Map(),
  responses: new Map(),
  threads: new Map(),
  files: new Map(),
  uploads: new Map(),
  batches: new Map(),
  running: new Set(),
});

/** Responses, threads, files, uploads and batches kept at most, of each; the oldest goes first. */
const KEPT_MAX = 1000;

export function keep<T>(store: Map<string, T>, id: string, value: T): void {
  store.set(id, value);
  const [oldest] = store.keys();
  if (store.size > KEPT_MAX && oldest !== undefined) store.delete(oldest);
}

export function cacheOf(state: State, key: string): CacheStore {
  const cache = state.caches.get(key) ?? new Map();
  state.caches.set(key, cache);
  return cache;
}
