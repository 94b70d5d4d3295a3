import { invalid } from '../model/failure.ts';
import { IMPACTS, type Impact, type Loss } from '../model/loss.ts';

/** What to do with a request that a target cannot be told whole, by what the caller would notice. */
export type OnLoss = { readonly [I in Exclude<Impact, 'none'>]: 'refuse' | 'allow' };

/** An answer to a question with pages missing is not an answer; the rest is reported. */
export const DEFAULT_ON_LOSS: OnLoss = { content: 'refuse', behavior: 'allow', cost: 'allow' };

/** The losses for whose sake a request is not sent. */
export const refusedLosses = (losses: readonly Loss[], onLoss: OnLoss): Loss[] =>
  losses.filter(({ impact }) => impact !== 'none' && onLoss[impact] === 'refuse');

/**
 * Reads `x-headgate-on-loss`: `refuse` or `allow` alone for every impact; or a list such as
 * `behavior=refuse, content=allow`; or `refuse=behavior,cost`. What it does not name stays as in `base`.
 */
export function readOnLoss(text: string, base: OnLoss): OnLoss {
  const chosen: Record<string, 'refuse' | 'allow'> = { ...base };
  let verdict: 'refuse' | 'allow' | undefined;
  for (const item of text
    .toLowerCase()
    .split(/[\s,;]+/)
    .filter(Boolean)) {
    const words = item.split('=');
    const named = words.filter((word) => (NOTICED as readonly string[]).includes(word));
    const said = words.find((word): word is 'refuse' | 'allow' => word === 'refuse' || word === 'allow');
    if (named.length + (said ? 1 : 0) !== words.length || words.length > 2) wrong(item);
    verdict = said ?? verdict;
    if (!verdict) wrong(item);
    for (const impact of words.length === 1 && said ? NOTICED : named) chosen[impact] = verdict;
  }
  return chosen as OnLoss;
}

const NOTICED = IMPACTS.filter((impact) => impact !== 'none');

function wrong(item: string): never {
  invalid(
    `the header x-headgate-on-loss must be "refuse", "allow" or a list like "behavior=refuse, cost=allow" (impacts: ${NOTICED.join(', ')}), got "${item.slice(0, 40)}"`,
    'x-headgate-on-loss',
  );
}
