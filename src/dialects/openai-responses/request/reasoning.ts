import type { ModelFacts } from '../../../model/facts.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { Reasoning } from '../../../model/request.ts';
import type { Losses } from '../../losses.ts';
import { type Taker, take } from '../../take.ts';
import { present } from '../fields.ts';

/** `reasoning`: effort and summary are everyone's; `context`, `mode` (`pro`) and the like are only OpenAI's. */
export function decodeReasoningSettings(request: Taker): Reasoning | undefined {
  const wire = request.maybeObject('reasoning');
  if (!wire) return undefined;
  const fields = take(wire, request.at('reasoning'));
  const effort = fields.maybeString('effort');
  const show = fields.maybeString('summary');
  return { ...(effort !== undefined && { effort }), ...(show !== undefined && { show }), ...fields.rest('openai-responses') };
}

/** `reasoning` for this model. The effort comes back on its own too: sampling depends on it. */
export function encodeReasoning(
  reasoning: Reasoning,
  maxOutputTokens: number | undefined,
  facts: ModelFacts,
  losses: Losses,
): { readonly wire: JsonObject | undefined; readonly effort: string | undefined } {
  const own = losses.extra('reasoning', reasoning.extra);
  const effort = effortFor(reasoning, maxOutputTokens, facts, losses);
  const summary = summaryFor(reasoning.show, facts, losses);
  const wire = present({ effort, summary, ...own });
  const said = Object.fromEntries(Object.entries(wire).filter(([field, value]) => field !== 'effort' || value !== null));
  return { wire: Object.keys(said).length > 0 ? said : undefined, effort };
}

function summaryFor(show: string | undefined, facts: ModelFacts, losses: Losses): string | undefined {
  // Not showing thoughts is what OpenAI does unasked.
  if (show === undefined || show === 'omitted') return undefined;
  if (!facts.reasons) {
    losses.dropped('reasoning.show', show, 'none', 'the model does not reason');
    return undefined;
  }
  return show === 'summarized' ? 'auto' : show;
}

function effortFor(reasoning: Reasoning, maxOutputTokens: number | undefined, facts: ModelFacts, losses: Losses): string | undefined {
  const { mode, budgetTokens, effort } = reasoning;
  if (mode === 'betweenTools')
    losses.dropped('reasoning.mode', mode, 'behavior', 'openai-responses cannot keep thoughts between tool calls');
  if (mode === 'adaptive') losses.dropped('reasoning.mode', mode, 'none', 'OpenAI models decide themselves how long to reason');
  if (effort !== undefined) {
    if (budgetTokens !== undefined) losses.dropped('reasoning.budgetTokens', budgetTokens, 'behavior', 'an effort was asked for as well');
    if (mode !== 'off' || effort === 'none') return clamped(effort, facts, losses);
    losses.dropped('reasoning.effort', effort, 'behavior', 'reasoning was switched off');
  }
  if (mode === 'off') return switchedOff(facts, losses);
  if (budgetTokens === undefined) return undefined;
  const nearest = effortOfBudget(budgetTokens, maxOutputTokens);
  losses.changed('reasoning.budgetTokens', budgetTokens, 'behavior', `openai-responses takes an effort, not a budget: sent ${nearest}`);
  return clamped(nearest, facts, losses);
}

/** The effort whose usual share of the answer comes nearest; without a cap, against what 32,000 tokens would be. */
function effortOfBudget(budgetTokens: number, maxOutputTokens = 32_000): string {
  const share = budgetTokens / Math.max(maxOutputTokens, 1);
  return share < 0.25 ? 'low' : share < 0.6 ? 'medium' : 'high';
}

function switchedOff(facts: ModelFacts, losses: Losses): string | undefined {
  if (!facts.reasons) return undefined;
  if (facts.efforts.includes('none')) return 'none';
  const [lowest] = facts.efforts;
  losses.changed('reasoning.mode', 'off', 'behavior', `the model always reasons: sent ${lowest ?? 'no effort'}`);
  return lowest;
}

const WEAKEST_FIRST = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** The effort, or the nearest weaker the model takes, or its weakest, but `none` for none only. A word not in the scale is the caller's to answer for. */
function clamped(effort: string, { efforts, reasons }: ModelFacts, losses: Losses): string | undefined {
  if (efforts.includes(effort)) return effort;
  if (efforts.length === 0) {
    const impact = !reasons && effort === 'none' ? 'none' : 'behavior';
    losses.dropped('reasoning.effort', effort, impact, 'the model takes no effort');
    return undefined;
  }
  const rank = WEAKEST_FIRST.indexOf(effort);
  if (rank < 0) return effort;
  const some = efforts.filter((each) => each !== 'none');
  const nearest = some.findLast((each) => WEAKEST_FIRST.indexOf(each) < rank) ?? some[0] ?? efforts[0]!;
  losses.changed('reasoning.effort', effort, 'behavior', `the model does not take ${effort}: sent ${nearest}`);
  return nearest;
}
