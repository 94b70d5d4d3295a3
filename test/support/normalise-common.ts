import type { Json, JsonObject } from '../../src/model/json.ts';

export type Rewrite = (wire: JsonObject) => JsonObject;

/** A string where a list of parts may stand is one text part. */
export const contentList = (content: Json | undefined, type: string): Json =>
  typeof content === 'string' ? [{ type, text: content }] : (content ?? null);
export const listOf = (value: Json): Json => (typeof value === 'string' ? [value] : value);
/** Not to stream is the default. */
export const streaming = (stream: Json | undefined): JsonObject => (stream === true ? { stream } : {});
export const each = (list: Json | undefined, rewrite: Rewrite): Json =>
  Array.isArray(list) ? list.map((value) => (isObject(value) ? rewrite(value) : value)) : (list ?? null);
export const isObject = (value: Json | undefined): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
export const isEmpty = (value: Json): boolean => value !== null && typeof value === 'object' && Object.keys(value).length === 0;

/** An empty list is an absent one. */
export const withoutEmpty = (value: Json, fields: readonly string[]): Json =>
  isObject(value) ? Object.fromEntries(Object.entries(value).filter(([key, inner]) => !(fields.includes(key) && isEmpty(inner)))) : value;

/** A counter that is not there counted nothing. */
export const counted = (usage: Json | undefined): Json =>
  isObject(usage)
    ? Object.fromEntries(
        Object.entries(usage).flatMap(([key, value]) => {
          const rest = counted(value);
          // What is neither sound nor picture is text: that count says nothing new.
          return rest === 0 || isEmpty(rest) || key === 'text_tokens' ? [] : [[key, rest]];
        }),
      )
    : (usage ?? null);

/** A field given as null is an absent field. */
export function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === null || inner === undefined ? [] : [[key, withoutNulls(inner)]])),
  );
}
