import type { JsonObject } from '../../model/json.ts';
import type { DialectName, Extra } from '../../model/part.ts';

export const NAME = 'anthropic-messages' satisfies DialectName;

/** Fields only Messages knows, as `extra`; nothing when there are none. */
export const extraOf = (fields: JsonObject | undefined): { readonly extra?: Extra } =>
  fields && Object.keys(fields).length > 0 ? { extra: { [NAME]: fields } } : {};

/** What this dialect itself put into an `extra`. */
export const ownExtra = (extra: Extra | undefined): JsonObject => extra?.[NAME] ?? {};

/** The object without its undefined fields: they would be written as gaps. */
export const present = <T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;

/** What there is, as a list: for `flatMap`, which would look inside a block's own type. */
export const listed = <T>(value: T | undefined): readonly T[] => (value === undefined ? [] : [value]);

/** A table's entry for a word off the wire, which may also be `constructor`. */
export const entryOf = <T>(table: Readonly<Record<string, T>>, word: string): T | undefined =>
  Object.hasOwn(table, word) ? table[word] : undefined;
