import { isList, isObject, type Json, type JsonObject } from '../../model/json.ts';

/** A schema as Anthropic's grammar compiler takes it, or why it cannot be said there. */
export type Subset = { readonly schema: JsonObject; readonly moved: readonly string[] } | { readonly impossible: string };

/**
 * Rewrites a JSON Schema into the subset Messages compiles (the SDK's own `transformJSONSchema` follows
 * the same list): every object closed, `oneOf` as `anyOf`, what it does not know moved into descriptions
 * and named in `moved`. Maps with free keys, recursion and negation cannot be said at all: closing them
 * would only let the model answer `{}`.
 */
export function toSubset(schema: JsonObject): Subset {
  const walk: Walk = { root: schema, moved: [], optional: 0 };
  try {
    if (isRecursive(schema)) throw new Impossible('the schema is recursive');
    const converted = convert(schema, '', walk);
    if (walk.optional > OPTIONAL_MAX) throw new Impossible(`${walk.optional} optional properties, ${OPTIONAL_MAX} are taken`);
    return { schema: converted, moved: walk.moved };
  } catch (error) {
    if (error instanceof Impossible) return { impossible: error.message };
    throw error;
  }
}

/** More optional properties than this are refused. */
const OPTIONAL_MAX = 24;
const FORMATS = new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid']);
const AS_THEY_ARE = new Set(['type', 'enum', 'const', 'title', 'default', '$ref', 'required']);
/** Keywords that no grammar could enforce. */
const IMPOSSIBLE = ['not', 'if', 'patternProperties', 'propertyNames', 'dependentSchemas', 'unevaluatedProperties', 'prefixItems'];

interface Walk {
  readonly root: JsonObject;
  readonly moved: string[];
  optional: number;
}

class Impossible extends Error {}

function convert(schema: Json | undefined, path: string, walk: Walk): JsonObject {
  if (!isObject(schema)) throw new Impossible(`${path || 'the root'} is no schema object`);
  for (const keyword of IMPOSSIBLE) if (schema[keyword] !== undefined) throw new Impossible(`${path}/${keyword}`);
  const out: { [key: string]: Json } = {};
  const hints: string[] = [];
  const at = (keyword: string) => `${path}/${keyword}`;
  const each = (list: Json, keyword: string): Json => {
    if (!isList(list)) throw new Impossible(`${at(keyword)} is no list`);
    return list.map((item, i) => convert(item, `${at(keyword)}/${i}`, walk));
  };
  const named = (schemas: Json, keyword: string): JsonObject =>
    isObject(schemas)
      ? Object.fromEntries(Object.entries(schemas).map(([name, inner]) => [name, convert(inner, `${at(keyword)}/${name}`, walk)]))
      : {};

  for (const [keyword, value] of Object.entries(schema)) {
    if (AS_THEY_ARE.has(keyword)) out[keyword] = value;
    else if (keyword === 'anyOf' || keyword === 'oneOf') out['anyOf'] = each(value, keyword);
    else if (keyword === 'allOf') out['allOf'] = each(value, keyword);
    else if (keyword === 'properties' || keyword === '$defs') out[keyword] = named(value, keyword);
    else if (keyword === 'definitions') out['$defs'] = named(value, keyword);
    else if (keyword === 'items') out['items'] = convert(value, at(keyword), walk);
    else if (keyword === 'format' && FORMATS.has(String(value))) out['format'] = value;
    else if (keyword === 'minItems' && (value === 0 || value === 1)) out['minItems'] = value;
    else if (keyword === 'description') out['description'] = value;
    else if (isEveryNumber(keyword, value)) walk.moved.push(`${at(keyword)} (safe)`);
    else if (keyword !== 'additionalProperties' && keyword !== '$schema') hints.push(keyword);
  }
  if (typeof out['$ref'] === 'string') out['$ref'] = out['$ref'].replace(/^#\/definitions\//, '#/$defs/');
  if (isObjectType(schema)) close(schema, out, path, walk);
  describe(schema, out, hints);
  walk.moved.push(...hints.map(at));
  return out;
}

/** Whether a bound is JavaScript's own, which Zod writes on every whole number: it says nothing to a model, and nothing is lost with it. */
const isEveryNumber = (keyword: string, value: Json) =>
  (keyword === 'minimum' && value === Number.MIN_SAFE_INTEGER) || (keyword === 'maximum' && value === Number.MAX_SAFE_INTEGER);

const isObjectType = ({ type, properties }: JsonObject) =>
  type === 'object' || (isList(type) && type.includes('object')) || properties !== undefined;

function close(schema: JsonObject, out: { [key: string]: Json }, path: string, walk: Walk): void {
  const { properties, additionalProperties: more, required } = schema;
  const names = isObject(properties) ? Object.keys(properties) : [];
  const isMap = isObject(more) || (more !== false && properties === undefined) || (more === true && names.length === 0);
  if (isMap) throw new Impossible(`${path || 'the root'} is a map with free keys`);
  if (more !== false) walk.moved.push(`${path}/additionalProperties`);
  out['properties'] ??= {};
  out['additionalProperties'] = false;
  walk.optional += names.filter((name) => !(isList(required) && required.includes(name))).length;
}

/** Tells the model in words what the grammar does not hold it to. */
function describe(schema: JsonObject, out: { [key: string]: Json }, hints: readonly string[]): void {
  if (hints.length === 0) return;
  const said = typeof schema['description'] === 'string' ? `${schema['description']}\n\n` : '';
  out['description'] = `${said}{${hints.map((keyword) => `${keyword}: ${JSON.stringify(schema[keyword])}`).join(', ')}}`;
}

/** Whether following `$ref`s ever comes back to where it has been. */
function isRecursive(root: JsonObject): boolean {
  const visit = (node: Json | undefined, trail: readonly string[]): boolean => {
    if (isList(node)) return node.some((item) => visit(item, trail));
    if (!isObject(node)) return false;
    const { $ref: ref, $defs: _, definitions: __, ...rest } = node;
    if (typeof ref === 'string') {
      if (trail.includes(ref)) return true;
      if (visit(resolve(root, ref), [...trail, ref])) return true;
    }
    return Object.values(rest).some((value) => visit(value, trail));
  };
  return visit(root, ['#']);
}

const resolve = (root: JsonObject, ref: string): Json | undefined =>
  ref
    .replace(/^#\/?/, '')
    .split('/')
    .filter(Boolean)
    .reduce<Json | undefined>((node, step) => (isObject(node) ? node[step] : undefined), root);
