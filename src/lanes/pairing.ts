import { invalid } from '../model/failure.ts';
import type { JsonObject } from '../model/json.ts';
import type { Part } from '../model/part.ts';
import type { ModelRequest, Turn } from '../model/request.ts';

/**
 * Sees to it that every tool call has exactly one result, given before the model speaks again: both
 * vendors answer 400 otherwise, in words that rarely help. Refuses with every problem at once, naming
 * the caller's own messages (`turnsField[i]`) and the ids; or, told to `repair`, supplies a result that
 * says there is none, keeps the first of duplicates and turns results without a call into text.
 *
 * A result whose call is out of sight (in a stored conversation, or in an item only Responses knows)
 * is no mistake: it becomes text too, and the codec reports what it answers to as lost.
 */
export function pairToolResults(request: ModelRequest, turnsField: string, repair: boolean): ModelRequest {
  const problems: string[] = [];
  const turns: Turn[] = [];
  /** Calls waiting for a result, to the index of the turn that made them; and those that have theirs. */
  const open = new Map<string, number>();
  const answered = new Set<string>();
  const outOfSight = callsOutOfSight(request);
  let othersSpoke = false;
  let unpaired = false;

  const settle = (before: string) => {
    const missing = [...open].filter(([id]) => !answered.has(id));
    for (const [turn, calls] of Map.groupBy(missing, ([, index]) => index)) {
      problems.push(`${turnsField}[${turn}] calls tools that have no result before ${before}: ${calls.map(([id]) => id).join(', ')}`);
    }
    if (missing.length > 0) turns.push({ role: 'user', parts: missing.map(([id]) => noResult(id)) });
    open.clear();
    answered.clear();
    othersSpoke = false;
  };

  for (const [i, turn] of request.turns.entries()) {
    if (turn.role === 'assistant') {
      // Neighbouring assistant turns are one turn: Responses makes an item of every call.
      if (othersSpoke) settle(`${turnsField}[${i}]`);
      for (const part of turn.parts) {
        if (part.type !== 'toolCall') continue;
        if (open.has(part.id)) problems.push(`${turnsField}[${i}] makes a second tool call with the id ${part.id}`);
        open.set(part.id, i);
      }
      turns.push(turn);
      continue;
    }
    othersSpoke ||= open.size > 0;
    const parts = turn.parts.flatMap((part): readonly Part[] => {
      if (part.type !== 'toolResult') return [part];
      if (answered.has(part.callId)) {
        problems.push(`${turnsField}[${i}] gives a second result for the tool call ${part.callId}`);
        return [];
      }
      if (!open.has(part.callId)) {
        unpaired = true;
        if (!outOfSight(part.callId))
          problems.push(`${turnsField}[${i}] gives a result for a tool call that was not made before it: ${part.callId}`);
        return [{ type: 'text', text: `[result of the unknown tool call ${part.callId}]` }, ...part.content];
      }
      answered.add(part.callId);
      return [part];
    });
    turns.push({ ...turn, parts });
  }
  settle('the end');
  if (problems.length === 0 && !unpaired) return request;
  if (problems.length > 0 && !repair) invalid(problems.join('; '), turnsField);
  return { ...request, turns };
}

const noResult = (callId: string): Part => ({
  type: 'toolResult',
  callId,
  content: [{ type: 'text', text: '(no result provided)' }],
  isError: true,
});

/** Whether a call may have been made where we cannot see it. */
function callsOutOfSight({ turns, extra }: ModelRequest): (id: string) => boolean {
  const own = extra?.['openai-responses'];
  const wires = turns.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'opaque' ? [part.wire as JsonObject | null] : [])));
  const stored = STATE.some((field) => own?.[field] != null) || wires.some((wire) => wire?.['type'] === 'item_reference');
  const ids = new Set(wires.map((wire) => wire?.['call_id']));
  return (id) => stored || ids.has(id);
}

const STATE = ['previous_response_id', 'conversation', 'prompt'];
