import { isList, isObject, type Json, type JsonObject } from '../model/json.ts';

/**
 * Reads arguments of a tool as `JSON.parse` does, but for whole numbers beyond 2^53: those become opaque
 * values that `JSON.stringify` writes with the digits they came with. Arguments are full of such numbers
 * (snowflake ids), and a rounded id is the id of somebody else. Throws a SyntaxError.
 */
export function readArguments(text: string): Json {
  // A reviver costs several times the parsing: only texts with so long a number are read with one.
  return LONG_DIGITS.test(text) ? (JSON.parse(text, exact as never) as Json) : (JSON.parse(text) as Json);
}

/** Reads a body or an event as `JSON.parse` does, but for the inputs of tool calls in it, read as `readArguments` does. */
export function readWire(text: string): Json {
  const wire = JSON.parse(text) as Json;
  return LONG_DIGITS.test(text) && text.includes('tool_use') ? withInputs(wire, readArguments(text)) : wire;
}

const LONG_DIGITS = /\d{16}/;

/** The standard's `JSON.rawJSON` and the reviver's third argument; Node 22 has them, TypeScript's library not yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): Json };

const exact = (_key: string, value: Json, { source }: { readonly source?: string }): Json =>
  typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source) ? rawJSON(source) : value;

/** `plain`, with the inputs of its tool calls as they are in `read`, which is the same document. */
function withInputs(plain: Json, read: Json): Json {
  if (isList(plain)) return plain.map((item, i) => withInputs(item, (read as readonly Json[])[i]!));
  if (!isObject(plain)) return plain;
  const inputs = read as JsonObject;
  const isCall = plain['type'] === 'tool_use';
  return Object.fromEntries(
    Object.entries(plain).map(([key, value]) => [
      key,
      isCall && key === 'input' && isObject(value) ? inputs[key]! : withInputs(value, inputs[key]!),
    ]),
  );
}
