import type { Finish } from './reply.ts';
import { outputTokens, type Usage } from './usage.ts';

/** An answer that came to its limit of tokens with most of them spent on reasoning. */
export interface Starved {
  /** Tokens of reasoning, and of all that was written. */
  readonly reasoning: number;
  readonly of: number;
}

/** Whether reasoning ate an answer: it ended at its limit, and at least half of what was written is reasoning. */
export function starvedBy(finish: Finish | undefined, usage: Usage | undefined): Starved | undefined {
  if (finish?.reason !== 'length' || !usage?.reasoningTokens) return undefined;
  const of = outputTokens(usage);
  return usage.reasoningTokens * 2 >= of ? { reasoning: usage.reasoningTokens, of } : undefined;
}

/** As callers are told: `reasoning used 400 of 500 tokens`. */
export const starvedText = ({ reasoning, of }: Starved): string => `reasoning used ${reasoning} of ${of} tokens`;
