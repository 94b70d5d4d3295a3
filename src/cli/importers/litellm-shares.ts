import { numberIn, positiveIn } from './imported.ts';
import type { Deployment } from './litellm-deployments.ts';
import { type Share, sharedOut } from './shares.ts';

/** LiteLLM's strategies, and ours. */
export const STRATEGIES: Readonly<Record<string, string>> = {
  'simple-shuffle': 'weighted',
  'latency-based-routing': 'fastest',
  'cost-based-routing': 'cheapest',
};

/** What LiteLLM draws a deployment by: the first of these that any of them has; one without it is not drawn. */
const DRAWN_BY = ['weight', 'rpm', 'tpm'] as const;

/** Whether deployments are drawn by what they weigh: in a shuffle, and under a strategy without a like where all of them say it. */
export const drawn = (strategy: string, group: readonly Deployment[]): boolean =>
  strategy === 'simple-shuffle' ||
  (!STRATEGIES[strategy] && DRAWN_BY.some((field) => group.every(({ params }) => positiveIn(params[field]) !== undefined)));

/** Deployments with the shares that a shuffle gives them; those it gives none are told of and left out. */
export function shuffled(group: readonly Deployment[], notes: string[]): readonly (Deployment & { readonly share: number })[] {
  const by = DRAWN_BY.find((field) => group.some(({ params }) => positiveIn(params[field]) !== undefined));
  if (by === undefined) return evenly(group);
  const shares = group.map((one) => ({ ...one, share: numberIn(one.params[by]) ?? 0 }));
  for (const { place, share } of shares)
    if (share === 0)
      notes.push(`${place}.litellm_params.${by}: without one above 0, as others of its model have, it is not drawn; left out`);
  return shares.filter(({ share }) => share > 0);
}

export const evenly = (group: readonly Deployment[]) => group.map((one) => ({ ...one, share: 1 }));

/** A model's deployments, and where its calls go on after them. */
export function among(name: string, own: readonly Share[], further: readonly string[], strategy: string, notes: string[]): object {
  if (strategy === 'weighted') return sharedOut(name, [...own, ...further.map((to) => ({ to, share: 0 }))], notes);
  const targets = [...new Set(own.map(({ to }) => to))];
  if (further.length === 0) return targets.length === 1 ? { targets } : { strategy, targets };
  if (targets.length > 1)
    notes.push(`model "${name}": its deployments are tried in order and not ${strategy} first, as fallbacks come after them`);
  return { targets: [...new Set([...targets, ...further])] };
}
