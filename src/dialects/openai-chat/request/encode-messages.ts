import type { JsonObject } from '../../../model/json.ts';
import type { Part, ToolCall } from '../../../model/part.ts';
import type { ModelRequest, Turn } from '../../../model/request.ts';
import { wrapInput } from '../../custom-tools.ts';
import { fitId, OPENAI_ID, restoreId } from '../../ids.ts';
import type { Nothing } from '../../losses.ts';
import { spread } from '../fields.ts';
import { REASONING_FIELDS } from './decode-messages.ts';
import { type Draft, draft, isBlank, written } from './drafts.ts';
import { type Encoding, encodeContentPart, ownFields } from './encode-parts.ts';

/**
 * The conversation as messages. `notes` are words of our own to the model, at the end of the leading
 * system message. The same turns always give the same bytes: caches depend on it.
 */
export function encodeMessages(request: ModelRequest, notes: readonly string[], encoding: Encoding): JsonObject[] {
  const drafts: Draft[] = [];
  const rest = encodeLead(request, drafts, encoding);
  const held: JsonObject[] = [];
  const flush = () => {
    if (held.length > 0) drafts.push({ ...draft('user'), content: held.splice(0) });
  };
  for (const { turn, path } of rest) {
    if (turn.role === 'assistant') {
      flush();
      encodeAssistant(turn, path, drafts, encoding);
    } else {
      encodeOther(turn, path, drafts, held, encoding, flush);
    }
  }
  flush();
  encoding.marks.end();
  addNotes(notes, drafts, encoding);
  return drafts.map((message) => written(message, encoding.facts.vendor !== 'openai'));
}

interface Placed {
  readonly turn: Turn;
  readonly path: string;
}

/** Instructions and the system turns right after them as one message; without instructions, turns stay what they are. */
function encodeLead({ instructions, turns }: ModelRequest, drafts: Draft[], encoding: Encoding): Placed[] {
  const placed = turns.map((turn, i) => ({ turn, path: `turns[${i}]` }));
  if (!instructions?.length) return placed;
  const lead = draft(leadRole(encoding));
  drafts.push(lead);
  addParts(lead, instructions, 'instructions', encoding);
  const others = placed.findIndex(({ turn }) => turn.role !== 'system' && turn.role !== 'developer');
  const leading = others < 0 ? placed : placed.slice(0, others);
  for (const { turn, path } of leading) {
    addParts(lead, turn.parts, `${path}.parts`, encoding);
    lead.fields = spread(lead.fields, encoding.losses.extra(path, turn.extra));
  }
  return placed.slice(leading.length);
}

const leadRole = ({ facts }: Encoding) => (facts.vendor === 'openai' && facts.reasons ? 'developer' : 'system');

function addNotes(notes: readonly string[], drafts: Draft[], encoding: Encoding): void {
  if (notes.length === 0) return;
  const first = drafts[0];
  const lead = first?.role === 'system' || first?.role === 'developer' ? first : draft(leadRole(encoding));
  if (lead !== first) drafts.unshift(lead);
  lead.content.push(...notes.map((text) => ({ type: 'text', text })));
}

function addParts(message: Draft, parts: readonly Part[], path: string, encoding: Encoding): void {
  for (const [i, part] of parts.entries()) addPart(message, part, `${path}[${i}]`, encoding);
}

function addPart({ role, content }: Draft, part: Part, path: string, encoding: Encoding): void {
  if (part.type === 'media' && role !== 'user') {
    encoding.losses.dropped(path, part, 'content', `openai-chat has no ${part.mediaType} in ${role} messages`);
  } else content.push(...encodeContentPart(part, path, encoding));
}

/** A system, developer or user turn: its tool results first, each a message; what they cannot hold goes into the user message after them. */
function encodeOther(turn: Turn, path: string, drafts: Draft[], held: JsonObject[], encoding: Encoding, flush: () => void): void {
  const { role, parts, extra, ...unseen } = turn;
  unseen satisfies Nothing;
  const placed = parts.map((part, i) => ({ part, at: `${path}.parts[${i}]` }));
  const results = placed.filter(({ part }) => part.type === 'toolResult');
  const others = placed.filter(({ part }) => part.type !== 'toolResult');
  let fields = encoding.losses.extra(path, extra);
  const written = results.map(({ part, at }) => encodeResult(part as Result, at, held, encoding));
  const order = callOrder(drafts);
  for (const message of written.sort((a, b) => rank(order, a) - rank(order, b))) {
    drafts.push(others.length > 0 ? message : { ...message, fields: spread(message.fields, fields) });
    if (others.length === 0) fields = {};
  }
  if (results.length > 0 && others.length === 0) return;
  const message = draft(roleFor(role, encoding), fields);
  if (message.role === 'user') message.content.push(...held.splice(0));
  else flush();
  for (const { part, at } of others) addPart(message, part, at, encoding);
  if (!isBlank(message) || parts.length === 0) drafts.push(message);
}

type Result = Extract<Part, { type: 'toolResult' }>;

/** Compatible servers know only `system`. */
const roleFor = (role: Turn['role'], { facts }: Encoding) => (role === 'developer' && facts.vendor !== 'openai' ? 'system' : role);

/** The ids of the calls being answered, in the order they were made. */
const callOrder = (drafts: readonly Draft[]): unknown[] =>
  (drafts.findLast(({ calls }) => calls.length > 0)?.calls ?? []).map(({ id }) => id);

function rank(order: readonly unknown[], { fields }: Draft): number {
  const at = order.indexOf(fields['tool_call_id']);
  return at < 0 ? order.length : at;
}

