import type { Json, JsonObject } from '../../model/json.ts';
import type { Extra } from '../../model/part.ts';

/** The fields that have a value, in the order given: what is `undefined` is not sent. */
export const present = (fields: { readonly [key: string]: Json | undefined }): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, Json] => entry[1] !== undefined));

/** The fields of `wire` without those named. */
export const without = (wire: JsonObject, ...names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(wire).filter(([name]) => !names.includes(name)));

/** `extra` of this dialect, to spread into a node; nothing when there are no fields. */
export const extraOf = (fields: JsonObject): { readonly extra?: Extra } =>
  Object.keys(fields).length > 0 ? { extra: { 'openai-responses': fields } } : {};
