import type { ModelFacts } from '../../model/facts.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Reasoning } from '../../model/request.ts';
import type { Losses } from '../losses.ts';
import { entryOf, present } from './name.ts';

/** `thinking` and the `effort` of `output_config`, where the request or the model asks for them. */
export interface EncodedThinking {
  readonly thinking?: JsonObject;
  readonly effort?: string;
}

/** How much to think, in the words this model takes. What it refuses becomes the nearest it takes, reported. */
export function encodeReasoning(reasoning: Reasoning | undefined, maxTokens: number, facts: ModelFacts, losses: Losses): EncodedThinking {
  if (!reasoning) return {};
  const { mode, budgetTokens, effort, show, extra } = reasoning;
  const own = losses.extra('reasoning', extra, { generate_summary: 'none' });
  const asked = mode ?? (effort === 'none' ? 'off' : undefined);
  const plan = PLANS[asked ?? 'unsaid']({ budgetTokens, effort, maxTokens, facts, losses });
  const thinking = withDisplay(plan.thinking, show, effort, facts, losses);
  const level = encodeEffort(plan.effort, thinking, facts, losses);
  const whole = thinking && { ...thinking, ...own };
  if (!thinking && Object.keys(own).length > 0) losses.dropped('reasoning.extra', own, 'behavior', 'the model is not asked to think');
  return present({ thinking: whole, effort: level }) as EncodedThinking;
}

interface Case {
  readonly budgetTokens: number | undefined;
  readonly effort: string | undefined;
  readonly maxTokens: number;
  readonly facts: ModelFacts;
  readonly losses: Losses;
}
type Plan = { readonly thinking?: JsonObject; readonly effort?: string | undefined };

const PLANS: Readonly<Record<NonNullable<Reasoning['mode']> | 'unsaid', (asked: Case) => Plan>> = {
  unsaid: ({ effort }) => ({ effort }),
  adaptive({ effort, facts, losses }) {
    if (facts.thinking.includes('adaptive')) return { thinking: { type: 'adaptive' }, effort };
    losses.dropped('reasoning.mode', 'adaptive', 'behavior', 'the model has no adaptive thinking');
    return { effort };
  },
  off({ effort, facts, losses }) {
    const level = effort === 'none' ? undefined : effort;
    if (facts.thinking.includes('disabled')) return { thinking: { type: 'disabled' }, effort: level };
    if (!facts.reasons) return { effort: level };
    if (facts.thinking.includes('between_tools')) {
      losses.changed('reasoning', effort ?? 'off', 'behavior', 'thinking cannot be switched off; the model thinks between tool calls only');
      return { thinking: { type: 'between_tools' }, effort: level };
    }
    losses.changed('reasoning', effort ?? 'off', 'behavior', 'thinking cannot be switched off; the model is asked for little effort');
    return { effort: facts.efforts.find((word) => LEVELS.includes(word)) };
  },
  betweenTools({ effort, facts, losses }) {
    if (facts.thinking.includes('between_tools')) return { thinking: { type: 'between_tools' }, effort };
    losses.changed('reasoning.mode', 'betweenTools', 'behavior', 'the model cannot think between tool calls only');
    return { effort, ...(facts.thinking.includes('disabled') && { thinking: { type: 'disabled' } }) };
  },
  budget({ effort, maxTokens, facts, losses, budgetTokens = budgetOf(effort, maxTokens) }) {
    if (!facts.thinking.includes('enabled')) return effortInstead(budgetTokens, { budgetTokens, effort, maxTokens, facts, losses });
    const most = maxTokens - 1;
    const budget = Math.min(Math.max(budgetTokens, BUDGET_MIN), most);
    if (budget < BUDGET_MIN) {
      losses.dropped(
        'reasoning.budgetTokens',
        budgetTokens,
        'behavior',
        `thinking needs ${BUDGET_MIN} tokens of an answer of ${maxTokens}`,
      );
      return { effort };
    }
    if (budget !== budgetTokens)
      losses.changed('reasoning.budgetTokens', budgetTokens, 'behavior', `must be at least ${BUDGET_MIN} and less than the answer`);
    return { thinking: { type: 'enabled', budget_tokens: budget }, effort };
  },
};

