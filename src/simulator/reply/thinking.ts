import type { ModelFacts } from '../../model/facts.ts';
import type { ModelRequest } from '../../model/request.ts';
import type { Prompt } from './prompt.ts';

/** What a thought costs at each effort, in tokens: small, so that tests stay small, and growing. */
const EFFORT_TOKENS: Readonly<Record<string, number>> = { none: 0, minimal: 8, low: 16, medium: 32, high: 64, xhigh: 128, max: 256 };

/** How many tokens the model thinks before this answer; 0 when it does not. */
export function thinkingTokens(request: ModelRequest, facts: ModelFacts, prompt: Prompt): number {
  const { mode, effort, budgetTokens } = request.reasoning ?? {};
  const usual = facts.efforts.includes(facts.effortDefault ?? '') ? facts.effortDefault : undefined;
  const level = effort ?? usual;
  if (facts.vendor !== 'anthropic') return facts.reasons || effort !== undefined ? (EFFORT_TOKENS[level ?? 'medium'] ?? 32) : 0;
  const asked = mode ?? (thinksUnasked(request.model) ? 'adaptive' : 'off');
  if (asked === 'off' || (asked === 'betweenTools' && prompt.results.length === 0)) return 0;
  const tokens = EFFORT_TOKENS[level ?? 'high'] ?? 64;
  return asked === 'budget' ? Math.min(budgetTokens ?? 1024, EFFORT_TOKENS['max']!) : tokens;
}

/** Claude 5 and later think unless told not to; 4.x only when asked (§5.10, §6.2). */
const thinksUnasked = (model: string) => /^claude-[a-z]+-5/.test(model);

/** Whether thoughts are delivered empty. From Claude 4.7 on they are unless asked for (§3.5). */
export function thoughtsOmitted({ reasoning, model }: ModelRequest): boolean {
  if (reasoning?.show !== undefined) return reasoning.show === 'omitted';
  return /^claude-[a-z]+-(5|4-[78])/.test(model);
}
