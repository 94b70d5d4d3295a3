import type { Refusal } from './rule.ts';

/** OpenAI's 400; `param` and `code` are null where the vendor gives none. */
export const badRequest = (message: string, param?: string, code?: string): Refusal => ({
  status: 400,
  type: 'invalid_request_error',
  message,
  ...(param !== undefined && { param }),
  ...(code !== undefined && { code }),
});

export const missing = (param: string): Refusal =>
  badRequest(`Missing required parameter: '${param}'.`, param, 'missing_required_parameter');

export const unknown = (param: string): Refusal => badRequest(`Unknown parameter: '${param}'.`, param, 'unknown_parameter');

export const unsupported = (param: string, hint = ''): Refusal =>
  badRequest(`Unsupported parameter: '${param}' is not supported with this model.${hint}`, param, 'unsupported_parameter');

export const tooLong = (param: string, length: number, most: number): Refusal =>
  badRequest(
    `Invalid '${param}': string too long. Expected a string with maximum length ${most}, but got a string with length ${length} instead.`,
    param,
    'string_above_max_length',
  );

export const noMatch = (param: string, pattern: string): Refusal =>
  badRequest(
    `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '${pattern}'.`,
    param,
    'invalid_value',
  );

export const emptyList = (param: string): Refusal =>
  badRequest(
    `Invalid '${param}': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
    param,
    'empty_array',
  );

export const tooMany = (param: string, length: number, most: number): Refusal =>
  badRequest(
    `Invalid '${param}': array too long. Expected an array with maximum length ${most}, but got an array with length ${length} instead.`,
    param,
    'array_above_max_length',
  );

/** A whole number out of its range. */
export const outOfRange = (param: string, value: number, least: number, most: number): Refusal => {
  const [side, bound, code] =
    value > most ? ['above maximum', `<= ${most}`, 'integer_above_max_value'] : ['below minimum', `>= ${least}`, 'integer_below_min_value'];
  return badRequest(`Invalid '${param}': integer ${side} value. Expected a value ${bound}, but got ${value} instead.`, param, code);
};

export const notOneOf = (value: unknown, words: readonly string[], param: string): Refusal =>
  badRequest(`Invalid value: '${String(value)}'. Supported values are: ${listed(words)}.`, param, 'invalid_value');

/** `'a', 'b', and 'c'`. */
export function listed(words: readonly string[]): string {
  const quoted = words.map((word) => `'${word}'`);
  if (quoted.length < 3) return quoted.join(' and ');
  return `${quoted.slice(0, -1).join(', ')}, and ${quoted.at(-1)}`;
}
