import type { Json, JsonObject } from '../../model/json.ts';
import type { Part } from '../../model/part.ts';
import type { ModelRequest, Turn } from '../../model/request.ts';
import { encodePart, type Writing } from './blocks.ts';
import type { Block } from './cache-mark.ts';
import { listed } from './name.ts';

/** The system prompt and the messages of a request. */
export interface Conversation {
  readonly system: Block[];
  readonly messages: readonly JsonObject[];
}

/** A message under construction, with the turn it began as. */
interface Draft {
  role: 'user' | 'assistant' | 'system';
  /** Tool results stand first in a user message, whatever the order they came in: else a 400. */
  readonly results: Block[];
  readonly blocks: Block[];
  /** Fields of the message itself; such a message is not merged with others. */
  readonly extra: JsonObject;
  /** Whether nothing may be added: an answer that came to nothing stood after it. */
  readonly last?: boolean;
  readonly path: string;
  /** The turn as it came, for the report. */
  readonly turn: Turn;
}

/**
 * Turns as Messages wants them: leading system turns in front, later ones as `role: system` where the
 * model and the place allow it, neighbours merged, tool results first, the user first and, unless the
 * model takes a prefill, last.
 */
export function encodeConversation(
  { instructions = [], turns }: Pick<ModelRequest, 'instructions' | 'turns'>,
  writing: Writing,
): Conversation {
  const first = turns.findIndex(({ role }) => role === 'user' || role === 'assistant');
  const leading = first < 0 ? turns.length : first;
  const system = instructions.flatMap((part, i) => systemBlock(part, `instructions[${i}]`, writing, 'prefix'));
  for (const [i, turn] of turns.slice(0, leading).entries()) {
    const { role, blocks, extra } = draftOf(turn, `turns[${i}]`, writing, 'prefix');
    for (const field of Object.keys(extra)) {
      writing.losses.dropped(`turns[${i}].extra.${field}`, extra[field], 'behavior', `a leading ${role} message has no ${field}`);
    }
    system.push(...blocks);
  }
  const drafts = turns.slice(leading).map((turn, i) => draftOf(turn, `turns[${leading + i}]`, writing, 'messages'));
  return { system, messages: merged(placed(withoutGaps(drafts, writing), writing), writing) };
}

function draftOf(turn: Turn, path: string, writing: Writing, where: 'prefix' | 'messages'): Draft {
  const role = turn.role === 'developer' ? 'system' : turn.role;
  const draft: Draft = { role, results: [], blocks: [], extra: writing.losses.extra(path, turn.extra, TURN_IMPACTS), path, turn };
  for (const [i, part] of turn.parts.entries()) {
    const at = `${path}.parts[${i}]`;
    const blocks = role === 'system' ? systemBlock(part, at, writing, where) : listed(encodePart(part, at, writing, where));
    (part.type === 'toolResult' ? draft.results : draft.blocks).push(...blocks);
  }
  return draft;
}

/** A system prompt is text, and what only Messages can say. */
function systemBlock(part: Part, path: string, writing: Writing, where: 'prefix' | 'messages'): readonly Block[] {
  if (part.type === 'text' || part.type === 'refusal' || part.type === 'opaque') return listed(encodePart(part, path, writing, where));
  writing.losses.dropped(path, part, 'content', `a system message of Messages holds no ${part.type}`);
  return [];
}

const TURN_IMPACTS = { phase: 'none', type: 'none', refusal: 'none', audio: 'content' } as const;

const isEmpty = ({ results, blocks }: Draft) => results.length + blocks.length === 0;

/**
 * Leaves out messages with nothing left to say. A user who says nothing at all is kept as a full stop,
 * and what stood on both sides of an empty answer stays apart: otherwise the messages already sent
 * would change when the conversation goes on.
 */
function withoutGaps(drafts: readonly Draft[], { losses }: Writing): Draft[] {
  const kept: Draft[] = [];
  for (let at = 0; at < drafts.length; ) {
    const { role } = drafts[at]!;
    const after = drafts.findIndex((draft, i) => i > at && draft.role !== role);
    const run = drafts.slice(at, after < 0 ? drafts.length : after);
    at += run.length;
    const said = run.filter((draft) => !isEmpty(draft));
    if (said.length > 0) kept.push(...said);
    else if (role === 'user') {
      losses.changed(run[0]!.path, run[0]!.turn, 'behavior', 'an empty user message is sent as "."');
      kept.push({ ...run[0]!, blocks: [textOf('.')] });
    } else if (role === 'assistant' && kept.length > 0) kept.push({ ...kept.pop()!, last: true });
  }
  return kept;
}

/**
 * Decides where later system turns go. `role: system` must follow the user and be followed by the
 * assistant or nothing; elsewhere, and for models without it, the words become a reminder in the
 * user's message: moving them to the front would change what they mean and the cached prefix.
 */
