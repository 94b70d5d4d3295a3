import type { World } from './world.ts';

/** A world whose time stands still until it is told to pass, and whose chance repeats from its seed. */
export interface SimulatedWorld extends World {
  /** Lets time pass: what was to happen meanwhile happens, each thing at its own moment, the earlier-asked first. */
  advance(ms: number): void;
  /** How long until the next thing that is waited for, in milliseconds; undefined when nothing is. */
  readonly nextMs: number | undefined;
  /** How many waits are pending. */
  readonly pending: number;
}

interface Wait {
  readonly atMs: number;
  readonly work: () => void;
}

/** `startMs` is the wall clock at the beginning, milliseconds since 1970; default: 2026-01-01, midnight UTC. */
export function simulatedWorld({ seed = 1, startMs = Date.UTC(2026, 0, 1) }: { seed?: number; startMs?: number } = {}): SimulatedWorld {
  /** Soonest first; of those at one moment, the first asked for first. */
  const waits: Wait[] = [];
  let elapsedMs = 0;

  function after(ms: number, work: () => void): () => void {
    const wait: Wait = { atMs: elapsedMs + Math.max(0, ms), work };
    waits.splice(placeFor(wait.atMs, waits), 0, wait);
    return () => {
      const place = waits.indexOf(wait);
      if (place >= 0) waits.splice(place, 1);
    };
  }

  return {
    now: () => startMs + Math.floor(elapsedMs),
    elapsed: () => elapsedMs,
    random: mulberry32(seed),
    after,
    soon: (work) => void after(0, work),
    advance(ms) {
      const untilMs = elapsedMs + ms;
      while (waits[0] && waits[0].atMs <= untilMs) {
        const { atMs, work } = waits.shift()!;
        elapsedMs = atMs;
        work();
      }
      elapsedMs = untilMs;
    },
    get nextMs() {
      return waits[0] && waits[0].atMs - elapsedMs;
    },
    get pending() {
      return waits.length;
    },
  };
}

/** After all that are due no later. */
function placeFor(atMs: number, waits: readonly Wait[]): number {
  let low = 0;
  let high = waits.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (waits[middle]!.atMs <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Tommy Ettinger's 32-bit generator: small, and good enough to shuffle a test. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