/** Fewer are a 400. */
const BUDGET_MIN = 1024;

/** Where only an effort was named, its share of the answer; the bounds are those between `effortInstead`'s words. */
const budgetOf = (effort: string | undefined, maxTokens: number): number =>
  Math.min(Math.max(Math.floor(maxTokens * thinkingShare(effort)), BUDGET_MIN), Math.max(maxTokens - 1, BUDGET_MIN));

/** The share of an answer that thinking at this effort gets where it is set by a budget; 0: the least there may be. */
export const thinkingShare = (effort: string | undefined): number => SHARES[effort ?? ''] ?? 0;

const SHARES: Readonly<Record<string, number>> = { minimal: 0, low: 0.2, medium: 0.4, high: 0.8, xhigh: 0.9, max: 0.95 };

/** For models that choose their own budget: the budget's share of the answer, as an effort. */
function effortInstead(budgetTokens: number, { effort, maxTokens, facts, losses }: Case): Plan {
  if (!facts.thinking.includes('adaptive')) {
    losses.dropped('reasoning.budgetTokens', budgetTokens, 'behavior', 'the model takes no thinking budget');
    return { effort };
  }
  const share = budgetTokens / maxTokens;
  const level = effort ?? (share < 0.25 ? 'low' : share < 0.5 ? 'medium' : 'high');
  losses.changed('reasoning.budgetTokens', budgetTokens, 'behavior', `the model sets its own budget; it is asked for ${level} effort`);
  return { thinking: { type: 'adaptive' }, effort: level };
}

/** Whether thoughts are shown. Newer models keep them back unless asked. */
function withDisplay(
  thinking: JsonObject | undefined,
  show: string | undefined,
  effort: string | undefined,
  facts: ModelFacts,
  losses: Losses,
): JsonObject | undefined {
  if (show === undefined) return thinking;
  const display = entryOf(DISPLAYS, show) ?? show;
  if (display !== show && show !== 'auto') losses.changed('reasoning.show', show, 'none', 'Messages has one kind of summary');
  const type = thinking?.['type'];
  if (type === 'adaptive' || type === 'enabled') return { ...thinking, display };
  if (thinking === undefined && effort !== 'none' && facts.thinking.includes('adaptive')) return { type: 'adaptive', display };
  losses.dropped('reasoning.show', show, 'behavior', 'the model is not asked to think');
  return thinking;
}

/** How Responses asks for a summary. */
const DISPLAYS: Readonly<Record<string, string>> = { auto: 'summarized', concise: 'summarized', detailed: 'summarized' };

const LEVELS: readonly string[] = ['low', 'medium', 'high', 'xhigh', 'max'];

/** The effort word, or the nearest below it that the model takes; the lowest where there is none below. */
function encodeEffort(effort: string | undefined, thinking: JsonObject | undefined, facts: ModelFacts, losses: Losses): string | undefined {
  if (effort === undefined || effort === 'none') return undefined;
  const most = thinking?.['type'] === 'between_tools' ? LEVELS.slice(0, 3) : LEVELS;
  const taken = most.filter((word) => facts.efforts.includes(word));
  if (taken.length === 0) {
    const budget = thinking?.['budget_tokens'];
    if (budget === undefined) losses.dropped('reasoning.effort', effort, 'behavior', 'the model takes no effort');
    else losses.changed('reasoning.effort', effort, 'behavior', `the model takes no effort; it may think for ${budget} tokens`);
    return undefined;
  }
  const rank = effort === 'minimal' ? -1 : LEVELS.indexOf(effort);
  const level = taken.findLast((word) => LEVELS.indexOf(word) <= rank) ?? taken[0]!;
  if (level !== effort) losses.changed('reasoning.effort', effort, 'behavior', `the model's nearest effort is ${level}`);
  return level;
}
