import { isList, isObject, type Json, type JsonObject } from '../../model/json.ts';
import { textFor } from './schema-text.ts';

/** What the prompt offers to fill values with; used up in order. */
export interface Hints {
  readonly words: string[];
  readonly numbers: number[];
}

const noHints = (): Hints => ({ words: [], numbers: [] });

/** Numbers of a text, in order. */
export const numbersIn = (text: string): number[] => (text.match(/-?\d+(\.\d+)?/g) ?? []).slice(0, 20).map(Number);

/** A value that fits the schema: the same one for the same schema and hints. */
export const valueFor = (schema: JsonObject, hints: Hints = noHints()): Json =>
  make(schema, { root: schema, hints, depth: 0, name: 'value' });

interface Making {
  readonly root: JsonObject;
  readonly hints: Hints;
  readonly depth: number;
  /** The property being filled. */
  readonly name: string;
}

/** Beyond this depth optional properties and items are left out: a recursive schema must end. */
const DEPTH_MAX = 5;

function make(schema: Json | undefined, making: Making): Json {
  if (!isObject(schema)) return `simulated ${making.name}`;
  const whole = resolved(schema, making.root);
  if (whole['const'] !== undefined) return whole['const'];
  const choices = whole['enum'];
  if (isList(choices) && choices.length > 0) return preferred(choices, making.hints);
  for (const keyword of ['anyOf', 'oneOf']) {
    const variants = whole[keyword];
    if (isList(variants) && variants.length > 0)
      return make(merge({ ...whole, [keyword]: null }, variants[variantAt(variants, making)]!), making);
  }
  switch (typeOf(whole)) {
    case 'object':
      return objectFor(whole, making);
    case 'array':
      return listFor(whole, making);
    case 'integer':
    case 'number':
      return numberFor(whole, making.hints);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return textFor(whole, making.name, making.hints.words);
  }
}

function resolved(schema: JsonObject, root: JsonObject, left = 20): JsonObject {
  const ref = schema['$ref'];
  if (typeof ref === 'string' && left > 0) {
    const found = ref
      .replace(/^#\/?/, '')
      .split('/')
      .filter((step) => step !== '')
      .reduce<Json | undefined>(
        (node, step) => (isObject(node) ? node[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined),
        root,
      );
    const { $ref: _, ...rest } = schema;
    return resolved(merge(rest, isObject(found) ? found : {}), root, left - 1);
  }
  const all = schema['allOf'];
  if (!isList(all)) return schema;
  const { allOf: _, ...rest } = schema;
  return all.reduce<JsonObject>((whole, part) => merge(whole, isObject(part) ? resolved(part, root, left - 1) : {}), rest);
}

function merge(first: JsonObject, second: Json): JsonObject {
  if (!isObject(second)) return first;
  const merged: Record<string, Json> = { ...second };
  for (const [key, value] of Object.entries(first)) {
    const other = merged[key];
    if (value === null && other !== undefined) continue;
    if (key === 'properties' && isObject(value) && isObject(other)) merged[key] = { ...other, ...value };
    else if (key === 'required' && isList(value) && isList(other)) merged[key] = [...new Set([...other, ...value])];
    else merged[key] = value;
  }
  return merged;
}

/** Deep inside, the plainest variant ends a recursion. */
function variantAt(variants: readonly Json[], { depth, root }: Making): number {
  if (depth < DEPTH_MAX)
    return Math.max(
      0,
      variants.findIndex((variant) => !isObject(variant) || variant['type'] !== 'null'),
    );
  const plain = variants.findIndex((variant) => isObject(variant) && !['object', 'array'].includes(typeOf(resolved(variant, root))));
  return Math.max(0, plain);
}

function typeOf(schema: JsonObject): string {
  const type = schema['type'];
  if (isList(type)) return String(type.find((word) => word !== 'null') ?? 'null');
  if (typeof type === 'string') return type;
  if (isObject(schema['properties'])) return 'object';
  if (schema['items'] !== undefined) return 'array';
  return schema['minimum'] !== undefined || schema['maximum'] !== undefined ? 'number' : 'string';
}

function objectFor(schema: JsonObject, making: Making): JsonObject {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required = isList(schema['required']) ? schema['required'].map(String) : [];
  const names = making.depth < DEPTH_MAX ? [...new Set([...Object.keys(properties), ...required])] : required;
  return Object.fromEntries(names.map((name) => [name, make(properties[name], { ...making, depth: making.depth + 1, name })]));
}

function listFor(schema: JsonObject, making: Making): Json[] {
  const fixed = isList(schema['prefixItems']) ? schema['prefixItems'] : [];
  const least = typeof schema['minItems'] === 'number' ? schema['minItems'] : 0;
  const most = typeof schema['maxItems'] === 'number' ? schema['maxItems'] : Number.POSITIVE_INFINITY;
  const usual = making.depth < DEPTH_MAX ? Math.max(1, fixed.length) : 0;
  const count = Math.min(Math.max(usual, least), most);
  const isDistinct = schema['uniqueItems'] === true;
  return Array.from({ length: count }, (_, index) => {
    const item = fixed[index] ?? (isObject(schema['items']) ? schema['items'] : {});
    const name = isDistinct && index > 0 ? `${making.name} ${index + 1}` : making.name;
    const choices = isObject(item) ? item['enum'] : undefined;
    if (isDistinct && isList(choices)) return choices[index % choices.length]!;
    const value = make(item, { ...making, depth: making.depth + 1, name });
    return isDistinct && typeof value === 'number' ? value + index : value;
  });
}

function numberFor(schema: JsonObject, hints: Hints): number {
  const step = typeof schema['multipleOf'] === 'number' ? schema['multipleOf'] : typeOf(schema) === 'integer' ? 1 : undefined;
  const bound = (plain: string, open: string, direction: 1 | -1): number | undefined => {
    const closed = schema[plain];
    const exclusive = schema[open];
    if (typeof exclusive === 'number') return exclusive + direction * (step ?? 0.5);
    // Draft 4 spelled an open bound as `exclusiveMinimum: true` beside it.
    if (typeof closed === 'number') return exclusive === true ? closed + direction * (step ?? 0.5) : closed;
    return undefined;
  };
  const least = bound('minimum', 'exclusiveMinimum', 1);
  const most = bound('maximum', 'exclusiveMaximum', -1);
  const isWithin = (value: number) => value >= (least ?? -Infinity) && value <= (most ?? Infinity);
  const asked = hints.numbers[0];
  if (asked !== undefined && isWithin(asked) && (step === undefined || Number.isInteger(asked / step))) return hints.numbers.shift()!;
  const wanted = isWithin(1) ? 1 : (least ?? most ?? 1);
  if (step === undefined) return isWithin(wanted) ? wanted : ((least ?? 0) + (most ?? 0)) / 2;
  const fitted = Math.ceil(wanted / step) * step;
  return isWithin(fitted) ? fitted : Math.floor(wanted / step) * step;
}

/** A choice the prompt names, else the first. */
function preferred(choices: readonly Json[], { words }: Hints): Json {
  const named = choices.find((choice) => typeof choice === 'string' && words.some((word) => word.toLowerCase() === choice.toLowerCase()));
  return named ?? choices[0]!;
}
