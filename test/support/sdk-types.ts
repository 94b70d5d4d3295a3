import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { JsonObject } from '../../src/model/json.ts';
import { RELAXED, RELAXED_WHEN_ASKED } from './sdk-relaxed.ts';

interface Schema {
  readonly type?: string;
  readonly $ref?: string;
  readonly anyOf?: readonly Schema[];
  properties?: Record<string, object>;
  required?: string[];
  additionalProperties?: unknown;
}

/**
 * How a value departs from the official SDK's declaration of a type, e.g. `problemsOf('Message', wire)`;
 * empty when it conforms. The allowed departures are those of `sdk-relaxed.ts`. `exact` also refuses
 * properties the type does not have, anywhere.
 */
export function problemsOf(type: string, value: unknown, { exact = false } = {}): string[] {
  const meant = memberOf(type, value);
  const key = `${type} ${meant} ${exact}`;
  const check = CHECKS.get(key) ?? compilerFor(type.endsWith('Params'), exact).getSchema(`sdk#/definitions/${meant}`);
  if (!check) throw new TypeError(`test/schemas/sdk.json has no type ${type}`);
  CHECKS.set(key, check as ValidateFunction);
  return check(value) ? [] : told(check.errors ?? []);
}

const CHECKS = new Map<string, ValidateFunction>();
/** The member of a union that a value says it is, by the words that tell members apart; the type itself when none is. */
function memberOf(type: string, value: unknown): string {
  const { $ref, anyOf = [] } = DEFINITIONS[type] ?? {};
  if ($ref) return memberOf(nameIn($ref), value);
  const said = value as JsonObject;
  const members = anyOf.flatMap((member) => (member.$ref ? [nameIn(member.$ref)] : []));
  const meant = members.filter((member) => {
    const { properties = {}, required = [] } = DEFINITIONS[member] ?? {};
    return ['type', 'stream'].every((word) => {
      const { const: only } = (properties[word] ?? {}) as { const?: unknown };
      return only === undefined || only === said[word] || (said[word] === undefined && !required.includes(word));
    });
  });
  return meant.length === 1 ? memberOf(meant[0]!, value) : type;
}

const read = (): Record<string, Schema> =>
  (JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../schemas/sdk.json'), 'utf8')) as { definitions: Record<string, Schema> })
    .definitions;
const DEFINITIONS = read();
const nameIn = (ref: string): string => ref.slice('#/definitions/'.length);

const COMPILERS = new Map<string, Ajv>();

function compilerFor(asked: boolean, exact: boolean): Ajv {
  const key = `${asked} ${exact}`;
  const made = COMPILERS.get(key) ?? compiler(asked, exact);
  COMPILERS.set(key, made);
  return made;
}

function compiler(asked: boolean, exact: boolean): Ajv {
  const definitions = read();
  for (const [name, { optional = [], nullable = [], any = [], undeclared = [] }] of [
    ...Object.entries(RELAXED),
    ...(asked ? Object.entries(RELAXED_WHEN_ASKED) : []),
  ]) {
    const schema = definitions[name];
    if (!schema?.properties) throw new TypeError(`sdk-relaxed.ts names ${name}, which is no object type of the SDKs`);
    for (const field of [...optional, ...nullable, ...any]) {
      if (!(field in schema.properties)) throw new TypeError(`sdk-relaxed.ts names ${name}.${field}, which the SDKs do not have`);
    }
    schema.required = (schema.required ?? []).filter((field) => !optional.includes(field));
    for (const field of nullable) schema.properties[field] = { anyOf: [schema.properties[field], { type: 'null' }] };
    for (const field of [...any, ...undeclared]) schema.properties[field] = {};
  }
  for (const name of CARRIERS) definitions[name]!.properties!['headgate'] = {};
  if (exact) for (const schema of objectsIn(definitions)) schema.additionalProperties ??= false;
  for (const schema of objectsIn(definitions)) for (const field of Object.values(schema.properties ?? {})) OWNER.set(field, schema);
  const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false, verbose: true });
  ajv.addSchema({ $id: 'sdk', definitions });
  return ajv;
}

/** Where the in-band loss report may stand. */
const CARRIERS = [
  'openai.ChatCompletion',
  'openai.ChatCompletionChunk',
  'openai.Response',
  'anthropic.Message',
  'anthropic.RawMessageDeltaEvent',
];

function* objectsIn(value: unknown): Generator<Schema> {
  if (value === null || typeof value !== 'object') return;
  for (const inner of Object.values(value)) yield* objectsIn(inner);
  if ((value as Schema).type === 'object' && (value as Schema).properties) yield value as Schema;
}

/**
 * A union fails with the errors of all its members; those of members that were not meant (their
 * `type`, `role` or `object` word is another) only hide the one that was.
 */
function told(errors: readonly ErrorObject[]): string[] {
  const strangers = new Map<unknown, Set<string>>();
  for (const error of errors.filter(isWord)) {
    const owner = OWNER.get(error.parentSchema as object);
    strangers.set(owner, (strangers.get(owner) ?? new Set()).add(parentOf(error.instancePath)));
  }
  const strange = ({ keyword, parentSchema, instancePath }: ErrorObject) =>
    keyword === 'anyOf' ||
    strangers.get(parentSchema)?.has(instancePath) ||
    strangers.get(OWNER.get(parentSchema as object))?.has(parentOf(instancePath));
  const meant = errors.filter((error) => !strange(error));
  return [...new Set((meant.length > 0 ? meant : errors).map(line))].slice(0, 12);
}

/** The object schema a property's schema stands in; ajv's own `schemaPath` does not say. */
const OWNER = new WeakMap<object, Schema>();
const isWord = ({ keyword, instancePath }: ErrorObject) =>
  (keyword === 'const' || keyword === 'enum') && /\/(type|role|object)$/.test(instancePath);
const parentOf = (pointer: string) => pointer.slice(0, pointer.lastIndexOf('/'));
const line = ({ instancePath, message, params }: ErrorObject): string => {
  const { additionalProperty, allowedValue, allowedValues } = params as JsonObject;
  const more = additionalProperty ?? allowedValue ?? allowedValues;
  return `${instancePath || '(root)'} ${message}${more === undefined ? '' : ` ${JSON.stringify(more)}`}`;
};
