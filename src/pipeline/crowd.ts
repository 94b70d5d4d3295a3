import type { Failure } from '../model/failure.ts';
import type { Notices } from '../model/notice.ts';
import { createLine, type Line, type LineLimits, type Priority } from '../policy/line.ts';
import type { World } from '../world/world.ts';

/** Sees to it that no provider is given more to do at once than it can take. */
export interface Crowd {
  /**
   * Asks for a place at a provider; `ready` is called once, at once or later, with what gives the place back,
   * or with the failure `crowded`. The function returned calls the asking off.
   */
  enter(asked: Entrance, ready: (place: (() => void) | Failure) => void): () => void;
  configure(limits: ReadonlyMap<string, LineLimits>): void;
  /** Providers with limits, as they stand. */
  states(): readonly CrowdState[];
}

/** Who asks for a place, and how urgently. */
export interface Entrance {
  readonly provider: string;
  /** Whose turn it is: the gateway key, and the user where one is known. */
  readonly caller: string;
  readonly priority: Priority;
  /** How long the call can still wait, in milliseconds. */
  readonly remainingMs: number;
}

/** How a provider with limits stands. */
export interface CrowdState {
  readonly provider: string;
  readonly underWay: number;
  readonly underWayMax: number;
  readonly waiting: number;
}

interface Waiting {
  readonly caller: string;
  readonly priority: Priority;
  ready(place: (() => void) | Failure): void;
}

interface Place {
  limits: LineLimits;
  underWay: number;
  line: Line<Waiting>;
  sheds: boolean;
  /** Whether those who wait are being let in: one that leaves at once does not begin that again inside itself. */
  letsIn: boolean;
  /** How long attempts take, smoothed, in milliseconds: what a wait is guessed from. */
  usualMs: number;
}

/** Weight of the newest in the smoothed time. */
const NEWEST = 0.1;

export function createCrowd(limits: ReadonlyMap<string, LineLimits>, world: World, notices: Notices): Crowd {
  let places = new Map<string, Place>();

  function configure(next: ReadonlyMap<string, LineLimits>): void {
    const before = places;
    places = new Map(
      [...next].map(([provider, its]) => {
        const known = before.get(provider);
        if (known) known.limits = its;
        return [provider, known ?? placeFor(its)];
      }),
    );
  }
  configure(limits);

  /** A place given back once, however often it is asked to be. */
  function taken(place: Place, provider: string): () => void {
    place.underWay += 1;
    const fromMs = world.elapsed();
    let back = false;
    return () => {
      if (back) return;
      back = true;
      place.underWay -= 1;
      place.usualMs += (world.elapsed() - fromMs - place.usualMs) * NEWEST;
      letIn(place, provider);
      if (place.sheds && hasRoom(place)) shed(place, provider, false);
    };
  }

  function letIn(place: Place, provider: string): void {
    if (place.letsIn) return;
    place.letsIn = true;
    try {
      while (place.underWay < place.limits.underWayMax) {
        const next = place.line.next();
        if (!next) return;
        next.ready(taken(place, provider));
      }
    } finally {
      place.letsIn = false;
    }
  }

  function shed(place: Place, provider: string, on: boolean): void {
    if (place.sheds === on) return;
    place.sheds = on;
    notices.tell({ type: 'shedding', upstream: provider, state: on ? 'on' : 'off' });
  }

  function crowded(place: Place, provider: string, waitedMs?: number): Failure {
    shed(place, provider, true);
    const { underWayMax } = place.limits;
    const retryAfterMs = Math.ceil(Math.max(1000, ((place.line.length + 1) / underWayMax) * place.usualMs));
    return {
      kind: 'crowded',
      message: `${provider} is given no more than ${underWayMax} calls at once, and ${
        waitedMs === undefined ? `${place.line.length} wait already` : `no place came free within ${Math.ceil(waitedMs)} ms`
      }`,
      retryAfterMs,
      shouldRetry: true,
    };
  }

  return {
    enter({ provider, caller, priority, remainingMs }, ready) {
      const place = places.get(provider);
      if (!place) {
        ready(NOTHING);
        return NOTHING;
      }
      if (place.underWay < place.limits.underWayMax && place.line.length === 0) {
        ready(taken(place, provider));
        return NOTHING;
      }
      let callOff = NOTHING;
      const waiting: Waiting = {
        caller,
        priority,
        ready(outcome) {
          callOff();
          ready(outcome);
        },
      };
      const out = place.line.join(waiting);
      if (out !== waiting) {
        const waitMs = Math.min(place.limits.waitMsMax, remainingMs);
        callOff = world.after(waitMs, () => {
          place.line.leave(waiting);
          ready(crowded(place, provider, waitMs));
        });
      }
      out?.ready(crowded(place, provider));
      return () => {
        callOff();
        place.line.leave(waiting);
      };
    },
    configure,
    states: () =>
      [...places].map(([provider, { underWay, limits: its, line }]) => ({
        provider,
        underWay,
        underWayMax: its.underWayMax,
        waiting: line.length,
      })),
  };
}

/** Half the line is free or, where nobody may wait, half the places. */
const hasRoom = ({ line, underWay, limits: { waitingMax, underWayMax } }: Place): boolean =>
  waitingMax > 0 ? line.length < waitingMax / 2 : underWay <= underWayMax / 2;

const NOTHING = (): void => {};

function placeFor(limits: LineLimits): Place {
  const place: Place = { limits, underWay: 0, line: createLine(() => place.limits.waitingMax), sheds: false, letsIn: false, usualMs: 1000 };
  return place;
}
