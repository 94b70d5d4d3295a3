import type { Ceilings } from '../model/limits.ts';
import { type BreakerPolicy, DEFAULT_BREAKER } from '../policy/breaker.ts';
import type { OnLoss } from '../policy/on-loss.ts';
import type { RouteRules } from './config.ts';
import { present } from './present.ts';
import type { Written } from './schema.ts';

type WrittenRules = NonNullable<Written['defaults']>;

/** The rules as written, over those that hold where nothing is said. */
export function buildRules(written: WrittenRules, base: RouteRules): RouteRules {
  const {
    deadline,
    retry = {},
    onCut,
    hedge,
    onLoss = {},
    repair,
    callTokensMax,
    callCostMax,
    outputTokens = base.outputTokens,
    cache = base.cache,
    onStarved = base.onStarved,
  } = written;
  const { hedge: hedged, cache: _, onStarved: __, ...rest } = base;
  const rule = hedge === undefined ? hedged : hedge === 'off' ? undefined : hedgeRule(hedge);
  return {
    ...rest,
    deadlineMs: deadline ?? base.deadlineMs,
    retry: {
      triesPerTarget: retry.tries ?? base.retry.triesPerTarget,
      triesInAll: retry.triesInAll ?? base.retry.triesInAll,
      patienceMs: retry.patience ?? base.retry.patienceMs,
      waitMsMax: retry.waitMax ?? base.retry.waitMsMax,
      backoffMs: retry.backoff ?? base.retry.backoffMs,
      backoffMsMax: retry.backoffMax ?? base.retry.backoffMsMax,
    },
    onCut: onCut ?? base.onCut,
    ...(rule && { hedge: rule }),
    onLoss: { ...base.onLoss, ...(present(onLoss) as Partial<OnLoss>) },
    repair: repair ?? base.repair,
    ceilings: { ...base.ceilings, ...(present({ callTokensMax, callCostMax }) as Ceilings) },
    ...(outputTokens !== undefined && { outputTokens }),
    ...(cache !== undefined && cache !== 'off' && { cache }),
    ...(onStarved === 'retry' && { onStarved }),
  };
}

const hedgeRule = ({ percentile = 95, after = 1000 }: { percentile?: number | undefined; after?: number | undefined }) => ({
  share: percentile / 100,
  afterMsMin: after,
});

/** Probes of several gateways must not come in step, so a rest may last up to 60 % longer than written. */
const REST_SPREAD = DEFAULT_BREAKER.restMsMax / DEFAULT_BREAKER.restMs;

/** When an upstream rests, with its defaults filled in. */
export function buildBreaker(written: NonNullable<Written['breaker']>): BreakerPolicy {
  const restMs = written.rest ?? DEFAULT_BREAKER.restMs;
  return {
    failuresInRow: written.failuresInRow ?? DEFAULT_BREAKER.failuresInRow,
    rowMs: written.lasting ?? DEFAULT_BREAKER.rowMs,
    failureRate: (written.failurePercent ?? DEFAULT_BREAKER.failureRate * 100) / 100,
    windowMs: written.window ?? DEFAULT_BREAKER.windowMs,
    triedMin: written.triedMin ?? DEFAULT_BREAKER.triedMin,
    restMs,
    restMsMax: restMs * REST_SPREAD,
  };
}
