import type { RateLimits } from '../model/limits.ts';
import { admitted, type Pace, remaining, requestPace, settled, tokenPace } from '../policy/pace.ts';

/** Something whose use is paced, by a name of its own. */
export interface Paced {
  readonly name: string;
  readonly limits: RateLimits;
}

/** What a request takes of one pace. */
export interface Taken {
  readonly name: string;
  readonly of: RateUnit;
  readonly reserved: number;
  /** Takes it: to be called at once. */
  take(): void;
  /** Puts what was really used in its place. */
  settle(used: number): void;
}

export type RateUnit = 'requests' | 'tokens';

/** Which limit says wait, and for how long. */
export interface Wait {
  readonly name: string;
  readonly of: RateUnit;
  readonly perMinute: number;
  readonly retryAfterMs: number;
}

/** What is left of a limit. */
export interface RateState {
  readonly of: RateUnit;
  readonly perMinute: number;
  readonly remaining: number;
  /** Until all that may be used at once may be used again. */
  readonly resetMs: number;
}

/** Paces that are kept to. */
export interface Rates {
  /** Gets ready what a request of so many tokens may take, at once unless others must be asked; then it can be looked at. */
  prepare(paced: readonly Paced[], tokens: number, ready: () => void): void;
  /** What one request of so many tokens would take of everything; or how long something says to wait. */
  look(paced: readonly Paced[], tokens: number): readonly Taken[] | Wait;
  /** Adds what was used without asking: whoever comes next waits until it is paid off. */
  owe(paced: readonly Paced[], tokens: number): void;
  states(paced: Paced): readonly RateState[];
  /** Gives back what is ready for requests that will not come. */
  close(): Promise<void>;
}

/** When the next unit is due. */
interface Gauge {
  dueMs: number;
}

/** Gauges remembered before those that owe nothing are forgotten. */
const GAUGES_MAX = 10_000;

/** The paces of one process, on its steady clock. */
export function createRates(elapsed: () => number): Rates {
  const gauges = new Map<string, Gauge>();

  function gaugeOf(name: string): Gauge {
    let gauge = gauges.get(name);
    if (!gauge) {
      if (gauges.size >= GAUGES_MAX) forget();
      gauge = { dueMs: 0 };
      gauges.set(name, gauge);
    }
    return gauge;
  }

  function forget(): void {
    const nowMs = elapsed();
    for (const [name, { dueMs }] of gauges) if (dueMs <= nowMs) gauges.delete(name);
  }

  return {
    prepare: (_paced, _tokens, ready) => ready(),
    look(paced, tokens) {
      const nowMs = elapsed();
      const taken: Taken[] = [];
      let longest: Wait | undefined;
      for (const { key, name, of, pace, units } of pacesOf(paced, tokens)) {
        const gauge = gaugeOf(key);
        const outcome = admitted(pace, gauge.dueMs, units, nowMs);
        if ('dueMs' in outcome) taken.push(takenOf({ name, of, pace, units }, gauge, outcome.dueMs, elapsed));
        else longest = longer(longest, { name, of, perMinute: pace.perMinute, retryAfterMs: outcome.retryAfterMs });
      }
      return longest ?? taken;
    },
    owe(paced, tokens) {
      const nowMs = elapsed();
      for (const { key, pace, units } of pacesOf(paced, tokens)) {
        const gauge = gaugeOf(key);
        gauge.dueMs = settled(pace, gauge.dueMs, { endMs: nowMs, reserved: 0, actual: units }, nowMs);
      }
    },
    states(paced) {
      const nowMs = elapsed();
      return pacesOf([paced], 0).map(({ key, of, pace }) => {
        const { units, resetMs } = remaining(pace, gauges.get(key)?.dueMs ?? 0, nowMs);
        return { of, perMinute: pace.perMinute, remaining: units, resetMs };
      });
    },
    close: async () => {},
  };
}

const takenOf = (
  { name, of, pace, units }: Pick<PaceUse, 'name' | 'of' | 'pace' | 'units'>,
  gauge: Gauge,
  endMs: number,
  elapsed: () => number,
): Taken => ({
  name,
  of,
  reserved: units,
  take() {
    gauge.dueMs = endMs;
  },
  settle(actual) {
    gauge.dueMs = settled(pace, gauge.dueMs, { endMs, reserved: units, actual }, elapsed());
  },
});

/** Of two waits the longer. */
export const longer = (one: Wait | undefined, other: Wait): Wait => (one && one.retryAfterMs >= other.retryAfterMs ? one : other);

/** How much of a pace a request takes. */
export interface PaceUse {
  /** Of the pace, among all of them. */
  readonly key: string;
  readonly name: string;
  readonly of: RateUnit;
  readonly pace: Pace;
  readonly units: number;
}

/** The paces of limits, and how much of each a request of so many tokens takes. */
export function pacesOf(paced: readonly Paced[], tokens: number): PaceUse[] {
  const uses: PaceUse[] = [];
  for (const { name, limits } of paced) {
    const { requestsPerMinute: requests, tokensPerMinute: most } = limits;
    if (requests !== undefined) uses.push({ key: `requests ${name}`, name, of: 'requests', pace: requestPace(requests), units: 1 });
    if (most !== undefined) uses.push({ key: `tokens ${name}`, name, of: 'tokens', pace: tokenPace(most), units: tokens });
  }
  return uses;
}