/** A result as a `tool` message, which holds only text: pictures and documents are announced in it and held for the user message that follows. */
function encodeResult(part: Result, path: string, held: JsonObject[], encoding: Encoding): Draft {
  const { type: _, callId, content, isError, custom: __, cache, extra, ...unseen } = part;
  unseen satisfies Nothing;
  const { losses } = encoding;
  const id = fittedId(callId, `${path}.callId`, encoding);
  const message = draft('tool', { tool_call_id: id });
  message.fields = spread(message.fields, losses.extra(path, extra));
  const inside: Part[] = content.map((item, i) =>
    cache && i === content.length - 1 && !item.cache && item.type === 'text' ? { ...item, cache } : item,
  );
  for (const [i, item] of inside.entries()) {
    const at = `${path}.content[${i}]`;
    if (item.type !== 'media' || (!item.mediaType.startsWith('image/') && 'text' in item.source)) {
      message.content.push(...encodeContentPart(item, at, encoding));
      continue;
    }
    const shown = encodeContentPart(item, at, encoding);
    if (shown.length === 0) continue;
    losses.changed(at, item, 'behavior', 'tool messages hold only text: sent in the user message after them');
    message.content.push({ type: 'text', text: `[${kindOf(item.mediaType)}: see the next user message]` });
    held.push({ type: 'text', text: `${capital(kindOf(item.mediaType))} in the result of tool call ${id}:` }, ...shown);
  }
  if (cache && inside.every((item, i) => item === content[i])) encoding.marks.later(cache, path);
  if (isError) tellError(message, path, encoding);
  return message;
}

const kindOf = (mediaType: string) => (mediaType.startsWith('image/') ? 'image' : mediaType.startsWith('audio/') ? 'audio' : 'document');
const capital = (word: string) => word[0]!.toUpperCase() + word.slice(1);

/** Chat has no flag for a failed call: a text is put under `error`, anything else gets a word in front. */
function tellError({ content }: Draft, path: string, { losses }: Encoding): void {
  losses.changed(`${path}.isError`, true, 'behavior', 'openai-chat has no error flag: told in the content');
  const [only] = content;
  if (content.length === 1 && only?.['type'] === 'text') content[0] = { ...only, text: JSON.stringify({ error: only['text'] }) };
  else content.unshift({ type: 'text', text: 'The tool call failed.' });
}

/** An assistant turn. Chat knows one message between two turns of the user: neighbours join it where calls are involved. */
function encodeAssistant(turn: Turn, path: string, drafts: Draft[], encoding: Encoding): void {
  const { role, parts, extra, ...unseen } = turn;
  unseen satisfies Nothing;
  const { losses } = encoding;
  const before = drafts.at(-1);
  const onlyCalls = parts.length > 0 && parts.every(({ type }) => type === 'toolCall' || type === 'reasoning');
  const joins = before?.role === 'assistant' && (before.calls.length > 0 || (onlyCalls && parts.some(({ type }) => type === 'toolCall')));
  const message = joins ? before : draft('assistant');
  message.fields = spread(message.fields, losses.extra(path, extra));
  let told = false;
  for (const [i, part] of parts.entries()) {
    const at = `${path}.parts[${i}]`;
    if (part.type === 'toolCall') message.calls.push(encodeCall(part, at, encoding));
    else if (part.type === 'reasoning') encodeReasoningPart(part, at, message, encoding);
    else if (part.type === 'media') losses.dropped(at, part, 'content', 'openai-chat has no media in assistant messages');
    else {
      const wires = encodeContentPart(part, at, encoding);
      message.content.push(...wires);
      if (wires.length > 0 && message.calls.length > 0 && !told) {
        losses.changed(at, 'after a tool call', 'behavior', 'openai-chat puts text before tool calls');
        told = true;
      }
    }
  }
  if (!joins && (!isBlank(message) || parts.length === 0)) drafts.push(message);
}

function encodeCall(part: Part & ToolCall, path: string, encoding: Encoding): JsonObject {
  const { toolbox, losses, marks } = encoding;
  marks.later(part.cache, path);
  const id = fittedId(part.id, `${path}.id`, encoding);
  const rest = losses.extra(path, part.extra);
  const name = toolbox.name(part.name);
  if (part.custom && !toolbox.wraps(part.name)) return spread({ id, type: 'custom', custom: { name, input: part.arguments } }, rest);
  const written = part.custom ? wrapInput(part.arguments) : part.arguments;
  return spread({ id, type: 'function', function: { name, arguments: written } }, rest);
}

/** Thoughts that came in a field of this format go back to it; any others Chat has no place for. */
function encodeReasoningPart(part: Extract<Part, { type: 'reasoning' }>, path: string, message: Draft, { losses }: Encoding): void {
  const own = losses.extra(path, part.extra);
  const field = REASONING_FIELDS.find((name) => own[name] === null);
  if (field) message.fields = { ...message.fields, [field]: part.text };
  else if (own['thinking'] === null) {
    message.content.push({ type: 'thinking', thinking: [{ type: 'text', text: part.text }], ...ownFields(part.extra, ['thinking']) });
  } else losses.dropped(path, { text: part.text, ...(part.seal && { seal: part.seal }) }, 'behavior', 'openai-chat takes no thoughts back');
}

function fittedId(id: string, path: string, { losses }: Encoding): string {
  const sent = fitId(restoreId(id), OPENAI_ID);
  if (sent !== id) losses.changed(path, id, 'none', `openai-chat takes ids of 1 to 64 characters: sent ${sent}`);
  return sent;
}
