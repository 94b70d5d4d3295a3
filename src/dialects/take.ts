import { invalid } from '../model/failure.ts';
import { isList, isObject, type Json, type JsonObject } from '../model/json.ts';
import type { DialectName, Extra } from '../model/part.ts';

/**
 * Reads a wire object field by field and remembers what was read; `rest` hands over the remainder.
 * A decoder written with it cannot lose a field it has never heard of. `null` reads as absent;
 * paths are the caller's own (`messages[2].role`), and every refusal names the field, what was
 * expected and what came.
 */
export function take(wire: Json | undefined, path: string): Taker {
  if (!isObject(wire)) refuse(path || 'the request', 'an object', wire);
  const left = new Map(Object.entries(wire));
  const at = (key: string) => (path ? `${path}.${key}` : key);
  function pick<T extends Json>(key: string, is: (value: Json) => value is T, what: string): T | undefined {
    const value = left.get(key);
    left.delete(key);
    if (value === undefined || value === null) return undefined;
    return is(value) ? value : refuse(at(key), what, value);
  }
  const need = <T>(key: string, what: string, value: T | undefined): T => value ?? refuse(at(key), what, undefined);
  const reader: Taker = {
    path,
    at,
    maybeString: (key) => pick(key, isString, 'a string'),
    maybeNumber: (key) => pick(key, isNumber, 'a number'),
    maybeInteger: (key) => pick(key, isInteger, 'a whole number'),
    maybeBoolean: (key) => pick(key, isBoolean, 'a boolean'),
    maybeObject: (key) => pick(key, isObject, 'an object'),
    maybeList: (key) => pick(key, isList, 'a list'),
    maybe: (key) => pick(key, (value): value is Json => true, 'anything'),
    string: (key) => need(key, 'a string', reader.maybeString(key)),
    number: (key) => need(key, 'a number', reader.maybeNumber(key)),
    object: (key) => need(key, 'an object', reader.maybeObject(key)),
    list: (key) => need(key, 'a list', reader.maybeList(key)),
    oneOf: (key, words) => reader.maybeOneOf(key, words) ?? refuse(at(key), quoted(words), undefined),
    maybeOneOf: <const T extends string>(key: string, words: readonly T[]) => {
      const word = pick(key, isString, quoted(words));
      if (word === undefined || words.includes(word as T)) return word as T | undefined;
      return refuse(at(key), quoted(words), word);
    },
    leave: (key) => left.delete(key),
    has: (key) => left.get(key) !== undefined && left.get(key) !== null,
    rest: (dialect) => {
      const fields = Object.fromEntries(left);
      return Object.keys(fields).length > 0 ? { extra: { [dialect]: fields } as Extra } : {};
    },
  };
  return reader;
}

export interface Taker {
  readonly path: string;
  /** The path of one of its fields. */
  at(key: string): string;
  maybeString(key: string): string | undefined;
  maybeNumber(key: string): number | undefined;
  maybeInteger(key: string): number | undefined;
  maybeBoolean(key: string): boolean | undefined;
  maybeObject(key: string): JsonObject | undefined;
  maybeList(key: string): readonly Json[] | undefined;
  maybe(key: string): Json | undefined;
  string(key: string): string;
  number(key: string): number;
  object(key: string): JsonObject;
  list(key: string): readonly Json[];
  oneOf<const T extends string>(key: string, words: readonly T[]): T;
  maybeOneOf<const T extends string>(key: string, words: readonly T[]): T | undefined;
  /** Passes over a field on purpose: it says nothing the rest does not. */
  leave(key: string): void;
  /** Whether the field is there, not `null`, and not yet read. */
  has(key: string): boolean;
  /** Every field not read so far, as `extra` of the dialect. Fields that are `null` are kept too. */
  rest(dialect: DialectName): { readonly extra?: Extra };
}

const isString = (value: Json): value is string => typeof value === 'string';
const isNumber = (value: Json): value is number => typeof value === 'number';
const isInteger = (value: Json): value is number => Number.isInteger(value);
const isBoolean = (value: Json): value is boolean => typeof value === 'boolean';
const quoted = (words: readonly string[]) => words.map((word) => `"${word}"`).join(' or ');

/** Refuses the request at `path`. Shows the kind of value that came and short plain values, never long ones: they may be prompts. */
export function refuse(path: string, what: string, got: Json | undefined): never {
  invalid(`${path} must be ${what}, got ${shown(got)}`, path);
}

function shown(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (value !== null && typeof value === 'object') return 'an object';
  if (typeof value === 'string' && value.length > 40) return `a string of ${value.length} characters`;
  return JSON.stringify(value);
}
