import type { Failure } from '../../model/failure.ts';
import { isList, isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { FailedAnswer } from '../dialect.ts';
import { decodeOpenAIFailure, encodeOpenAIFailure, openAIError, openAIFailureOfError } from '../openai-failure.ts';
import type { Frame } from '../sse.ts';
import { without } from './fields.ts';

/** What an answer outside 2xx means. */
export const decodeFailure = (answer: FailedAnswer, nowMs?: number): Failure => decodeOpenAIFailure(answer, 'openai-responses', nowMs);

/** A failure as an answer to a client of this format. */
export const encodeFailure = (failure: Failure): FailedAnswer => encodeOpenAIFailure(failure, 'openai-responses');

/**
 * An `error` event. The specification has its fields flat, OpenAI's own traffic nests them, and the SDK
 * finds type and code only where they are nested: both are said.
 */
export function errorEvent(failure: Failure, sequence: number): JsonObject {
  const error = openAIError(failure);
  return { type: 'error', sequence_number: sequence, code: error.code, message: error.message, param: error.param, error: { ...error } };
}

/** The error event as a frame, for a stream that was relayed as far as it came. */
export const frameFailure = (failure: Failure, sequence: number): Frame => ({
  event: 'error',
  data: JSON.stringify(errorEvent(failure, sequence)),
});

/** The failure an `error` event tells of, flat or nested. */
export function failureOfEvent(event: JsonObject): Failure {
  const { error } = event;
  // The flat form's type is the event's, not the error's.
  return openAIFailureOfError(isObject(error) ? error : without(event, 'type', 'sequence_number'), 'openai-responses');
}

/** The failure a whole body tells of in place of an answer; undefined when it is an answer. */
export function failedResponse(wire: Json): Failure | undefined {
  if (!isObject(wire)) return { kind: 'broken', message: 'the provider answered with something that is no response' };
  const { error, status } = wire;
  if (isObject(error)) return openAIFailureOfError(error, 'openai-responses');
  if (status === 'failed') return { kind: 'broken', message: 'the provider says the response failed, and not why' };
  if (status === 'cancelled') return { kind: 'cancelled', message: 'the response was cancelled at the provider' };
  if (!isList(wire['output']))
    return { kind: 'broken', message: `the provider's answer has no list \`output\`, got ${typeof wire['output']}` };
  return undefined;
}
