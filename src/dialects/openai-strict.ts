import { isList, isObject, type Json, type JsonObject } from '../model/json.ts';

/** Whether OpenAI takes the schema strictly: every object closed, every property required, of formats those it knows. It refuses others. */
export function isStrict(schema: Json | undefined): boolean {
  if (isList(schema)) return schema.every(isStrict);
  if (!isObject(schema)) return true;
  if (LOOSE.some((keyword) => keyword in schema)) return false;
  const { properties, required, additionalProperties, type, items, format } = schema;
  if (typeof format === 'string' && !FORMATS.has(format)) return false;
  if (type === 'array' && items === undefined) return false;
  if (type === 'object' || properties !== undefined) {
    const names = Object.keys(isObject(properties) ? properties : {});
    if (additionalProperties !== false || !names.every((name) => isList(required) && required.includes(name))) return false;
  }
  return [
    ...['properties', '$defs', 'definitions'].flatMap((named) => Object.values((schema[named] ?? {}) as JsonObject)),
    items,
    schema['anyOf'],
  ].every(isStrict);
}

const LOOSE = ['oneOf', 'allOf', 'not', 'if', 'dependentSchemas', 'patternProperties', 'propertyNames', 'prefixItems'];
const FORMATS = new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid']);
