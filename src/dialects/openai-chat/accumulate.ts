import { isList, isObject, type Json, type JsonObject } from '../../model/json.ts';

/**
 * Adds a stream's fragment of fields we do not model to what came before: text grows, lists grow
 * (their numbered items each by itself), objects are merged, anything else is replaced.
 */
export function accumulate(before: JsonObject, fragment: JsonObject): JsonObject {
  const after: Record<string, Json> = { ...before };
  for (const [key, value] of Object.entries(fragment)) after[key] = added(key, before[key], value);
  return after;
}

// Everything else that is text (ids, roles, types, names) is said whole, and sometimes again.
const GROWING = new Set([
  'content',
  'refusal',
  'arguments',
  'input',
  'data',
  'transcript',
  'reasoning',
  'reasoning_content',
  'text',
  'summary',
  'signature',
]);

function added(key: string, before: Json | undefined, value: Json): Json {
  if (before === undefined || before === null) return value;
  if (value === null) return before;
  if (typeof before === 'string' && typeof value === 'string') return GROWING.has(key) ? before + value : value;
  if (isObject(before) && isObject(value)) return accumulate(before, value);
  if (isList(before) && isList(value)) return value.reduce(withItem, before) as Json;
  return value;
}

function withItem(list: readonly Json[], item: Json): readonly Json[] {
  const index = isObject(item) ? item['index'] : undefined;
  const at =
    typeof index === 'number'
      ? list.findIndex((other) => isObject(other) && other['index'] === index && other['type'] === (item as JsonObject)['type'])
      : -1;
  return at < 0 ? [...list, item] : list.with(at, accumulate(list[at] as JsonObject, item as JsonObject));
}
