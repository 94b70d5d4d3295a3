import type { Config, ModelRoute, RouteTarget } from './config/config.ts';
import { factsFor, namesOf, routeOf } from './config/resolve.ts';
import { dialectFor } from './lanes/index.ts';
import type { Asking } from './lanes/lane.ts';
import { withOutputMax } from './lanes/output-max.ts';
import type { ModelFacts } from './model/facts.ts';
import type { Failure } from './model/failure.ts';
import type { DialectName } from './model/part.ts';
import type { Provider } from './model/provider.ts';
import type { Admission, Choice } from './pipeline/rooms.ts';
import type { When } from './policy/prefer.ts';
import { forbidden } from './policy/scopes.ts';
import type { Routing } from './routing.ts';
import type { ModelListing } from './server/rooms.ts';

/** Where a model name leads, all that is known of its targets looked up. */
export type Destinations = (model: string) => Destination | Failure;
export type Destination = Omit<ModelRoute, Places> & {
  readonly targets: readonly DestinationTarget[];
  readonly prefer?: readonly { readonly when: When; readonly to: readonly DestinationTarget[] }[];
  readonly split?: Omit<NonNullable<ModelRoute['split']>, 'to'> & { readonly to: readonly DestinationTarget[] };
  readonly shadow?: Omit<NonNullable<ModelRoute['shadow']>, 'to'> & { readonly to: readonly DestinationTarget[] };
};
type Places = 'targets' | 'prefer' | 'split' | 'shadow';
/** A target with all that is known of it. */
export interface DestinationTarget {
  /** `provider/model`. */
  readonly name: string;
  readonly model: string;
  readonly provider: Provider;
  readonly weight: number;
  readonly facts: ModelFacts;
  /** The target asked in a dialect; the same value each time. */
  choice(dialect: DialectName): Choice;
}

/** Names remembered at once; callers cannot grow it without end by inventing some. */
const NAMES_MAX = 1000;

/** The way from names to targets, remembered for the names in use: it does not change while a configuration lasts. */
export function destinationsOf(config: Config): Destinations {
  const known = new Map<string, Destination>();
  return (model) => {
    const before = known.get(model);
    if (before) return before;
    const route = routeOf(config, model);
    if ('kind' in route) return route;
    const found = new Map<string, DestinationTarget>();
    // One value for a target wherever it is named, so that lists of them can be compared.
    const target = ({ provider, model: name, weight }: RouteTarget): DestinationTarget => {
      const key = `${provider}/${name}`;
      const one = found.get(key) ?? destinationTarget(config.providers.get(provider)!, name, weight, factsFor(config, provider, name));
      found.set(key, one);
      return one;
    };
    const { prefer, split, shadow, ...rest } = route;
    const destination: Destination = {
      ...rest,
      targets: route.targets.map(target),
      ...(prefer && { prefer: prefer.map(({ when, to }) => ({ when, to: to.map(target) })) }),
      ...(split && { split: { ...split, to: split.to.map(target) } }),
      ...(shadow && { shadow: { ...shadow, to: shadow.to.map(target) } }),
    };
    if (known.size >= NAMES_MAX) known.clear();
    known.set(model, destination);
    return destination;
  };
}

function destinationTarget(provider: Provider, model: string, weight: number, facts: ModelFacts): DestinationTarget {
  const choices = new Map<DialectName, Choice>();
  const { name, includeUsage, firstContentMs, timeoutGrowth } = provider;
  const limits = { ...(firstContentMs !== undefined && { firstContentMs }), ...(timeoutGrowth !== undefined && { timeoutGrowth }) };
  return {
    name: `${name}/${model}`,
    model,
    provider,
    weight,
    facts,
    choice(dialect) {
      let choice = choices.get(dialect);
      if (!choice) {
        choice = { target: { provider: name, model, dialect }, facts, includeUsage, ...limits };
        choices.set(dialect, choice);
      }
      return choice;
    },
  };
}

/** Where this call may go, in order, and on what terms; or why nowhere. */
export function admissionOf(
  destinations: Destinations,
  routing: Routing,
  asking: Asking,
): (Admission & Pick<ModelRoute, 'ceilings'>) | Failure {
  const { inbound, caller } = asking;
  const beyond = forbidden(caller, inbound.operation, inbound.head.model);
  if (beyond) return beyond;
  const route = destinations(inbound.head.model);
  if ('kind' in route) return route;
  const { deadlineMs, retry, onCut, hedge, onLoss, repair, ceilings, onStarved } = route;
  return {
    choices: routing.order(route, asking).map((target) => target.choice(dialectFor(inbound, target.provider.dialects, target.facts))),
    deadlineMs,
    retry,
    onCut,
    ...(hedge && { hedge }),
    onLoss,
    repair,
    ...(onStarved && { onStarved }),
    ceilings,
  };
}

/** The call with its answer limited as its model's rules say, where its caller leaves that open. */
export function capped(destinations: Destinations, asking: Asking): Asking {
  const route = destinations(asking.inbound.head.model);
  if ('kind' in route || route.outputTokens === undefined) return asking;
  return { ...asking, inbound: withOutputMax(asking.inbound, route.outputTokens, route.targets[0]!.facts.vendor) };
}

/** What callers may name as `model`, in the order to show. */
export const listingsOf = (config: Config): ModelListing[] => namesOf(config).flatMap((id) => listingOf(config, id) ?? []);

/** The model of a name that can be called, listed or not. */
export function listingOf(config: Config, id: string): ModelListing | undefined {
  const route = routeOf(config, id);
  if ('kind' in route) return undefined;
  const { provider, model } = route.targets[0]!;
  const { contextTokens, outputTokensMax } = factsFor(config, provider, model);
  return { id, createdS: 0, provider, ...(contextTokens && { contextTokens }), ...(outputTokensMax && { outputTokensMax }) };
}
