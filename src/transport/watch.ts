import type { Provider } from '../model/provider.ts';
import type { World } from '../world/world.ts';

/** Something that may take too long. */
export interface Watched {
  /** Asked every so often: whether too much time has passed is its own business. `late`: nobody looked for a while. */
  look(nowMs: number, late: boolean): void;
}

/** Keeps the time of everything under way with one timer, which rests when there is nothing to watch. */
export interface Watch {
  add(it: Watched): void;
  remove(it: Watched): void;
  readonly watched: number;
}

/** Looks are at least this far apart, in milliseconds, and at most that. */
const LOOK_MS_MIN = 10;
const LOOK_MS_MAX = 250;

/** Looks eight times within the shortest time-out, so none fires more than an eighth or a quarter of a second late. */
export function createWatch(world: World, limits: readonly Pick<Provider, 'firstByteMs' | 'stallMs'>[]): Watch {
  const shortestMs = Math.min(...limits.flatMap(({ firstByteMs, stallMs }) => [firstByteMs, stallMs]));
  const everyMs = Math.max(LOOK_MS_MIN, Math.min(LOOK_MS_MAX, shortestMs / 8));
  const watched = new Set<Watched>();
  let looking = false;
  let lookedMs = 0;

  function look(): void {
    const nowMs = world.elapsed();
    // After a pause of the whole process (a suspended machine, a stopped container) what was sent
    // meanwhile waits unread: the silence was ours, and the count starts anew.
    const late = nowMs - lookedMs > everyMs + LATE_MS;
    for (const it of watched) it.look(nowMs, late);
    looking = watched.size > 0;
    if (looking) next(nowMs);
  }

  function next(nowMs: number): void {
    lookedMs = nowMs;
    world.after(everyMs, look);
  }

  return {
    add(it) {
      watched.add(it);
      if (looking) return;
      looking = true;
      next(world.elapsed());
    },
    remove(it) {
      watched.delete(it);
    },
    get watched() {
      return watched.size;
    },
  };
}

const LATE_MS = 1000;
