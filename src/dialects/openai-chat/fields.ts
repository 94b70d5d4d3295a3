import { isList, isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Extra } from '../../model/part.ts';
import type { Taker } from '../take.ts';

/** The format's name, under which its own fields are kept. */
export const CHAT = 'openai-chat';

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** The fields that have a value. */
export const given = <T extends object>(fields: T): Given<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;

/** The fields that have a value; undefined when none has. */
export function anyOf<T extends object>(fields: T): Given<T> | undefined {
  const present = given(fields);
  return Object.keys(present).length > 0 ? present : undefined;
}

/** What is left unread of an object and of objects inside it, as one extra in the shape of the wire. */
export function restOf(outer: Taker, inner: Readonly<Record<string, Taker | undefined>> = {}): { readonly extra?: Extra } {
  const fields: Record<string, Json> = { ...own(outer.rest(CHAT).extra) };
  for (const [key, taker] of Object.entries(inner)) {
    const rest = own(taker?.rest(CHAT).extra);
    if (Object.keys(rest).length > 0) fields[key] = rest;
  }
  return extraOf(fields);
}

/** Fields as our own extra, or nothing. */
export const extraOf = (fields: JsonObject): { readonly extra?: Extra } =>
  Object.keys(fields).length > 0 ? { extra: { [CHAT]: fields } } : {};

/** Our own fields of an extra. */
export const own = (extra: Extra | undefined): JsonObject => extra?.[CHAT] ?? {};

/** A wire object with extra fields written back into it: objects and lists field by field, anything else replaced. */
export function spread(wire: JsonObject, extra: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...wire };
  for (const [key, value] of Object.entries(extra)) merged[key] = together(merged[key], value);
  return merged;
}

function together(base: Json | undefined, extra: Json): Json {
  if (isObject(base) && isObject(extra)) return spread(base, extra);
  if (isList(base) && isList(extra)) return [...base, ...extra];
  return extra;
}

/** An object without some of its fields. */
export const less = (wire: JsonObject, fields: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(wire).filter(([key]) => !fields.includes(key)));
