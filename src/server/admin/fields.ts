import { refuse } from '../../dialects/take.ts';
import { isPlain, TEXT_MAX } from '../../model/bookable.ts';
import { invalid } from '../../model/failure.ts';
import type { Json } from '../../model/json.ts';

/** Reads a value at a path, or refuses it there. */
export type Read<T> = (value: Json, path: string) => T;

/**
 * The fields of an object that are there, each read by its reader; an unknown one is refused, because a
 * mistyped limit is one that does not hold. `null` stays, where it may: it says that something is taken away.
 */
export function fields<T extends object>(value: Json, path: string, readers: { readonly [K in keyof T]: Read<T[K]> }): Partial<T> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) refuse(path || 'the body', 'an object', value);
  const read = Object.entries(value).map(([name, field]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const reader = Object.hasOwn(readers, name) ? readers[name as keyof T] : undefined;
    if (!reader) invalid(`${at.slice(0, 80)} is not a field here; there are ${Object.keys(readers).join(', ')}`, at.slice(0, 80));
    // What is taken away inside of something is simply not there.
    return [name, field === null ? (path === '' ? null : undefined) : reader(field, at)] as const;
  });
  return Object.fromEntries(read.filter(([, field]) => field !== undefined)) as Partial<T>;
}

/** A text of 1 to 256 characters in one line. */
export const text: Read<string> = (value, path) =>
  typeof value === 'string' && value !== '' && value.length <= TEXT_MAX && isPlain(value)
    ? value
    : refuse(path, 'a text of 1 to 256 characters in one line', value);
