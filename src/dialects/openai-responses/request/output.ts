import { invalid } from '../../../model/failure.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { OutputFormat } from '../../../model/request.ts';
import type { Losses } from '../../losses.ts';
import { type Taker, take } from '../../take.ts';
import { present } from '../fields.ts';

/** `text.format`: as it is, or as a schema with the fields beside it flat. */
export function decodeFormat(wire: JsonObject, path: string): { readonly output: OutputFormat; readonly rest: JsonObject } {
  const fields = take(wire, path);
  const type = fields.string('type');
  const output = type === 'text' ? TEXT : type === 'json_object' ? JSON_OBJECT : type === 'json_schema' ? decodeSchema(fields) : undefined;
  if (!output) invalid(`${path}.type must be "text", "json_object" or "json_schema", got ${JSON.stringify(type)}`, `${path}.type`);
  return { output, rest: fields.rest('openai-responses').extra?.['openai-responses'] ?? {} };
}

const TEXT: OutputFormat = { type: 'text' };
const JSON_OBJECT: OutputFormat = { type: 'json' };

function decodeSchema(fields: Taker): OutputFormat {
  const schema = fields.object('schema');
  const name = fields.maybeString('name');
  const description = fields.maybeString('description');
  const strict = fields.maybeBoolean('strict');
  return {
    type: 'schema',
    schema,
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(strict !== undefined && { strict }),
  };
}

/** `text.format`. `native`: asked in this dialect, where a strictness left unsaid may stay unsaid. */
export function encodeFormat(output: OutputFormat, native: boolean, losses: Losses): JsonObject {
  if (output.type === 'text') return { type: 'text' };
  if (output.type === 'json') return { type: 'json_object' };
  const { name = 'output', schema, strict, description } = output;
  const fitted = name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64);
  if (fitted !== name) losses.changed('output.name', name, 'none', 'names of schemas have 1 to 64 letters, digits, _ and -');
  return present({ type: 'json_schema', name: fitted, schema, strict: strict ?? (native ? undefined : false), description });
}
