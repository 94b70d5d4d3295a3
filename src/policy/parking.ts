import type { FailureKind } from '../model/failure.ts';

/** Why a key is left alone: the provider refuses it, has no credit for it, or asked it to slow down. */
export type ParkedFor = 'denied' | 'exhausted' | 'throttled';

/** One of a provider's keys as it stands, a value. Times are on the steady clock. */
export interface KeyState {
  /** Not used before this, for any model. */
  readonly untilMs: number;
  /** Why; absent: it works, for all that is known. */
  readonly parkedFor?: 'denied' | 'exhausted';
  /** How often in a row it was parked without working in between. */
  readonly times: number;
  /** Models it has been told to slow down for, and until when: limits are a model's, not the key's. */
  readonly slow: ReadonlyMap<string, number>;
  /** Smooth weighted round robin: the key with the highest goes next. */
  readonly turn: number;
}

/** A refused key is tried again by one call after a minute, then ever more seldom; 10 minutes at most. */
const PARK_MS = 60_000;
const PARK_MS_MAX = 600_000;

/** A provider that asks for more patience than this is asked again all the same: a day's wait froze others' routes. */
export const WAIT_MS_MAX = 60_000;

const working: KeyState = { untilMs: 0, times: 0, slow: new Map(), turn: 0 };

export const workingKeys = (count: number): readonly KeyState[] => Array.from({ length: Math.max(1, count) }, () => working);

/** How long until any key may be used for a model, in milliseconds, and why not now where every key is parked. */
export function keysWait(
  keys: readonly KeyState[],
  model: string,
  nowMs: number,
): { readonly waitMs: number; readonly parkedFor?: ParkedFor } {
  let best: { waitMs: number; parkedFor?: ParkedFor } | undefined;
  for (const key of keys) {
    const waitMs = freeAtMs(key, model) - nowMs;
    if (waitMs <= 0) return READY;
    if (!best || waitMs < best.waitMs) best = { waitMs, parkedFor: key.untilMs > nowMs ? (key.parkedFor ?? 'throttled') : 'throttled' };
  }
  return best ?? READY;
}

const READY = { waitMs: 0 };

/** The key whose turn it is and the keys after it was used: `weights` share the calls among those that may be used now. */
export function takenKey(
  keys: readonly KeyState[],
  weights: readonly number[],
  model: string,
  nowMs: number,
  /** Calls of the same go by the same key as long as that may be used: 32 bits. Asked for only where there is a choice. */
  affinity?: () => number | undefined,
): { readonly index: number; readonly keys: readonly KeyState[] } {
  if (keys.length === 1) return { index: 0, keys: onTrial(keys, 0, nowMs) };
  const free = keys.map((key) => freeAtMs(key, model) <= nowMs);
  const usable = free.includes(true) ? free : keys.map(() => true);
  const same = affinity?.();
  if (same !== undefined) {
    const index = stuck(usable, weights, same);
    return { index, keys: onTrial(keys, index, nowMs) };
  }
  let total = 0;
  let index = -1;
  const turned = keys.map((key, at) => {
    if (!usable[at]) return key;
    const weight = weights[at] ?? 1;
    total += weight;
    return { ...key, turn: key.turn + weight };
  });
  for (const [at, key] of turned.entries()) if (usable[at] && (index < 0 || key.turn > turned[index]!.turn)) index = at;
  return { index, keys: onTrial(changed(turned, index, { turn: turned[index]!.turn - total }), index, nowMs) };
}

/**
 * Rendezvous hashing, by weight: when a key may not be used, its share alone goes to others, and comes back to it.
 */
function stuck(usable: readonly boolean[], weights: readonly number[], affinity: number): number {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (const [at, may] of usable.entries()) {
    if (!may) continue;
    const score = -Math.log((mixed(affinity, at) + 1) / 2 ** 32) / (weights[at] ?? 1);
    if (score < least) [best, least] = [at, score];
  }
  return best;
}

/** Evenly spread 32 bits of two numbers (the finalizer of MurmurHash3). */
function mixed(one: number, other: number): number {
  let bits = (one ^ Math.imul(other + 1, 0x9e3779b1)) >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) % (2 ** 32 - 1);
}

/** A key that was refused is tried by one call at a time. */
function onTrial(keys: readonly KeyState[], index: number, nowMs: number): readonly KeyState[] {
  return keys[index]!.parkedFor === undefined ? keys : changed(keys, index, { untilMs: nowMs + PARK_MS });
}

/** The keys once one of them was refused, found empty or told to slow down; `undefined`: the failure says nothing about the key. */
export function parkedKeys(
  keys: readonly KeyState[],
  index: number,
  { kind, retryAfterMs }: { readonly kind: FailureKind; readonly retryAfterMs?: number },
  model: string,
  nowMs: number,
): readonly KeyState[] | undefined {
  const key = keys[index];
  if (!key) return undefined;
  if (kind === 'denied' || kind === 'exhausted') {
    const restMs = Math.min(PARK_MS_MAX, PARK_MS * 2 ** key.times);
    return changed(keys, index, { untilMs: nowMs + restMs, parkedFor: kind, times: key.times + 1 });
  }
  if (kind !== 'throttled' || retryAfterMs === undefined) return undefined;
  const slow = new Map([...key.slow].filter(([, untilMs]) => untilMs > nowMs));
  slow.set(model, Math.max(slow.get(model) ?? 0, nowMs + Math.min(WAIT_MS_MAX, retryAfterMs)));
  return changed(keys, index, { slow });
}

/** The keys once one of them worked; `undefined`: nothing changed. */
export const restoredKeys = (keys: readonly KeyState[], index: number): readonly KeyState[] | undefined =>
  keys[index]?.parkedFor === undefined ? undefined : keys.with(index, { ...working, slow: keys[index].slow, turn: keys[index].turn });

/** Whether a key may be used for every model. */
export const isFree = ({ untilMs, slow }: KeyState, nowMs: number): boolean =>
  untilMs <= nowMs && [...slow.values()].every((slowUntilMs) => slowUntilMs <= nowMs);

const freeAtMs = ({ untilMs, slow }: KeyState, model: string): number =>
  slow.size === 0 ? untilMs : Math.max(untilMs, slow.get(model) ?? 0);

const changed = (keys: readonly KeyState[], index: number, change: Partial<KeyState>): readonly KeyState[] =>
  keys.with(index, { ...keys[index]!, ...change });
