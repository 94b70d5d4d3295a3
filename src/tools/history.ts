import type { Part, ToolCall } from '../model/part.ts';
import type { Turn } from '../model/request.ts';
import type { ToolResult } from './tool.ts';

/**
 * The parts of an answer with every call under an id of its own: some servers give two the same, or none, and a
 * result answers one call. All else stays as the model said it.
 */
export function distinct(parts: readonly Part[], used: ReadonlySet<string>): readonly Part[] {
  const seen = new Set(used);
  let changed = false;
  const own = parts.map((part): Part => {
    if (part.type !== 'toolCall') return part;
    let { id } = part;
    for (let number = 2; id === '' || seen.has(id); number += 1) id = `${part.id || 'call'}_${number}`;
    seen.add(id);
    if (id === part.id) return part;
    changed = true;
    return { ...part, id };
  });
  return changed ? own : parts;
}

/** Ids of all calls that were made. */
export const idsIn = (turns: readonly Turn[]): Set<string> => new Set(turns.flatMap(({ parts }) => callsIn(parts).map(({ id }) => id)));

export const callsIn = (parts: readonly Part[]): ToolCall[] => parts.filter((part) => part.type === 'toolCall');

/** The calls at the end of a conversation that nobody answered, and those results that are there already. */
export interface Unanswered {
  readonly calls: readonly ToolCall[];
  readonly open: readonly ToolCall[];
  /** Results that are there, by call. */
  readonly results: ReadonlyMap<string, ToolResult>;
  /** The conversation up to the calls, and what was said after them besides results. */
  readonly before: readonly Turn[];
  readonly rest: readonly Turn[];
}

/** Undefined where every call of the last answer has its result. */
export function unansweredIn(turns: readonly Turn[]): Unanswered | undefined {
  const last = turns.findLastIndex(({ role, parts }) => role === 'assistant' && callsIn(parts).length > 0);
  if (last < 0) return undefined;
  // Neighbouring assistant turns are one.
  let first = last;
  while (first > 0 && turns[first - 1]!.role === 'assistant') first -= 1;
  const calls = turns.slice(first, last + 1).flatMap(({ parts }) => callsIn(parts));
  const later = turns.slice(last + 1);
  const results = new Map(
    later.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'toolResult' ? [[part.callId, part] as const] : []))),
  );
  const open = calls.filter(({ id }) => !results.has(id));
  if (open.length === 0) return undefined;
  const rest = later
    .map((turn) => ({
      ...turn,
      parts: turn.parts.filter((part) => part.type !== 'toolResult' || !calls.some(({ id }) => id === part.callId)),
    }))
    .filter(({ parts }) => parts.length > 0);
  return { calls, open, results, before: turns.slice(0, last + 1), rest };
}
