import { HeadgateError } from '../../model/failure.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';

/** What `count_tokens` takes of a request; anything else is a 400 ("Extra inputs are not permitted"). */
const COUNTED = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'cache_control',
  'speed',
  'mcp_servers',
  'context_management',
]);

export const countRequest = (wire: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(wire).filter(([field]) => COUNTED.has(field)));

export const encodeCount = (inputTokens: number): JsonObject => ({ input_tokens: inputTokens });

/** Throws `broken` when the answer is not a count. */
export function decodeCount(wire: Json): number {
  const tokens = isObject(wire) ? wire['input_tokens'] : undefined;
  if (typeof tokens === 'number') return tokens;
  throw new HeadgateError({ kind: 'broken', message: 'the answer is no token count: input_tokens must be a number' });
}
