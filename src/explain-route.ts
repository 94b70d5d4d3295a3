import { createPricer } from './accounting/pricer.ts';
import { priceBook } from './accounting/prices/index.ts';
import type { Config } from './config/config.ts';
import { destinationsOf } from './destinations.ts';
import { inboundOf } from './lanes/inbound.ts';
import { dialectFor, laneFor } from './lanes/index.ts';
import type { Asking } from './lanes/lane.ts';
import { likelyInputTokens } from './lanes/size.ts';
import { createVault } from './lanes/vault.ts';
import type { Caller } from './model/caller.ts';
import { type Failure, failureOf } from './model/failure.ts';
import { formatUsd } from './model/money.ts';
import type { DialectName } from './model/part.ts';
import { refusedLosses } from './policy/on-loss.ts';
import { createRouting } from './routing.ts';
import type { World } from './world/world.ts';

/** Where a call would go and why, without making it. */
export interface RouteExplanation {
  readonly model: string;
  readonly strategy: string;
  /** Of the question, about. */
  readonly inputTokens: number;
  readonly preferences: readonly {
    readonly to: readonly string[];
    /** The first condition that does not hold; absent: all do. */
    readonly unmet?: string;
    /** Whether it is the one that counts. */
    readonly taken: boolean;
  }[];
  readonly split?: { readonly name: string; readonly percent: number; readonly to: readonly string[] };
  readonly shadow?: { readonly percent: number; readonly to: readonly string[] };
  /** Best first. */
  readonly targets: readonly ExplainedTarget[];
}

/** One target of a call, and why it stands where it does. */
export interface ExplainedTarget {
  readonly target: string;
  readonly dialect: DialectName;
  /** Dollars of this call there, about; null when it has no price. */
  readonly usd: string | null;
  /** What the request would lose on its way there. */
  readonly losses: readonly { readonly path: string; readonly impact: string; readonly note: string }[];
  /** Why it comes last, or cannot be asked this at all. */
  readonly obstacle?: string;
  /** Whether a call would be sent there. */
  readonly asked: boolean;
  readonly why: string;
}

/** Explains one request as a gateway of this configuration would route it, before it has seen any other. Throws `invalid` when the body is no request. */
export function explainRoute(
  config: Config,
  world: World,
  { dialect, body, caller, language }: { dialect: DialectName; body: Buffer; caller: Caller; language?: string },
): RouteExplanation | Failure {
  const pricer = createPricer(priceBook(config.prices), config.providers);
  const routing = createRouting(world, () => pricer);
  const inbound = inboundOf('generate', dialect, {}, body);
  const asking: Asking = { inbound, caller, ...(language !== undefined && { language }) };
  const { model } = inbound.head;
  const route = destinationsOf(config)(model);
  if ('kind' in route) return route;
  const { repair, onLoss } = route;
  const { preferences, taken, targets } = routing.explain(route, asking);
  const preferred = taken === undefined ? [] : preferences[taken]!.to;
  const names = (to: readonly { readonly name: string }[]) => to.map(({ name }) => name);
  return {
    model,
    strategy: route.strategy,
    inputTokens: likelyInputTokens(inbound),
    preferences: preferences.map(({ to, unmet }, index) => ({
      to: names(to),
      ...(unmet !== undefined && { unmet }),
      taken: index === taken,
    })),
    ...(route.split && { split: { name: route.split.name, percent: route.split.share * 100, to: names(route.split.to) } }),
    ...(route.shadow && { shadow: { percent: route.shadow.share * 100, to: names(route.shadow.to) } }),
    targets: targets.map(({ target, price, obstacle }, place) => {
      const sent = dialectFor(inbound, target.provider.dialects, target.facts);
      const { losses, refusal } = sentTo();
      const hindrance = obstacle ?? refusal;
      return {
        target: target.name,
        dialect: sent,
        usd: price === null ? null : formatUsd(price),
        losses,
        ...(hindrance !== undefined && { obstacle: hindrance }),
        asked: refusal === undefined,
        why: `${place === 0 ? 'first' : 'when those before fail'}: ${preferred.includes(target) ? `preference ${taken! + 1}` : WHY[route.strategy]}`,
      };

      function sentTo(): { losses: ExplainedTarget['losses']; refusal?: string } {
        try {
          const way = {
            ...target.choice(sent),
            nowS: Math.floor(world.now() / 1000),
            repair,
            vault: createVault(),
            owner: caller.key,
          };
          const all = laneFor(inbound, sent)(inbound, way).losses;
          const refused = refusedLosses(all, onLoss);
          const told = all.filter(({ impact }) => impact !== 'none').map(({ path, impact, note }) => ({ path, impact, note }));
          return refused.length > 0
            ? { losses: told, refusal: `it would lose ${refused.map(({ path }) => path).join(', ')}` }
            : { losses: told };
        } catch (error) {
          return { losses: [], refusal: failureOf(error).message };
        }
      }
    }),
  };
}

const WHY = {
  ordered: 'as written',
  weighted: 'drawn by weight',
  cheapest: 'by price of this call',
  fastest: 'by speed, of which nothing is known before calls',
  sticky: 'as written, until a provider has the conversation in its cache',
} as const;
