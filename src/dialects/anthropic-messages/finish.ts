import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Part } from '../../model/part.ts';
import type { Finish } from '../../model/reply.ts';
import type { Losses } from '../losses.ts';
import { entryOf, extraOf, ownExtra } from './name.ts';

/** Why the answer ended, from `stop_reason` and `stop_sequence`. */
export function decodeFinish(reason: Json | undefined, sequence: Json | undefined): Finish {
  const wire = typeof reason === 'string' ? reason : undefined;
  return {
    reason: (wire !== undefined && entryOf(REASONS, wire)) || 'other',
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

/** How the answer ended; the provider's own word where it is one of Messages'. `details` are those of a refusal. */
export function encodeFinish({ reason, wire, stop }: Finish, details: JsonObject | null, losses: Losses): JsonObject {
  const known = wire !== undefined && entryOf(REASONS, wire) === reason;
  if (reason === 'other' && !known)
    losses.changed('finish', wire ?? reason, 'behavior', 'Messages has no word for this end; told as end_turn');
  const word = known ? wire : stop !== undefined && reason === 'stop' ? 'stop_sequence' : WORDS[reason];
  // OpenAI ends a refusal like any answer; a client of Messages looks for the word.
  return { stop_reason: details ? WORDS.refused : word, stop_sequence: stop ?? null, stop_details: details };
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

/** Whether a refusal came from Messages' own `stop_details`, where no block of the answer shows it. */
const isExplanation = ({ type, extra }: Part): boolean => type === 'refusal' && isObject(ownExtra(extra)['details']);

/**
 * `stop_details` of an answer with these refusal parts, null without any. What Anthropic explained is
 * explained again; what another vendor's model said in refusing is text the caller reads.
 */
export function encodeStopDetails(refused: readonly Part[]): JsonObject | null {
  if (refused.every((part) => 'text' in part && part.text === '')) return null;
  const explained = refused.filter(isExplanation);
  const texts = explained.flatMap((part) => ('text' in part ? [part.text] : []));
  const details = explained.map(({ extra }) => ownExtra(extra)['details']).find(isObject);
  return { type: 'refusal', category: null, ...details, explanation: texts.length > 0 ? texts.join('\n\n') : null };
}
