import type { World } from './world.ts';

/** Longest wait a Node timer can hold; a longer one would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The machine's own clocks and chance. */
export const realWorld: World = {
  now: Date.now,
  elapsed: () => performance.now(),
  after(ms, work, upkeep) {
    const timer = setTimeout(work, Math.max(0, Math.min(ms, TIMER_MS_MAX)));
    if (upkeep) timer.unref();
    return () => clearTimeout(timer);
  },
  soon: setImmediate,
  random: Math.random,
};
