import type { Json, JsonObject } from '../../model/json.ts';
import { take } from '../take.ts';
import { sound } from './reply.ts';

/** What `/responses/input_tokens` takes; it refuses any other field. */
const COUNTED = new Set([
  ...['model', 'input', 'instructions', 'tools', 'tool_choice', 'parallel_tool_calls', 'reasoning', 'text', 'truncation'],
  ...['previous_response_id', 'conversation', 'personality'],
]);

/** The request as the counting endpoint takes it. */
export const countRequest = (wire: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(wire).filter(([field]) => COUNTED.has(field)));

/** A count as that endpoint answers it. */
export const encodeCount = (inputTokens: number): JsonObject => ({ object: 'response.input_tokens', input_tokens: inputTokens });

/** The count in that endpoint's answer. */
export const decodeCount = (wire: Json): number => sound(() => take(wire, '').number('input_tokens'));
