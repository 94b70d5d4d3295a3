import type { Provider } from '../model/provider.ts';
import type { World } from '../world/world.ts';

/** Something that may take too long. */
export interface Watched {
  /** The watch's own: where on its list this stands. */
  place: number;
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
  // A list whose members know their place, not a Set: a Set that is added to and deleted from thousands of
  // times a second leaves dead tables that keep whole requests alive until the next full collection
  // (measured: 17 % of the time in GC instead of 4 %).
  const watched: Watched[] = [];
  let looking = false;
  let lookedMs = 0;

  function look(): void {
    const nowMs = world.elapsed();
    // After a pause of the whole process (a suspended machine, a stopped container) what was sent
    // meanwhile waits unread: the silence was ours, and the count starts anew.
    const late = nowMs - lookedMs > everyMs + LATE_MS;
    // From the end: whatever gives up while it is looked at is replaced by one already seen.
    for (let place = watched.length - 1; place >= 0; place -= 1) watched[place]?.look(nowMs, late);
    looking = watched.length > 0;
    if (looking) next(nowMs);
  }

  function next(nowMs: number): void {
    lookedMs = nowMs;
    world.after(everyMs, look);
  }

  return {
    add(it) {
      it.place = watched.push(it) - 1;
      if (looking) return;
      looking = true;
      next(world.elapsed());
    },
    remove(it) {
      const last = watched.pop()!;
      if (last === it) return;
      watched[it.place] = last;
      last.place = it.place;
    },
    get watched() {
      return watched.length;
    },
  };
}

const LATE_MS = 1000;
