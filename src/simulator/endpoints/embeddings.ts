import { createHash } from 'node:crypto';
import { isList, type Json } from '../../model/json.ts';
import { jsonSaid } from '../answer.ts';
import { badRequest, emptyList, missing, tooMany, unknown } from '../rules/openai-refusal.ts';
import { given, type Refusal } from '../rules/rule.ts';
import { tokensOf } from '../tokens.ts';
import type { Endpoint } from './context.ts';

/** Each model's own length, and whether it may be shortened. */
const MODELS: Readonly<Record<string, { readonly dimensions: number; readonly shorter: boolean }>> = {
  'text-embedding-3-small': { dimensions: 1536, shorter: true },
  'text-embedding-3-large': { dimensions: 3072, shorter: true },
  'text-embedding-ada-002': { dimensions: 1536, shorter: false },
};
const OTHER = { dimensions: 64, shorter: true };

const FIELDS = ['input', 'model', 'dimensions', 'encoding_format', 'user'];

/** `POST /v1/embeddings`: unit vectors made from the digest of the input, so that equal texts are equal and no others. */
export const embeddings: Endpoint = (context) => {
  const { wire, models } = context;
  const wrong = problem(wire);
  if (wrong) return wrong;
  const name = String(wire['model']);
  const isOther = name.startsWith('sim-') || models.includes(name);
  const model = Object.hasOwn(MODELS, name) ? MODELS[name] : isOther ? OTHER : undefined;
  if (!model) {
    const message = `The model \`${name}\` does not exist or you do not have access to it.`;
    return { status: 404, type: 'invalid_request_error', message, code: 'model_not_found' };
  }
  if (given(wire['dimensions']) && !model.shorter) return badRequest('This model does not support specifying dimensions.', 'dimensions');
  const dimensions = typeof wire['dimensions'] === 'number' ? wire['dimensions'] : model.dimensions;
  if (dimensions < 1 || dimensions > model.dimensions) {
    return badRequest(`Invalid value for 'dimensions' = ${dimensions}. Must be less than or equal to ${model.dimensions}.`, 'dimensions');
  }
  const inputs = inputsOf(wire['input']!);
  const tokens = inputs.reduce<number>((sum, input) => sum + (isList(input) ? input.length : tokensOf(String(input))), 0);
  const limited = context.spend(tokens);
  if (limited) return limited;
  return jsonSaid(200, {
    object: 'list',
    data: inputs.map((input, index) => {
      const vector = unitVector(JSON.stringify(input), dimensions);
      return { object: 'embedding', index, embedding: wire['encoding_format'] === 'base64' ? base64(vector) : [...vector] };
    }),
    model: name,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
};

function problem(wire: { readonly [field: string]: Json }): Refusal | undefined {
  if (!given(wire['model'])) return badRequest('you must provide a model parameter');
  if (!given(wire['input'])) return missing('input');
  const extra = Object.keys(wire).find((field) => !FIELDS.includes(field));
  if (extra) return unknown(extra);
  const { input, encoding_format: format } = wire;
  if (given(format) && format !== 'float' && format !== 'base64') {
    return badRequest(
      `Invalid value: '${String(format)}'. Supported values are: 'float' and 'base64'.`,
      'encoding_format',
      'invalid_value',
    );
  }
  if (isList(input) && input.length === 0) return emptyList('input');
  if (isList(input) && input.length > 2048 && typeof input[0] !== 'number') return tooMany('input', input.length, 2048);
  return inputsOf(input!).some((one) => one === '')
    ? badRequest("'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.")
    : undefined;
}

/** One text, one list of tokens, or several of either. */
const inputsOf = (input: Json): readonly Json[] => (isList(input) && typeof input[0] !== 'number' ? input : [input]);

function unitVector(text: string, dimensions: number): Float32Array {
  const values = new Float32Array(dimensions);
  for (let index = 0; index < dimensions; index += 8) {
    const digest = createHash('sha256').update(`${index}:${text}`).digest();
    for (let nth = 0; nth < 8 && index + nth < dimensions; nth += 1) values[index + nth] = digest.readInt32LE(nth * 4) / 2 ** 31;
  }
  const length = Math.hypot(...values) || 1;
  return values.map((value) => value / length);
}

const base64 = (vector: Float32Array): string => {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString('base64');
};
