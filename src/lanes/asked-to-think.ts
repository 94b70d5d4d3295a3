import type { ModelFacts } from '../model/facts.ts';
import type { Loss } from '../model/loss.ts';
import type { ModelRequest } from '../model/request.ts';

/**
 * What an effort in OpenAI's words means to Claude. At OpenAI an effort makes a model think; Claude
 * before 5 thinks only when told to, whatever the effort (§5.10 of the protocol notes), and before
 * 4.6 by a budget. So a request of another vendor's caller that names an effort also asks to think.
 *
 * Not where that would be a 400: with a forced tool, with a temperature the caller chose, or, by a
 * budget, after a tool call whose thoughts are gone.
 */
export function askedToThink(
  request: ModelRequest,
  facts: ModelFacts,
): { readonly request: ModelRequest; readonly losses: readonly Loss[] } {
  const { reasoning, toolChoice, sampling } = request;
  const effort = reasoning?.effort;
  if (!reasoning || effort === undefined || effort === 'none' || reasoning.mode || !facts.reasons) return { request, losses: [] };
  const adaptive = facts.thinking.includes('adaptive');
  if (!adaptive && !facts.thinking.includes('enabled')) return { request, losses: [] };
  const forced = toolChoice?.mode === 'required' || typeof toolChoice?.mode === 'object';
  const drawn = facts.sampling === 'yes' && [sampling?.temperature, sampling?.topP].some((value) => value !== undefined && value !== 1);
  const why = forced
    ? 'with a forced tool call'
    : drawn
      ? 'with sampling of its own'
      : adaptive || !thoughtless(request)
        ? undefined
        : GONE;
  if (why === undefined)
    return { request: { ...request, reasoning: { ...reasoning, mode: adaptive ? 'adaptive' : 'budget' } }, losses: [] };
  // The newest think by themselves: nothing is lost when they are not told to.
  if (facts.sampling === 'no') return { request, losses: [] };
  const note = `the model cannot be asked to think ${why}`;
  return { request, losses: [{ path: 'reasoning.effort', value: effort, kind: 'changed', impact: 'behavior', note }] };
}

const GONE = 'after a tool call whose thoughts are not known';

/** Whether the request goes on from a tool call without what was thought before it. */
function thoughtless({ turns }: ModelRequest): boolean {
  const last = turns.findLastIndex(({ role }) => role === 'assistant');
  // Neighbouring assistant turns are one turn: Responses makes an item of every thought.
  const before = turns.slice(0, last + 1).findLastIndex(({ role }) => role !== 'assistant');
  const parts = turns.slice(before + 1, last + 1).flatMap((turn) => turn.parts);
  return parts.some(({ type }) => type === 'toolCall') && !(parts[0]?.type === 'reasoning' && parts[0].seal?.by === 'anthropic-messages');
}
