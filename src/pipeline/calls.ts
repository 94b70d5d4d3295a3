import type { Running, Sink } from '../model/sink.ts';
import { Call } from './call.ts';
import type { Asking, Rooms } from './rooms.ts';

/** The calls under way, watched over together: one timer for all their deadlines and silences. */
export interface Calls {
  /** Starts a call; its whole life runs from here. */
  start(asking: Asking, sink: Sink): Running;
  readonly running: number;
}

/** How often calls are looked at, in milliseconds: how late a deadline may be noticed. */
const WATCH_EVERY_MS = 500;

export function createCalls(rooms: Rooms): Calls {
  const live = new Set<Call>();
  let watching = false;

  function watch(): void {
    for (const call of live) call.watched();
    watching = live.size > 0;
    if (watching) rooms.world.after(WATCH_EVERY_MS, watch);
  }

  return {
    start(asking, sink) {
      const call = new Call(asking, sink, rooms, () => live.delete(call));
      live.add(call);
      if (!watching) {
        watching = true;
        rooms.world.after(WATCH_EVERY_MS, watch);
      }
      call.begin();
      return call;
    },
    get running() {
      return live.size;
    },
  };
}
