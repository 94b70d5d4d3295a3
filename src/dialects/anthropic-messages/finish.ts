import type { Json, JsonObject } from '../../model/json.ts';
import type { Part } from '../../model/part.ts';
import type { Finish } from '../../model/reply.ts';
import type { Losses } from '../losses.ts';
import { isObject } from '../take.ts';
import { extraOf } from './name.ts';

/** Why the answer ended, from `stop_reason` and `stop_sequence`. */
export function decodeFinish(reason: Json | undefined, sequence: Json | undefined): Finish {
  const wire = typeof reason === 'string' ? reason : undefined;
  return {
    reason: (wire !== undefined && REASONS[wire]) || 'other',
    ...(wire !== undefined && { wire }),
    ...(typeof sequence === 'string' && { stop: sequence }),
  };
}

const REASONS: Readonly<Record<string, Finish['reason']>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'toolCalls',
  refusal: 'refused',
  pause_turn: 'paused',
  // A beta's: the model stopped to have the conversation summed up.
  compaction: 'other',
};

const WORDS: Readonly<Record<Finish['reason'], string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  toolCalls: 'tool_use',
  refused: 'refusal',
  paused: 'pause_turn',
  other: 'end_turn',
};

/** `stop_reason` and `stop_sequence`; the provider's own word where it is one of Messages'. */
export function encodeFinish({ reason, wire, stop }: Finish, losses: Losses): { stop_reason: string; stop_sequence: string | null } {
  const known = wire !== undefined && REASONS[wire] === reason;
  if (reason === 'other' && !known)
    losses.changed('finish', wire ?? reason, 'behavior', 'Messages has no word for this end; told as end_turn');
  const word = known ? wire : stop !== undefined && reason === 'stop' ? 'stop_sequence' : WORDS[reason];
  return { stop_reason: word, stop_sequence: stop ?? null };
}

/**
 * A refusal's `stop_details`: the explanation is a refusal part, as OpenAI would say it, with the rest
 * as its extra; without an explanation they stay as they came.
 */
export function decodeStopDetails(wire: Json | undefined): { readonly part?: Part; readonly kept?: JsonObject } {
  if (!isObject(wire)) return {};
  const { explanation, ...details } = wire;
  if (typeof explanation !== 'string' || explanation === '') return { kept: { stop_details: wire } };
  return { part: { type: 'refusal', text: explanation, ...extraOf({ details }) } };
}

/** What `decodeStopDetails` kept of a refusal: then its text is no block of the answer. */
export const detailsOf = (part: Part): JsonObject | undefined => {
  const details = part.type === 'refusal' ? part.extra?.['anthropic-messages']?.['details'] : undefined;
  return isObject(details) ? details : undefined;
};

/** `stop_details` for what the model said in refusing; null when it did not. */
export const encodeStopDetails = (explanation: string, details: JsonObject | undefined): JsonObject | null =>
  explanation === '' ? null : { type: 'refusal', category: null, ...details, explanation };
