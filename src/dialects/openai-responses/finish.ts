import { isObject, type JsonObject } from '../../model/json.ts';
import type { Finish } from '../../model/reply.ts';

/** What the answer held that its status does not say. */
export interface Said {
  readonly called: boolean;
  readonly refused: boolean;
}

/** Why a response ended. `completed` says nothing of calls and refusals: those are seen in what was said. */
export function decodeFinish(response: JsonObject, { called, refused }: Said): Finish {
  const { status, incomplete_details: details } = response;
  if (status === 'incomplete') {
    const reason = isObject(details) && typeof details['reason'] === 'string' ? details['reason'] : 'incomplete';
    return { reason: INCOMPLETE[reason] ?? 'other', wire: reason };
  }
  // Some compatible servers write `complete`, or nothing.
  const wire = typeof status === 'string' ? status : 'completed';
  if (wire === 'queued' || wire === 'in_progress') return { reason: 'other', wire };
  return { reason: called ? 'toolCalls' : refused ? 'refused' : 'stop', wire };
}

const INCOMPLETE: Readonly<Record<string, Finish['reason']>> = { max_output_tokens: 'length', content_filter: 'refused' };

/** What was said in a finished response's output. */
export function saidIn(output: readonly JsonObject[]): Said {
  return {
    called: output.some(({ type }) => type === 'function_call' || type === 'custom_tool_call'),
    refused: output.some(
      ({ type, content }) =>
        type === 'message' && Array.isArray(content) && content.some((part) => isObject(part) && part['type'] === 'refusal'),
    ),
  };
}

/** Reasons for stopping early that only this format has, and states of responses still being made. */
const INCOMPLETE_HERE = new Set(['max_messages', 'steered', 'incomplete']);
const UNFINISHED = new Set(['queued', 'in_progress']);

/** `status` and `incomplete_details`. A refusal that was spoken is a completed answer; a silent one was filtered. */
export function encodeFinish({ reason, wire = '' }: Finish, said: Said): { status: string; incomplete: string | undefined } {
  if (reason === 'length') return { status: 'incomplete', incomplete: 'max_output_tokens' };
  if (reason === 'refused' && (!said.refused || wire === 'content_filter')) return { status: 'incomplete', incomplete: 'content_filter' };
  if (reason === 'other' && INCOMPLETE_HERE.has(wire)) return { status: 'incomplete', incomplete: wire };
  if (reason === 'other' && UNFINISHED.has(wire)) return { status: wire, incomplete: undefined };
  return { status: 'completed', incomplete: undefined };
}
