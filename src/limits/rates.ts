import type { RateLimits } from '../model/limits.ts';
import { admitted, type Pace, remaining, requestPace, settled, tokenPace } from '../policy/pace.ts';

/** Something whose use is paced, by a name of its own. */
export interface Paced {
  readonly name: string;
  readonly limits: RateLimits;
}

/** What was taken, so that tokens can be settled. */
export interface Taken {
  readonly name: string;
  readonly of: RateUnit;
  readonly gauge: Gauge;
  readonly pace: Pace;
  readonly endMs: number;
  readonly reserved: number;
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

/** When the next unit is due. */
interface Gauge {
  dueMs: number;
}

/** Gauges remembered before those that owe nothing are forgotten. */
const GAUGES_MAX = 10_000;

/** The paces of one process, on its steady clock. */
export function createRates(elapsed: () => number) {
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

  /** What one request of so many tokens would take of everything; or how long something says to wait. */
  function look(paced: readonly Paced[], tokens: number): readonly Taken[] | Wait {
    const nowMs = elapsed();
    const taken: Taken[] = [];
    let longest: Wait | undefined;
    for (const { name, limits } of paced) {
      for (const { of, pace, units } of pacesOf(limits, tokens)) {
        const gauge = gaugeOf(`${of} ${name}`);
        const outcome = admitted(pace, gauge.dueMs, units, nowMs);
        if ('dueMs' in outcome) taken.push({ name, of, gauge, pace, endMs: outcome.dueMs, reserved: units });
        else if (outcome.retryAfterMs > (longest?.retryAfterMs ?? 0))
          longest = { name, of, perMinute: pace.perMinute, retryAfterMs: outcome.retryAfterMs };
      }
    }
    return longest ?? taken;
  }

  /** Takes what was looked at just now. */
  function take(taken: readonly Taken[]): void {
    for (const { gauge, endMs } of taken) gauge.dueMs = endMs;
  }

  /** Puts what was really used in the place of what was taken. */
  function settle(taken: readonly Taken[], used: (taken: Taken) => number): void {
    const nowMs = elapsed();
    for (const one of taken) {
      const { gauge, pace, endMs, reserved } = one;
      gauge.dueMs = settled(pace, gauge.dueMs, { endMs, reserved, actual: used(one) }, nowMs);
    }
  }

  /** Adds what was used without asking: whoever comes next waits until it is paid off. */
  function owe(paced: readonly Paced[], tokens: number): void {
    const nowMs = elapsed();
    for (const { name, limits } of paced) {
      for (const { of, pace, units } of pacesOf(limits, tokens)) {
        const gauge = gaugeOf(`${of} ${name}`);
        gauge.dueMs = settled(pace, gauge.dueMs, { endMs: nowMs, reserved: 0, actual: units }, nowMs);
      }
    }
  }

  function states({ name, limits }: Paced): RateState[] {
    const nowMs = elapsed();
    return pacesOf(limits, 0).map(({ of, pace }) => {
      const { units, resetMs } = remaining(pace, gauges.get(`${of} ${name}`)?.dueMs ?? 0, nowMs);
      return { of, perMinute: pace.perMinute, remaining: units, resetMs };
    });
  }

  return { look, take, settle, owe, states };
}

/** The paces of limits, and how much of each a request of so many tokens takes. */
function pacesOf({ requestsPerMinute, tokensPerMinute }: RateLimits, tokens: number) {
  const paces: { readonly of: RateUnit; readonly pace: Pace; readonly units: number }[] = [];
  if (requestsPerMinute !== undefined) paces.push({ of: 'requests', pace: requestPace(requestsPerMinute), units: 1 });
  if (tokensPerMinute !== undefined) paces.push({ of: 'tokens', pace: tokenPace(tokensPerMinute), units: tokens });
  return paces;
}
