import type { Attempt, AttemptReason, Target } from '../model/attempt.ts';
import { FAILURES, type Failure } from '../model/failure.ts';
import type { BreakerState, Notices } from '../model/notice.ts';
import { type Breaker, type BreakerPolicy, closedBreaker, entered, observed, panicked, restsFor, untried } from '../policy/breaker.ts';
import { DEFAULT_ERROR_RATE, DEFAULT_THROTTLED_RATE, type ErrorRate, normalRate, rated } from '../policy/error-rate.ts';
import { createLatencies, type Latencies } from '../policy/latency.ts';
import type { Standing } from '../policy/next.ts';
import {
  type KeyState,
  keysWait,
  type ParkedFor,
  parkedKeys,
  restoredKeys,
  takenKey,
  WAIT_MS_MAX,
  workingKeys,
} from '../policy/parking.ts';
import { deposited, fullBudget, mayRetry, type RetryBudget, retryCosts, withdrawn } from '../policy/retry-budget.ts';
import type { World } from '../world/world.ts';

/** What the gateway has learnt of its upstreams: the pure rooms judge, this remembers and tells. */
export interface Health {
  standing(target: Target): Standing;
  /** Whether the upstream may be burdened with another try, after what failed last. */
  mayRetry(target: Target, last: Failure): boolean;
  /** Whether a resting upstream is tried all the same, there being no other. */
  panics(target: Target, publicModel: string): boolean;
  /** Notes that an attempt is sent, and says with which of the provider's keys. */
  begin(target: Target, reason: AttemptReason, after: Failure | undefined): Ticket;
  /** Notes how an attempt went. Each ticket is settled or called off, once. */
  settle(ticket: Ticket, attempt: Attempt): void;
  /** Notes that an attempt was given up for reasons that say nothing of its provider. */
  callOff(ticket: Ticket): void;
  /** How long the first content of all but `1 - share` of its calls took; undefined: too few are known. */
  usuallyWithin(target: Target, share: number): number | undefined;
  /** Takes over other providers and rules; what was learnt stays, but for keys that are no longer there. */
  configure(setup: HealthSetup): void;
  /** As they stand, for people: upstreams by name, and the providers' keys. */
  states(): readonly UpstreamState[];
  keys(): readonly ProviderKeyState[];
}

export interface HealthSetup {
  /** Keys of each provider, as fingerprints: never the keys themselves. */
  readonly keys: ReadonlyMap<string, readonly KeySetup[]>;
  readonly breaker: BreakerPolicy;
}

export interface KeySetup {
  readonly fingerprint: string;
  readonly weight: number;
}

/** An attempt under way. */
export interface Ticket {
  readonly target: Target;
  /** The key's place in the provider's list. */
  readonly key: number;
  /** What it took from the retry budget. */
  readonly cost: number;
  /** Whether it is the one call that tries a resting upstream. */
  readonly trial: boolean;
}

/** An upstream as it stands. */
export interface UpstreamState {
  readonly provider: string;
  readonly model: string;
  readonly state: BreakerState;
  /** Until it is tried again, in milliseconds; 0 when closed. */
  readonly restMs: number;
  /** What is left of 500 retry tokens; a retry takes 5. */
  readonly retryTokens: number;
}

export interface ProviderKeyState {
  readonly provider: string;
  /** Its fingerprint. */
  readonly key: string;
  readonly parkedFor?: ParkedFor;
  /** Until it is tried again, in milliseconds. */
  readonly waitMs: number;
}

interface Upstream {
  readonly target: Target;
  breaker: Breaker;
  budget: RetryBudget;
  budgetSpent: boolean;
  /** What it asked for as a whole (`retry-after` beside a 503). */
  quietUntilMs: number;
  panics: boolean;
  readonly latencies: Latencies;
}

interface Supplier {
  keys: readonly KeyState[];
  readonly fingerprints: readonly string[];
  readonly weights: readonly number[];
}

/** Upstreams remembered at once: callers may name models nobody has, but not without end. */
const UPSTREAMS_MAX = 1000;

/** A key told to slow down for less than this is not worth a notice. */
const WORTH_TELLING_MS = 5000;

