import type { Json, JsonObject } from '../../src/model/json.ts';

export type Path = readonly (string | number)[];
export const pathText = (path: Path): string =>
  path.reduce<string>((text, step) => (typeof step === 'number' ? `${text}[${step}]` : text ? `${text}.${step}` : step), '');

const isContainer = (value: Json | undefined): value is JsonObject | readonly Json[] => value !== null && typeof value === 'object';

/** Paths of everything that holds no other value; an empty list or object counts as one. */
export function* leavesOf(value: Json, path: Path = []): Generator<Path> {
  if (!isContainer(value) || Object.keys(value).length === 0) yield path;
  else if (Array.isArray(value)) for (const [index, inner] of value.entries()) yield* leavesOf(inner, [...path, index]);
  else for (const [key, inner] of Object.entries(value)) yield* leavesOf(inner, [...path, key]);
}

export function valueAt(value: Json, path: Path): Json {
  return path.reduce<Json>((inner, step) => (inner as Record<string | number, Json>)[step]!, value);
}

/** A copy with another value at `path`; nothing else is copied. */
export function withValue(value: Json, [step, ...rest]: Path, instead: Json): Json {
  if (step === undefined) return instead;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as JsonObject) }) as Record<string | number, Json>;
  // `__proto__` must become a field, not the prototype.
  Object.defineProperty(copy, step, { value: withValue(copy[step]!, rest, instead), enumerable: true, writable: true, configurable: true });
  return copy as Json;
}

/** A leaf of the same type with another value. */
export function otherThan(leaf: Json): Json {
  if (typeof leaf === 'string') return `${leaf}~`;
  if (typeof leaf === 'number') return leaf + 1;
  if (typeof leaf === 'boolean') return !leaf;
  if (Array.isArray(leaf)) return ['other'];
  return leaf === null ? 'other' : { other: true };
}

/** Where two values differ, at most ten places, with what stands there. */
export function differences(left: Json | undefined, right: Json | undefined, path: Path = []): string[] {
  if (isContainer(left) && isContainer(right) && Array.isArray(left) === Array.isArray(right)) {
    const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
    return [...keys]
      .flatMap((key) => {
        const step = Array.isArray(left) ? Number(key) : key;
        return differences((left as JsonObject)[key], (right as JsonObject)[key], [...path, step]);
      })
      .slice(0, 10);
  }
  return left === right ? [] : [`${pathText(path) || 'the value'}: ${brief(left)} became ${brief(right)}`];
}

export const brief = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
};
