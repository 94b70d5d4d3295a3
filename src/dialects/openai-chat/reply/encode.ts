import type { JsonObject } from '../../../model/json.ts';
import type { Encoded } from '../../../model/loss.ts';
import type { Part, ToolCall } from '../../../model/part.ts';
import type { Finish, ModelReply } from '../../../model/reply.ts';
import type { Asked } from '../../dialect.ts';
import { fitId, OPENAI_ID, restoreId } from '../../ids.ts';
import { Losses, type Nothing, report } from '../../losses.ts';
import { encodeAnnotation } from '../annotations.ts';
import { CHAT, given, less, own, spread } from '../fields.ts';
import { finishWord } from '../finish.ts';
import { speaksOfFunctions } from '../request/decode.ts';
import { REASONING_FIELDS } from '../request/decode-messages.ts';
import { ownFields } from '../request/encode-parts.ts';
import { encodeTier, encodeUsage } from '../usage.ts';
import { headOf, leftoversOf } from './head.ts';

/** An answer as a Chat Completion: one string of text, its annotations, a refusal, and the calls. */
export function encodeReply(reply: ModelReply, asked: Asked): Encoded<JsonObject> {
  const losses = new Losses(CHAT);
  const { id, model, createdS, parts, finish, usage, extra, ...unseen } = reply;
  unseen satisfies Nothing;
  const functions = speaksOfFunctions(asked.request) || parts.some(calledAsFunction);
  const { top, choice, message, others } = leftoversOf(extra, losses);
  const encoded = encodeMessage(parts, functions, 'audio' in message, losses);
  const finish_reason = encodeFinish(finish, functions, losses);
  const wire: JsonObject = {
    ...headOf(reply, asked),
    object: 'chat.completion',
    choices: [spread({ index: 0, message: spread(encoded, message), logprobs: null, finish_reason }, choice), ...others],
    ...(usage && { usage: encodeUsage(usage) }),
    ...given({ service_tier: encodeTier(usage) }),
  };
  return { wire: { ...spread(wire, top), ...report([...asked.losses, ...losses.list]) }, losses: losses.list };
}

/** The word for the ending; what it cannot tell is a loss. */
export function encodeFinish(finish: Finish, functions: boolean, losses: Losses): string {
  const { reason, wire, stop, ...unseen } = finish;
  unseen satisfies Nothing;
  if (stop !== undefined) losses.dropped('finish.stop', stop, 'behavior', 'openai-chat does not say which stop sequence ended the answer');
  const word = finishWord(finish, functions);
  if (word !== undefined) {
    if (wire !== undefined && wire !== word) losses.changed('finish.wire', wire, 'none', `said as ${word}`);
    return word;
  }
  losses.changed(
    'finish',
    { reason, ...given({ wire }) },
    wire === undefined && reason === 'other' ? 'none' : 'behavior',
    'openai-chat has no word for this ending: said as stop',
  );
  return 'stop';
}

function encodeMessage(parts: readonly Part[], functions: boolean, spoken: boolean, losses: Losses): JsonObject {
  const texts: string[] = [];
  const listed: JsonObject[] = [];
  const annotations: JsonObject[] = [];
  const refusals: string[] = [];
  const calls: JsonObject[] = [];
  let fields: JsonObject = {};
  let offset = 0;
  for (const [i, part] of parts.entries()) {
    const path = `parts[${i}]`;
    switch (part.type) {
      case 'text': {
        tellBoundary(part, path, texts.length, calls.length, losses);
        for (const [n, citation] of (part.citations ?? []).entries()) {
          const annotation = encodeAnnotation(citation, offset, part.text.length, `${path}.citations[${n}]`, losses);
          if (annotation) annotations.push(annotation);
        }
        texts.push(part.text);
        listed.push(spread({ type: 'text', text: part.text }, losses.extra(path, part.extra)));
        offset += part.text.length;
        break;
      }
      case 'refusal':
        losses.extra(path, part.extra);
        refusals.push(part.text);
        break;
      case 'reasoning': {
        const rest = losses.extra(path, part.extra);
        const field = REASONING_FIELDS.find((name) => rest[name] === null);
        if (field) fields = spread(fields, { [field]: part.text });
        else if (rest['thinking'] === null) {
          listed.push({ type: 'thinking', thinking: [{ type: 'text', text: part.text }], ...ownFields(part.extra, ['thinking']) });
        } else tellReasoning(part, path, losses);
        break;
      }
      case 'toolCall':
        calls.push(encodeCall(part, path, losses));
        break;
      case 'opaque':
        if (part.dialect === CHAT) listed.push(part.wire as JsonObject);
        else losses.dropped(path, part.wire, 'content', `only ${part.dialect} understands this part`);
        break;
      case 'media':
      case 'toolResult':
        losses.dropped(path, part, 'content', `openai-chat has no ${part.type} in answers`);
        break;
      default:
        part satisfies never;
    }
  }
  // Only a server that answered with a list of parts gets one back.
  const content =
    listed.length > texts.length ? listed : texts.length > 0 ? texts.join('') : spoken || calls.length + refusals.length > 0 ? null : '';
  return {
    role: 'assistant',
    content,
    refusal: refusals.length > 0 ? refusals.join('\n') : null,
    ...(annotations.length > 0 && { annotations }),
    ...(functions ? encodeFunctionCall(calls, losses) : calls.length > 0 && { tool_calls: calls }),
    ...fields,
  };
}

/** Chat has one string of text, before the calls. Told once for each kind. */
export function tellBoundary(part: Part, path: string, texts: number, calls: number, losses: Losses): void {
  if (calls > 0) losses.changed(path, 'after a tool call', 'behavior', 'openai-chat puts text before tool calls');
  else if (texts === 1) losses.changed(path, `a part of its own`, 'behavior', 'openai-chat joins the parts of a text into one');
  if (part.cache) losses.dropped(`${path}.cache`, part.cache, 'none', 'answers carry no cache marks');
}

/** Thoughts have no place in Chat; an empty one was only a seal, which the caller could not have read. */
export function tellReasoning(part: Extract<Part, { type: 'reasoning' }>, path: string, losses: Losses): void {
  const { text, seal } = part;
  losses.dropped(path, { text, ...given({ seal }) }, text ? 'behavior' : 'none', 'openai-chat shows no thoughts');
}

function encodeCall(part: Part & ToolCall, path: string, losses: Losses): JsonObject {
  const rest = less(losses.extra(path, part.extra), ['function_call']);
  const id = callId(part.id, path, losses);
  return part.custom
    ? spread({ id, type: 'custom', custom: { name: part.name, input: part.arguments } }, rest)
    : spread({ id, type: 'function', function: { name: part.name, arguments: part.arguments || '{}' } }, rest);
}

/** A call's id as Chat clients and servers take it, told when it is another. */
export function callId(id: string, path: string, losses: Losses): string {
  const sent = fitId(restoreId(id), OPENAI_ID);
  if (sent !== id) losses.changed(`${path}.id`, id, 'none', `openai-chat takes ids of 1 to 64 characters: sent ${sent}`);
  return sent;
}

/** Whether a call came as the predecessor of tool calls. */
export const calledAsFunction = (part: Part): boolean => own(part.extra)['function_call'] === null;

/** For callers who speak of functions: one call, without an id. */
function encodeFunctionCall(calls: readonly JsonObject[], losses: Losses): JsonObject {
  const [first, ...others] = calls;
  if (others.length > 0) losses.dropped('parts', others, 'content', 'the caller declared functions, of which an answer calls one');
  return first ? { function_call: first['function'] ?? null } : {};
}