export function createHealth(setup: HealthSetup, world: World, notices: Notices): Health {
  const upstreams = new Map<string, Map<string, Upstream>>();
  const rates = new Map<string, { errors: ErrorRate; throttled: ErrorRate }>();
  let suppliers = new Map<string, Supplier>();
  let count = 0;
  let { breaker: breakerPolicy } = setup;

  function upstreamOf(target: Target): Upstream {
    let models = upstreams.get(target.provider);
    if (!models) {
      models = new Map();
      upstreams.set(target.provider, models);
    }
    let upstream = models.get(target.model);
    if (!upstream) {
      if (count >= UPSTREAMS_MAX) forget();
      upstream = {
        target,
        breaker: closedBreaker(world.elapsed()),
        budget: fullBudget,
        budgetSpent: false,
        quietUntilMs: 0,
        panics: false,
        latencies: createLatencies(),
      };
      models.set(target.model, upstream);
      count += 1;
    }
    return upstream;
  }

  /** Lets go of upstreams there is nothing bad to remember of. */
  function forget(): void {
    for (const models of upstreams.values()) {
      for (const [model, { breaker, budget }] of models) {
        if (breaker.state !== 'closed' || breaker.inRow > 0 || budget < fullBudget) continue;
        models.delete(model);
        count -= 1;
      }
    }
  }

  function supplierOf(provider: string): Supplier {
    let supplier = suppliers.get(provider);
    if (!supplier) {
      supplier = { keys: workingKeys(1), fingerprints: ['none'], weights: [1] };
      suppliers.set(provider, supplier);
    }
    return supplier;
  }

  function configure(next: HealthSetup): void {
    breakerPolicy = next.breaker;
    const before = suppliers;
    suppliers = new Map(
      [...next.keys].map(([provider, keys]) => {
        const known = before.get(provider);
        const states = keys.map(({ fingerprint }) => known?.keys[known.fingerprints.indexOf(fingerprint)] ?? workingKeys(1)[0]!);
        return [
          provider,
          {
            keys: states.length > 0 ? states : workingKeys(1),
            fingerprints: keys.length > 0 ? keys.map(({ fingerprint }) => fingerprint) : ['none'],
            weights: keys.length > 0 ? keys.map(({ weight }) => weight) : [1],
          },
        ];
      }),
    );
  }
  configure(setup);

  function changeBreaker(upstream: Upstream, breaker: Breaker, reason: string): void {
    const before = upstream.breaker.state;
    upstream.breaker = breaker;
    if (before === breaker.state) return;
    notices.tell({ type: 'breaker', upstream: nameOf(upstream.target), state: breaker.state, reason });
    if (breaker.state === 'closed') calm(upstream);
  }

  function calm(upstream: Upstream): void {
    if (!upstream.panics) return;
    upstream.panics = false;
    notices.tell({ type: 'panic', model: nameOf(upstream.target), state: 'off' });
  }

  function changeBudget(upstream: Upstream, budget: RetryBudget): void {
    upstream.budget = budget;
    const spent = upstream.budgetSpent ? budget < fullBudget / 10 : !mayRetry(budget, true);
    if (spent === upstream.budgetSpent) return;
    upstream.budgetSpent = spent;
    notices.tell({ type: 'retryBudget', upstream: nameOf(upstream.target), state: spent ? 'spent' : 'available' });
  }

  function settleKey({ target, key }: Ticket, attempt: Attempt, nowMs: number): void {
    const supplier = supplierOf(target.provider);
    const { failure } = attempt;
    if (!failure || attempt.delivered) {
      const restored = restoredKeys(supplier.keys, key);
      if (!restored) return;
      supplier.keys = restored;
      notices.tell({ type: 'keyRestored', provider: target.provider, key: supplier.fingerprints[key] ?? 'none' });
      return;
    }
    const parked = parkedKeys(supplier.keys, key, failure, target.model, nowMs);
    if (!parked) return;
    supplier.keys = parked;
    const reason = failure.kind as ParkedFor;
    const waitMs = keysWait([parked[key]!], target.model, nowMs).waitMs;
    if (reason === 'throttled' && waitMs < WORTH_TELLING_MS) return;
    notices.tell({
      type: 'keyParked',
      provider: target.provider,
      key: supplier.fingerprints[key] ?? 'none',
      reason,
      ...(failure.status !== undefined && { status: failure.status }),
      untilMs: world.now() + waitMs,
    });
  }

  function settleRates({ provider }: Target, failure: Failure | undefined, nowMs: number): void {
    let rate = rates.get(provider);
    if (!rate) {
      rate = { errors: normalRate(nowMs), throttled: normalRate(nowMs) };
      rates.set(provider, rate);
    }
    const judged = [
      ['errors', failure !== undefined && FAILURES[failure.kind].trips, DEFAULT_ERROR_RATE],
      ['throttled', failure?.kind === 'throttled', DEFAULT_THROTTLED_RATE],
    ] as const;
    for (const [of, failed, policy] of judged) {
      const before = rate[of].state;
      const after = rated(rate[of], failed, nowMs, policy);
      rate[of] = after.rate;
      if (before === after.rate.state) continue;
      const { tried, rate: share } = after.sum;
      notices.tell({ type: 'errorRate', provider, of, state: after.rate.state, rate: share, attempts: Math.round(tried) });
    }
  }

  return {
    standing(target) {
      const nowMs = world.elapsed();
      const { breaker, quietUntilMs } = upstreamOf(target);
      const { waitMs, parkedFor } = keysWait(supplierOf(target.provider).keys, target.model, nowMs);
      const quietMs = quietUntilMs - nowMs;
      const restMs = restsFor(breaker, nowMs);
      if (waitMs <= 0 && quietMs <= 0 && restMs <= 0) return READY;
      return {
        waitMs: Math.max(0, waitMs, quietMs),
        restMs,
        ...(parkedFor && { failure: parkedFailure(target, parkedFor, waitMs) }),
      };
    },

    mayRetry: (target, last) => mayRetry(upstreamOf(target).budget, last.kind === 'slow'),

    panics(target, publicModel) {
      const upstream = upstreamOf(target);
      const { passes, breaker } = panicked(upstream.breaker, world.random());
      upstream.breaker = breaker;
      if (!upstream.panics) {
        upstream.panics = true;
        notices.tell({ type: 'panic', model: publicModel, state: 'on' });
      }
      return passes;
    },

    begin(target, reason, after) {
      const nowMs = world.elapsed();
      const upstream = upstreamOf(target);
      const supplier = supplierOf(target.provider);
      const { index, keys } = takenKey(supplier.keys, supplier.weights, target.model, nowMs);
      supplier.keys = keys;
      const cost = reason === 'retry' || reason === 'hedge' ? retryCosts(after?.kind === 'slow') : 0;
      if (cost > 0) changeBudget(upstream, withdrawn(upstream.budget, cost));
      const breaker = entered(upstream.breaker, nowMs);
      const trial = breaker !== upstream.breaker;
      if (trial) changeBreaker(upstream, breaker, 'one call tries it');
      return { target, key: index, cost, trial };
    },

    settle(ticket, attempt) {
      const nowMs = world.elapsed();
      const { target } = ticket;
      const upstream = upstreamOf(target);
      const { failure } = attempt;
      const failed = failure !== undefined && FAILURES[failure.kind].trips;
      changeBreaker(upstream, observed(upstream.breaker, failed, nowMs, world.random(), breakerPolicy), failure?.message ?? 'it answers');
      if (!failed && failure?.kind !== 'throttled' && upstream.budget < fullBudget)
        changeBudget(upstream, deposited(upstream.budget, ticket.cost));
      if (attempt.firstContentMs !== undefined) upstream.latencies.add(attempt.firstContentMs);
      if (failed && failure.retryAfterMs !== undefined) {
        upstream.quietUntilMs = Math.max(upstream.quietUntilMs, nowMs + Math.min(WAIT_MS_MAX, failure.retryAfterMs));
      }
      settleKey(ticket, attempt, nowMs);
      settleRates(target, failure, nowMs);
    },

    callOff({ target, trial }) {
      const upstream = upstreamOf(target);
      if (trial) changeBreaker(upstream, untried(upstream.breaker, world.elapsed()), 'its trial was called off');
    },

    usuallyWithin: (target, share) => upstreamOf(target).latencies.under(share),
    configure,

    states() {
      const nowMs = world.elapsed();
      return [...upstreams.values()].flatMap((models) =>
        [...models.values()].map(({ target: { provider, model }, breaker, budget }) => ({
          provider,
          model,
          state: breaker.state,
          restMs: restsFor(breaker, nowMs),
          retryTokens: budget,
        })),
      );
    },

    keys() {
      const nowMs = world.elapsed();
      return [...suppliers].flatMap(([provider, { keys, fingerprints }]) =>
        keys.map((key, at) => {
          const waitMs = Math.max(0, key.untilMs - nowMs);
          return { provider, key: fingerprints[at] ?? 'none', waitMs, ...(key.parkedFor && { parkedFor: key.parkedFor }) };
        }),
      );
    },
  };
}

const READY: Standing = { waitMs: 0, restMs: 0 };

const nameOf = ({ provider, model }: Target): string => `${provider}/${model}`;

function parkedFailure({ provider, model }: Target, parkedFor: ParkedFor, waitMs: number): Failure {
  const again = `tried again in ${Math.ceil(waitMs / 1000)} s`;
  switch (parkedFor) {
    case 'denied':
      return { kind: 'denied', message: `${provider} refuses every key it is called with; ${again}` };
    case 'exhausted':
      return { kind: 'exhausted', message: `${provider} has no credit left for any key it is called with; ${again}` };
    case 'throttled':
      return { kind: 'throttled', message: `${provider} asked us to slow down for ${model}; ${again}`, retryAfterMs: waitMs };
    default:
      return parkedFor satisfies never;
  }
}
