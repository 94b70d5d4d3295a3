import type { Attempt, AttemptReason, Target } from '../model/attempt.ts';
import { FAILURES, type Failure } from '../model/failure.ts';
import type { BreakerState, Notices } from '../model/notice.ts';
import { type Breaker, type BreakerPolicy, closedBreaker, entered, observed, panicked, restsFor, untried } from '../policy/breaker.ts';
import { DEFAULT_ERROR_RATE, DEFAULT_THROTTLED_RATE, type ErrorRate, normalRate, rated } from '../policy/error-rate.ts';
import { createLatencies, type Latencies } from '../policy/latency.ts';
import type { Standing } from '../policy/next.ts';
import { WAIT_MS_MAX } from '../policy/parking.ts';
import { deposited, fullBudget, mayRetry, type RetryBudget, retryCosts, withdrawn } from '../policy/retry-budget.ts';
import type { World } from '../world/world.ts';
import { createProviderKeys, type KeySetup, type ProviderKeyState, type TakenKey } from './provider-keys.ts';

/** What the gateway has learnt of its upstreams: the pure rooms judge, this remembers and tells. */
export interface Health {
  standing(target: Target): Standing;
  /** Whether the upstream may be burdened with another try, after what failed last. */
  mayRetry(target: Target, last: Failure): boolean;
  /** Whether a resting upstream is tried all the same, there being no other. */
  panics(target: Target, publicModel: string): boolean;
  /** Notes that an attempt is sent, and says with which of the provider's keys: the same for the same `affinity` as long as it may be. */
  begin(target: Target, reason: AttemptReason, after: Failure | undefined, affinity?: () => number | undefined): Ticket;
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

/** What health is judged by: the providers' keys, and when breakers open. */
export interface HealthSetup {
  /** Keys of each provider, as fingerprints: never the keys themselves. */
  readonly keys: ReadonlyMap<string, readonly KeySetup[]>;
  readonly breaker: BreakerPolicy;
}

/** An attempt under way. */
export interface Ticket {
  readonly target: Target;
  readonly key: TakenKey;
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

interface Upstream {
  readonly target: Target;
  breaker: Breaker;
  budget: RetryBudget;
  budgetSpent: boolean;
  /** What it asked for as a whole (`retry-after` beside a 503). */
  quietUntilMs: number;
  readonly latencies: Latencies;
}

/** Upstreams remembered at once: callers may name models nobody has, but not without end. */
const UPSTREAMS_MAX = 1000;
const FORGOTTEN_AT_ONCE = 100;

export function createHealth(setup: HealthSetup, world: World, notices: Notices): Health {
  const upstreams = new Map<string, Map<string, Upstream>>();
  const rates = new Map<string, { errors: ErrorRate; throttled: ErrorRate }>();
  const keys = createProviderKeys(setup.keys, world, notices);
  /** Names that panic, and the upstreams that were tried for them all the same. */
  const panicking = new Map<string, Set<Upstream>>();
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
        latencies: createLatencies(),
      };
      models.set(target.model, upstream);
      count += 1;
    }
    return upstream;
  }

  /** Lets go of upstreams there is nothing bad to remember of; where that is none, of the oldest. */
  function forget(): void {
    for (const models of upstreams.values()) {
      for (const [model, { breaker, budget }] of models) {
        if (breaker.state !== 'closed' || breaker.inRow > 0 || budget < fullBudget) continue;
        models.delete(model);
        count -= 1;
      }
    }
    if (count < UPSTREAMS_MAX) return;
    const fullest = [...upstreams.values()].reduce((most, models) => (models.size > most.size ? models : most));
    for (const [model, upstream] of [...fullest].slice(0, FORGOTTEN_AT_ONCE)) {
      changeBreaker(upstream, closedBreaker(world.elapsed()), 'it is forgotten for newer ones');
      fullest.delete(model);
      count -= 1;
    }
  }

  function changeBreaker(upstream: Upstream, breaker: Breaker, reason: string): void {
    const before = upstream.breaker.state;
    upstream.breaker = breaker;
    if (before === breaker.state) return;
    notices.tell({ type: 'breaker', upstream: nameOf(upstream.target), state: breaker.state, reason });
    if (breaker.state === 'closed') calm(upstream);
  }

  /** A name one of whose upstreams is well again has somewhere to go. */
  function calm(upstream: Upstream): void {
    for (const [model, tried] of panicking) {
      if (!tried.has(upstream)) continue;
      panicking.delete(model);
      notices.tell({ type: 'panic', model, state: 'off' });
    }
  }

  function changeBudget(upstream: Upstream, budget: RetryBudget): void {
    upstream.budget = budget;
    const spent = upstream.budgetSpent ? budget < fullBudget / 10 : !mayRetry(budget, true);
    if (spent === upstream.budgetSpent) return;
    upstream.budgetSpent = spent;
    notices.tell({ type: 'retryBudget', upstream: nameOf(upstream.target), state: spent ? 'spent' : 'available' });
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
      const { waitMs, failure } = keys.wait(target, nowMs);
      const quietMs = quietUntilMs - nowMs;
      const restMs = restsFor(breaker, nowMs);
      if (waitMs <= 0 && quietMs <= 0 && restMs <= 0) return READY;
      return {
        waitMs: Math.max(0, waitMs, quietMs),
        restMs,
        ...(failure && { failure }),
      };
    },

    mayRetry: (target, last) => mayRetry(upstreamOf(target).budget, last.kind === 'slow'),

    panics(target, publicModel) {
      const upstream = upstreamOf(target);
      const { passes, breaker } = panicked(upstream.breaker, world.random());
      upstream.breaker = breaker;
      const tried = panicking.get(publicModel);
      if (tried) tried.add(upstream);
      else {
        panicking.set(publicModel, new Set([upstream]));
        notices.tell({ type: 'panic', model: publicModel, state: 'on' });
      }
      return passes;
    },

    begin(target, reason, after, affinity) {
      const nowMs = world.elapsed();
      const upstream = upstreamOf(target);
      const key = keys.take(target, nowMs, affinity);
      const cost = reason === 'retry' || reason === 'hedge' ? retryCosts(after?.kind === 'slow') : 0;
      if (cost > 0) changeBudget(upstream, withdrawn(upstream.budget, cost));
      const breaker = entered(upstream.breaker, nowMs);
      const trial = breaker !== upstream.breaker;
      if (trial) changeBreaker(upstream, breaker, 'one call tries it');
      return { target, key, cost, trial };
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
      keys.settle(target, ticket.key, attempt, nowMs);
      settleRates(target, failure, nowMs);
    },

    callOff({ target, trial }) {
      const upstream = upstreamOf(target);
      if (trial) changeBreaker(upstream, untried(upstream.breaker, world.elapsed()), 'its trial was called off');
    },

    usuallyWithin: (target, share) => upstreamOf(target).latencies.under(share),
    configure(next) {
      breakerPolicy = next.breaker;
      keys.configure(next.keys);
    },

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

    keys: keys.states,
  };
}

const READY: Standing = { waitMs: 0, restMs: 0 };

const nameOf = ({ provider, model }: Target): string => `${provider}/${model}`;