function placed(drafts: readonly Draft[], { facts, losses }: Writing): Draft[] {
  const result: Draft[] = [];
  for (const [i, draft] of drafts.entries()) {
    if (draft.role !== 'system' || (facts.systemTurns && fits(drafts, i)) || isNative(draft)) {
      result.push(draft);
      continue;
    }
    losses.changed(
      draft.path,
      draft.turn.role,
      'behavior',
      'the model takes no system message here; sent as a reminder in the user message',
    );
    const { extra } = draft;
    for (const field of Object.keys(extra))
      losses.dropped(`${draft.path}.extra.${field}`, extra[field], 'behavior', 'a reminder has no fields');
    for (const block of draft.blocks) block['text'] = `<system-reminder>\n${String(block['text'])}\n</system-reminder>`;
    result.push({ ...draft, role: 'user', extra: {} });
  }
  return result;
}

function fits(drafts: readonly Draft[], at: number): boolean {
  const before = drafts.slice(0, at).findLast(({ role }) => role !== 'system');
  const after = drafts.slice(at + 1).find(({ role }) => role !== 'system');
  const follows = before?.role === 'user' || (before !== undefined && endsInServerTool(before));
  return follows && (after === undefined || after.role === 'assistant');
}

/** Content that only Messages has: its sender knows where it may stand. */
const isNative = ({ turn }: Draft) => turn.parts.some(({ type }) => type === 'opaque');

const endsInServerTool = ({ role, blocks }: Draft) => {
  const type = String(blocks.at(-1)?.['type'] ?? '');
  return role === 'assistant' && (type === 'server_tool_use' || (type !== 'tool_result' && type.endsWith('_tool_result')));
};

const textOf = (text: string): Block => ({ type: 'text', text });

/** One message for each run of drafts of a role, and the user at either end. */
function merged(drafts: readonly Draft[], { facts, losses }: Writing): JsonObject[] {
  const messages: Draft[] = [];
  for (const draft of drafts) {
    const last = messages.at(-1);
    if (!last || last.last || last.role !== draft.role || hasFields(last) || hasFields(draft)) {
      messages.push({ ...draft, results: [...draft.results], blocks: [...draft.blocks] });
      continue;
    }
    last.results.push(...draft.results);
    join(last, draft, losses);
    if (draft.last) messages[messages.length - 1] = { ...last, last: true };
  }
  // Models old enough for a prefill answer a conversation that the assistant began (recorded on claude-sonnet-4-5).
  const begun = messages[0]?.role === 'user' || (messages[0]?.role === 'assistant' && facts.prefill);
  if (!begun) {
    losses.changed('turns', messages[0]?.role ?? null, 'behavior', 'Messages begins with the user; "Begin." is sent in front');
    messages.unshift(spoken('Begin.'));
  }
  const last = messages.at(-1)!;
  if (last.role === 'assistant' && !endsInServerTool(last)) finishPrefill(messages, last, facts.prefill, losses);
  return messages.map(({ role, results, blocks, extra }) => ({
    role,
    content: [...results, ...blocks] as readonly Json[] as Json,
    ...extra,
  }));
}

const hasFields = ({ extra }: Draft) => Object.keys(extra).length > 0;

const spoken = (text: string): Draft => ({
  role: 'user',
  results: [],
  blocks: [textOf(text)],
  extra: {},
  path: 'turns',
  turn: { role: 'user', parts: [] },
});

/** Adds a later draft of the same role; text of a later turn goes before the calls of an earlier one, which must stand last. */
function join(into: Draft, { blocks, path }: Draft, losses: Losses): void {
  for (const block of blocks) {
    const trailing = into.blocks.findLastIndex(({ type }) => type !== 'tool_use') + 1;
    if (block['type'] !== 'text' || trailing === into.blocks.length) into.blocks.push(block);
    else {
      losses.changed(path, null, 'none', 'text written after a tool call is sent before it: calls stand last in a message');
      into.blocks.splice(trailing, 0, block);
    }
  }
}

type Losses = Writing['losses'];

/** The conversation ends with the assistant: words to be continued, which newer models refuse. */
function finishPrefill(messages: Draft[], last: Draft, taken: boolean, losses: Losses): void {
  if (last.blocks.some(({ type }) => type === 'tool_use')) return;
  if (!taken) {
    losses.changed('turns', null, 'behavior', 'the model does not continue an answer; "Continue." is asked instead');
    messages.push(spoken('Continue.'));
    return;
  }
  const end = last.blocks.at(-1);
  const text = end?.['type'] === 'text' ? String(end['text']) : '';
  if (end && text !== text.trimEnd()) {
    losses.changed(`${last.path}.parts`, text.slice(text.trimEnd().length), 'none', 'white space at the end of the last answer is a 400');
    end['text'] = text.trimEnd();
  }
}
