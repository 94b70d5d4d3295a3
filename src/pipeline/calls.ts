import type { Asking } from '../lanes/lane.ts';
import type { Running, Sink } from '../model/sink.ts';
import { Call } from './call.ts';
import type { Rooms } from './rooms.ts';

/** The calls under way, watched over together: one timer for all their deadlines and silences. */
export interface Calls {
  /** Starts a call; its whole life runs from here. */
  start(asking: Asking, sink: Sink): Running;
  readonly running: number;
  /** Resolves once none is under way, or after `graceMs`. */
  ended(graceMs: number): Promise<void>;
}

const WATCH_EVERY_MS = 500;

export function createCalls(rooms: Rooms): Calls {
  // A list whose members know their place, not a Set: one that is added to and deleted from thousands of
  // times a second leaves dead tables behind that keep whole calls alive until the next full collection.
  const live: Call[] = [];
  let watching = false;
  let lastLeft = (): void => {};
  const everyMs = () => rooms.watchEveryMs?.() ?? WATCH_EVERY_MS;

  function watch(): void {
    // From the end: a call that ends while it is looked at is replaced by one already seen.
    for (let place = live.length - 1; place >= 0; place -= 1) live[place]?.watched();
    watching = live.length > 0;
    if (watching) rooms.world.after(everyMs(), watch);
  }

  function left(call: Call): void {
    const last = live.pop()!;
    if (live.length === 0) lastLeft();
    if (last === call) return;
    live[call.place] = last;
    last.place = call.place;
  }

  return {
    start(asking, sink) {
      const call = new Call(asking, sink, rooms, left);
      call.place = live.push(call) - 1;
      if (!watching) {
        watching = true;
        rooms.world.after(everyMs(), watch);
      }
      call.begin();
      return call;
    },
    get running() {
      return live.length;
    },
    async ended(graceMs) {
      if (live.length === 0 || graceMs <= 0) return;
      await new Promise<void>((resolve) => {
        const callOff = rooms.world.after(graceMs, resolve);
        lastLeft = () => {
          callOff();
          resolve();
        };
      });
    },
  };
}
