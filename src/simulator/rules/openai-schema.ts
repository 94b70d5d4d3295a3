import { isList, isObject, type Json, type JsonObject } from '../../model/json.ts';

/** What OpenAI has against a schema that is to be kept strictly: closed objects, every property required (§5.9). */
export function strictProblem(schema: JsonObject): string | undefined {
  if (schema['type'] !== 'object')
    return `schema must be a JSON Schema of 'type: "object"', got 'type: ${JSON.stringify(schema['type'] ?? 'None')}'.`;
  if (schema['anyOf'] !== undefined) return "In context=(), 'anyOf' is not permitted at the root.";
  return within(schema, []);
}

function within(schema: Json | undefined, path: readonly string[]): string | undefined {
  if (!isObject(schema)) return undefined;
  const context = `In context=(${path.map((step) => `'${step}'`).join(', ')}${path.length === 1 ? ',' : ''})`;
  const forbidden = ['oneOf', 'not', 'dependentSchemas', 'if', 'then', 'else', 'patternProperties'].find(
    (keyword) => schema[keyword] !== undefined,
  );
  if (forbidden) return `${context}, '${forbidden}' is not permitted.`;
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  if (schema['type'] === 'object' || isObject(schema['properties'])) {
    if (schema['additionalProperties'] !== false) return `${context}, 'additionalProperties' is required to be supplied and to be false.`;
    const required = isList(schema['required']) ? schema['required'] : [];
    const left = Object.keys(properties).find((name) => !required.includes(name));
    if (left !== undefined) {
      return `${context}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${left}'.`;
    }
  }
  if (schema['type'] === 'array' && schema['items'] === undefined) return `${context}, array schema missing items.`;
  for (const [name, inner] of Object.entries(properties)) {
    const problem = within(inner, [...path, 'properties', name]);
    if (problem) return problem;
  }
  for (const [name, inner] of Object.entries(isObject(schema['$defs']) ? schema['$defs'] : {})) {
    const problem = within(inner, [...path, '$defs', name]);
    if (problem) return problem;
  }
  for (const [index, inner] of (isList(schema['anyOf']) ? schema['anyOf'] : []).entries()) {
    const problem = within(inner, [...path, 'anyOf', String(index)]);
    if (problem) return problem;
  }
  return within(schema['items'], [...path, 'items']);
}
