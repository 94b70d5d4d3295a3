import { isObject, type Json, type JsonObject } from '../model/json.ts';
import { isByModality } from './case-rates.ts';

/**
 * The attempts and sub-inferences of a case. Those that carry their counters themselves, as iterations do, have them
 * as their `usage`; parts of aggregates, and those with a sum of their own, are worked out already.
 */
export const partsOf = (golden: JsonObject): JsonObject[] =>
  (Array.isArray(golden['attempts_or_parts']) ? (golden['attempts_or_parts'] as readonly Json[]) : []).map((part) => {
    if (!isObject(part)) return {};
    const isBare = golden['api'] !== 'aggregate' && part['usage'] === undefined && part['usd'] === undefined;
    const usage = isBare ? countersOf(part) : undefined;
    return usage ? { ...part, usage } : part;
  });

function countersOf(part: JsonObject): JsonObject | undefined {
  const told = only(part, (name) => USAGE_FIELDS.has(name));
  if (Object.keys(told).some((name) => COUNTERS.has(name))) return told;
  const byKind = only(part, (name, value) => typeof value === 'number' && isByModality({ [name]: value }));
  return Object.keys(byKind).length > 0 ? byKind : undefined;
}

const COUNTERS: ReadonlySet<string> = new Set([
  ...['input_tokens', 'output_tokens', 'prompt_tokens', 'completion_tokens'],
  ...['cache_creation_input_tokens', 'cache_read_input_tokens'],
]);
const USAGE_FIELDS: ReadonlySet<string> = new Set([
  ...COUNTERS,
  ...['total_tokens', 'input_tokens_details', 'output_tokens_details', 'prompt_tokens_details', 'completion_tokens_details'],
  ...['cache_creation', 'server_tool_use', 'service_tier', 'inference_geo', 'speed', 'iterations', 'fallback_credit'],
]);

const only = (part: JsonObject, wanted: (name: string, value: Json) => boolean): JsonObject =>
  Object.fromEntries(Object.entries(part).filter(([name, value]) => wanted(name, value)));
