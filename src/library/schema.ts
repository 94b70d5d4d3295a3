import { z } from 'zod';
import { isList, isObject, type Json, type JsonObject } from '../model/json.ts';

/**
 * What an answer or a tool's arguments must be: a schema of Zod, Valibot, ArkType or any library of the
 * Standard Schema, or a plain JSON Schema.
 */
export type Schema = StandardSchema | JsonObject;

/** The part of the Standard Schema that is used here, version 1. */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    validate(value: unknown): StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
    /** Standard JSON Schema: what a value must be to be validated. */
    readonly jsonSchema?: { input(options: { readonly target: 'draft-2020-12' }): Record<string, unknown> };
  };
}

type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string;
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
      }[];
    };

/** What a schema makes of a valid value; of a plain JSON Schema nothing is known. */
export type OutputOf<S extends Schema | undefined> = S extends undefined
  ? undefined
  : S extends { readonly '~standard': { readonly types?: infer Types } }
    ? NonNullable<Types> extends { readonly output: infer Output }
      ? Output
      : unknown
    : Json;

/** One thing wrong with a value. */
export interface Issue {
  /** Where, such as `items[2].price`; empty: the whole of it. */
  readonly path: string;
  readonly message: string;
}

const isStandard = (schema: Schema): schema is StandardSchema => '~standard' in schema;

/** The JSON Schema of what a schema takes, to be said to a model. Throws a TypeError where the schema cannot tell it. */
export function jsonSchemaOf(schema: Schema): JsonObject {
  if (!isStandard(schema)) return schema;
  const { vendor, jsonSchema } = schema['~standard'];
  if (jsonSchema) return closed(jsonSchema.input({ target: 'draft-2020-12' }) as JsonObject);
  // Zod before 4.2 has no way of its own.
  if (vendor === 'zod' && '_zod' in schema) return closed(z.toJSONSchema(schema as never, { io: 'input' }) as JsonObject);
  throw new TypeError(
    `this schema (of ${vendor}) does not say its JSON Schema: use a library with Standard JSON Schema support (Zod 4.2, ArkType 2.1.28, Valibot by @valibot/to-json-schema), or give a plain JSON Schema`,
  );
}

/** The same, of a schema that answers can be judged by, too: later it is too late to find that out. */
export function tellable(schema: Schema): JsonObject {
  if (!isStandard(schema)) checkerOf(schema);
  return jsonSchemaOf(schema);
}

/** The value as the schema makes it, or what is wrong with it. */
export async function validated(
  schema: Schema,
  value: unknown,
): Promise<{ readonly value: unknown } | { readonly issues: readonly Issue[] }> {
  if (!isStandard(schema)) return checked(schema, value);
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return { value: result.value };
  return { issues: result.issues.map(({ message, path = [] }) => ({ path: pathText(path), message })) };
}

/** What judges values by a plain JSON Schema. Throws where that takes what is not known here, such as `if`. */
const checkerOf = (schema: JsonObject) => z.fromJSONSchema(schema as never);

/** A plain JSON Schema only judges: the value stays as it came. */
function checked(schema: JsonObject, value: unknown): { readonly value: unknown } | { readonly issues: readonly Issue[] } {
  const { success, error } = checkerOf(schema).safeParse(value);
  return success ? { value } : { issues: error.issues.map(({ path, message }) => ({ path: pathText(path), message })) };
}

const pathText = (path: readonly (PropertyKey | { readonly key: PropertyKey })[]): string =>
  path
    .map((step) => (typeof step === 'object' ? step.key : step))
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? String(key) : `.${String(key)}`))
    .join('');

/**
 * The schema with its objects closed and its alternatives as `anyOf`: vendors hold models to a schema only then,
 * and what a model adds beyond it would be thrown away in validation.
 */
const closed = (schema: JsonObject): JsonObject =>
  eachSchema(schema, (node) => {
    const out: Record<string, Json> = {};
    for (const [keyword, inner] of Object.entries(node)) {
      if (keyword === 'oneOf' && node['anyOf'] === undefined) out['anyOf'] = inner;
      else if (keyword !== '$schema') out[keyword] = inner;
    }
    if (isObject(out['properties']) && out['additionalProperties'] === undefined) out['additionalProperties'] = false;
    return out;
  });

/** The schema with every schema in it, itself last, as `change` makes it. What only looks like one, in `const` and the like, stays. */
export function eachSchema(schema: JsonObject, change: (schema: JsonObject) => JsonObject): JsonObject {
  const walk = (node: Json | undefined): Json => {
    if (isList(node)) return node.map(walk);
    return isObject(node) ? eachSchema(node, change) : (node ?? null);
  };
  const out: Record<string, Json> = {};
  for (const [keyword, inner] of Object.entries(schema)) {
    if (VALUES.has(keyword)) out[keyword] = inner;
    else if (NAMED.has(keyword) && isObject(inner))
      out[keyword] = Object.fromEntries(Object.entries(inner).map(([name, one]) => [name, walk(one)]));
    else out[keyword] = walk(inner);
  }
  return change(out);
}

/** Keywords whose values are no schemas, and those that name schemas. */
const VALUES = new Set(['const', 'enum', 'default', 'examples', 'required', 'type']);
const NAMED = new Set(['properties', '$defs', 'definitions', 'patternProperties']);
