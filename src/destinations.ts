import type { Config, ModelRoute } from './config/config.ts';
import { factsFor, namesOf, routeOf } from './config/resolve.ts';
import { dialectFor } from './lanes/index.ts';
import type { Asking } from './lanes/lane.ts';
import { withOutputMax } from './lanes/output-max.ts';
import type { ModelFacts } from './model/facts.ts';
import type { Failure } from './model/failure.ts';
import type { DialectName } from './model/part.ts';
import type { Provider } from './model/provider.ts';
import type { Admission, Choice } from './pipeline/rooms.ts';
import { inOrder } from './policy/in-order.ts';
import { forbidden } from './policy/scopes.ts';
import type { ModelListing } from './server/rooms.ts';
import type { World } from './world/world.ts';

/** Where a model name leads, all that is known of its targets looked up. */
export type Destinations = (model: string) => Destination | Failure;
type Destination = Omit<ModelRoute, 'targets'> & { readonly targets: readonly DestinationTarget[] };
interface DestinationTarget {
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
    const found = known.get(model);
    if (found) return found;
    const route = routeOf(config, model);
    if ('kind' in route) return route;
    const targets = route.targets.map(({ provider, model: name, weight }) =>
      destinationTarget(config.providers.get(provider)!, name, weight, factsFor(config, provider, name)),
    );
    const destination = { ...route, targets };
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
  { inbound, caller }: Asking,
  world: World,
): (Admission & Pick<ModelRoute, 'ceilings'>) | Failure {
  const beyond = forbidden(caller, inbound.operation, inbound.head.model);
  if (beyond) return beyond;
  const route = destinations(inbound.head.model);
  if ('kind' in route) return route;
  const targets = route.strategy === 'weighted' ? inOrder(route.targets, world.random()) : route.targets;
  const { deadlineMs, retry, onCut, hedge, onLoss, repair, ceilings } = route;
  return {
    choices: targets.map((target) => target.choice(dialectFor(inbound, target.provider.dialects, target.facts))),
    deadlineMs,
    retry,
    onCut,
    ...(hedge && { hedge }),
    onLoss,
    repair,
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
