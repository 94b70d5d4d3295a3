import type { Money } from '../model/money.ts';
import { inOrder } from './in-order.ts';

/**
 * How targets are ordered. `ordered`: as written. `weighted`: the first is drawn by weight. `cheapest`: by what this
 * call will cost there, about. `fastest`: by how soon answers came of late. `sticky`: as written, but first where
 * the provider still has the beginning of this conversation in its cache and reading it makes that the cheaper one.
 */
export const STRATEGIES = ['ordered', 'weighted', 'cheapest', 'fastest', 'sticky'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** What strategies ask of a target, each only where it is asked for. */
export interface Outlook<T> {
  /** Of this call there, about; null when it has no price. */
  price(target: T): Money | null;
  /** Of late until the answer began, in milliseconds; undefined while it is not known. */
  speed(target: T): number | undefined;
  /** Whether it still holds the beginning of this conversation. */
  warm(target: T): boolean;
}

/** Share of calls under `fastest` that go to a random target first: one that was slow once is asked again. */
const LOOK_ROUND = 0.05;

/** The targets, best first; those that are alike stay as written. `random` in [0, 1). */
export function inPreference<T extends { readonly weight: number }>(
  strategy: Strategy,
  targets: readonly T[],
  outlook: Outlook<T>,
  random: number,
): readonly T[] {
  switch (strategy) {
    case 'ordered':
      return targets;
    case 'weighted':
      return inOrder(targets, random);
    case 'cheapest':
      return sorted(targets, (target) => Number(outlook.price(target) ?? Number.POSITIVE_INFINITY));
    case 'fastest':
      if (random < LOOK_ROUND) return first(targets[Math.floor((random / LOOK_ROUND) * targets.length)]!, targets);
      // One nobody has asked yet comes first: else it would never be known.
      return sorted(targets, (target) => outlook.speed(target) ?? 0);
    case 'sticky': {
      const warm = targets.find((target) => outlook.warm(target));
      if (warm === undefined || warm === targets[0]) return targets;
      const [there, here] = [outlook.price(warm), outlook.price(targets[0]!)];
      return there !== null && here !== null && there < here ? first(warm, targets) : targets;
    }
  }
}

const first = <T>(one: T, targets: readonly T[]): readonly T[] => [one, ...targets.filter((target) => target !== one)];

function sorted<T>(targets: readonly T[], rank: (target: T) => number): readonly T[] {
  const ranks = new Map(targets.map((target) => [target, rank(target)]));
  return targets.toSorted((a, b) => (ranks.get(a) === ranks.get(b) ? 0 : ranks.get(a)! - ranks.get(b)!));
}
