import { isList, isObject, type Json, type JsonObject } from '../../model/json.ts';

/**
 * What Anthropic has against a schema given as output format: it takes a subset of JSON Schema
 * (§5.9 of the protocol notes), and closed objects only.
 */
export function schemaProblem(schema: JsonObject): string | undefined {
  let optional = 0;
  const problem = walk(schema, (node) => {
    const unsupported = Object.keys(node).find((keyword) => UNSUPPORTED.has(keyword));
    if (unsupported) return `For '${typeOf(node)}' type, property '${unsupported}' is not supported`;
    if (typeOf(node) === 'object') {
      if (node['additionalProperties'] !== false) {
        return "For 'object' type, 'additionalProperties' must be explicitly set to false";
      }
      const required = isList(node['required']) ? node['required'] : [];
      optional += Object.keys(isObject(node['properties']) ? node['properties'] : {}).filter((name) => !required.includes(name)).length;
    }
    const least = node['minItems'];
    if (typeof least === 'number' && least > 1) return "For 'array' type, 'minItems' values other than 0 or 1 are not supported";
    const format = node['format'];
    if (typeof format === 'string' && !FORMATS.has(format)) return `For 'string' type, format '${format}' is not supported`;
    return undefined;
  });
  if (problem) return problem;
  return optional > 24
    ? `Schemas contain too many optional parameters (${optional}), which would make grammar compilation inefficient`
    : undefined;
}

const UNSUPPORTED = new Set([
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength', 'pattern'],
  ...['maxItems', 'uniqueItems', 'contains', 'prefixItems', 'minProperties', 'maxProperties', 'patternProperties', 'propertyNames'],
  ...['oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas', 'unevaluatedProperties', 'unevaluatedItems'],
]);
const FORMATS = new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid']);

const typeOf = (node: JsonObject): string =>
  typeof node['type'] === 'string' ? node['type'] : isObject(node['properties']) ? 'object' : 'any';

/** Visits a schema and every schema in it; stops at the first answer. */
export function walk(schema: Json | undefined, visit: (node: JsonObject) => string | undefined): string | undefined {
  if (!isObject(schema)) return undefined;
  const found = visit(schema);
  if (found) return found;
  for (const keyword of ['properties', '$defs', 'definitions']) {
    for (const inner of Object.values(isObject(schema[keyword]) ? schema[keyword] : {})) {
      const problem = walk(inner, visit);
      if (problem) return problem;
    }
  }
  for (const keyword of ['anyOf', 'allOf', 'oneOf']) {
    for (const inner of isList(schema[keyword]) ? schema[keyword] : []) {
      const problem = walk(inner, visit);
      if (problem) return problem;
    }
  }
  return walk(schema['items'], visit);
}
