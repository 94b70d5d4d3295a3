import { isList, isObject, type Json, type JsonObject } from '../../model/json.ts';
import { MOVED, RANGES } from './openai-fields.ts';
import { badRequest, emptyList, missing, noMatch, tooLong, tooMany, unknown, unsupported } from './openai-refusal.ts';
import { strictProblem } from './openai-schema.ts';
import { type Checked, firstOf, given, kindOf, objectsOf, type Refusal, textOf, type VendorRule } from './rule.ts';

/** Rules both of OpenAI's formats share; `fields` are the endpoint's own, those of a counting request `countFields`. */
export function sharedRules(fields: Fields, countFields: Fields = fields): readonly VendorRule[] {
  const fieldsOf = ({ counting }: Checked) => (counting ? countFields : fields);
  return [
    {
      name: 'no unknown fields',
      from: '§1.1, §5.11',
      broken: (request) => {
        const field = Object.keys(request.wire).find((name) => !Object.hasOwn(fieldsOf(request), name));
        if (field === undefined) return undefined;
        const moved = 'input' in fields && Object.hasOwn(MOVED, field) ? MOVED[field] : undefined;
        if (moved === undefined) return unknown(field);
        return badRequest(
          `Unsupported parameter: '${field}'. In the Responses API, this parameter has moved to '${moved}'. Try again with the new parameter. See the API documentation for more information: https://platform.openai.com/docs/api-reference/responses/create.`,
          undefined,
          'unsupported_parameter',
        );
      },
    },
    {
      name: 'types of fields',
      from: '§1.1, §2.1',
      broken: (request) =>
        firstOf(Object.entries(fieldsOf(request)), ([field, type]) => {
          const value = request.wire[field];
          if (!given(value) || fits(type, kindOf(value as Json))) return undefined;
          return badRequest(
            `Invalid type for '${field}': expected ${ARTICLED[type]}, but got ${ARTICLED[kindOf(value as Json)]} instead.`,
            field,
            'invalid_type',
          );
        }),
    },
    {
      name: 'numbers in range',
      from: '§1.1, §2.1',
      broken: ({ wire }) =>
        firstOf(Object.entries(RANGES), ([field, [min, max]]) => {
          const value = wire[field];
          if (typeof value !== 'number' || !Object.hasOwn(fields, field)) return undefined;
          const kind = (fields as Record<string, string>)[field] === 'integer' ? 'integer' : 'decimal';
          if (value < min) {
            return badRequest(
              `Invalid '${field}': ${kind} below minimum value. Expected a value >= ${min}, but got ${value} instead.`,
              field,
              `${kind}_below_min_value`,
            );
          }
          if (value <= max) return undefined;
          return badRequest(
            `Invalid '${field}': ${kind} above maximum value. Expected a value <= ${max}, but got ${value} instead.`,
            field,
            `${kind}_above_max_value`,
          );
        }),
    },
    {
      name: 'stream options only with a stream',
      from: '§1.1',
      broken: ({ wire }) =>
        given(wire['stream_options']) && wire['stream'] !== true
          ? badRequest("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
          : undefined,
    },
    {
      name: 'cache breakpoints where taken',
      from: '§0.9, §1.3',
      broken: ({ wire, facts }) => {
        if (facts.cacheMarks) return undefined;
        if (given(wire['prompt_cache_options'])) return unknown('prompt_cache_options');
        const at = breakpointAt(wire['messages'], 'messages') ?? breakpointAt(wire['input'], 'input');
        return at === undefined ? undefined : unknown(at);
      },
    },
    {
      name: 'cache retention where taken',
      from: '§1.1',
      broken: ({ wire, model }) =>
        given(wire['prompt_cache_retention']) && /^gpt-6/.test(model) ? unsupported('prompt_cache_retention') : undefined,
    },
    {
      name: 'a list of tools is not empty',
      from: '§1.4',
      broken: ({ wire }) => {
        const tools = wire['tools'];
        if (!isList(tools)) return undefined;
        if (tools.length === 0 && 'messages' in fields) return emptyList('tools');
        return tools.length > 128 ? tooMany('tools', tools.length, 128) : undefined;
      },
    },
  ];
}

/** What is wrong with a function's definition at `at`. */
export function functionProblem(tool: JsonObject, at: string): Refusal | undefined {
  const name = tool['name'];
  if (typeof name !== 'string') return missing(`${at}.name`);
  const wrong = nameProblem(name, `${at}.name`);
  if (wrong) return wrong;
  const schema = tool['parameters'];
  if (!isObject(schema)) return undefined;
  const code = 'invalid_function_parameters';
  if (schema['type'] !== undefined && schema['type'] !== 'object') {
    const type = JSON.stringify(schema['type']);
    return badRequest(
      `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: ${type}'.`,
      `${at}.parameters`,
      code,
    );
  }
  const problem = tool['strict'] === true ? strictProblem(schema) : undefined;
  return problem ? badRequest(`Invalid schema for function '${name}': ${problem}`, `${at}.parameters`, code) : undefined;
}

/** What is wrong with the schema of an output format at `at`, `param` being what the vendor blames. */
export function formatProblem(format: JsonObject, at: string, param: string): Refusal | undefined {
  const name = format['name'];
  if (typeof name !== 'string') return missing(`${at}.name`);
  const wrong = nameProblem(name, `${at}.name`);
  if (wrong) return wrong;
  if (format['strict'] !== true || !isObject(format['schema'])) return undefined;
  const problem = strictProblem(format['schema']);
  return problem ? badRequest(`Invalid schema for response_format '${name}': ${problem}`, param, 'invalid_json_schema') : undefined;
}

/** What is wrong with a name of at most 64 letters, digits, `_` and `-`. */
export function nameProblem(name: string, param: string): Refusal | undefined {
  if (name.length > 64) return tooLong(param, name.length, 64);
  return /^[a-zA-Z0-9_-]+$/.test(name) ? undefined : noMatch(param, '^[a-zA-Z0-9_-]+$');
}

/** What is wrong with a picture given as a data URL. */
export function imageProblem(url: string | undefined, param: string): Refusal | undefined {
  if (url === undefined) return missing(param);
  if (!url.startsWith('data:')) {
    return /^https?:\/\//.test(url)
      ? undefined
      : badRequest(`Invalid '${param}'. Expected a valid URL, but got a value with an invalid format.`, param, 'invalid_value');
  }
  const [, mediaType, data] = /^data:([^;,]+)[^,]*;base64,(.*)$/s.exec(url) ?? [];
  if (mediaType === undefined || !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(data ?? '')) {
    return badRequest(`Invalid '${param}'. Expected a base64-encoded data URL with an image MIME type.`, param, 'invalid_base64_image');
  }
  return /^image\/(png|jpe?g|gif|webp)$/i.test(mediaType)
    ? undefined
    : badRequest(
        "You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].",
        undefined,
        'invalid_image_format',
      );
}

/** Whether any text of the request holds the word the vendor wants to see before it promises JSON. */
export const saysJson = (value: Json | undefined): boolean => /json/i.test(JSON.stringify(value ?? null));

type Fields = Readonly<Record<string, string>>;

const ARTICLED: Readonly<Record<string, string>> = {
  string: 'a string',
  array: 'an array',
  object: 'an object',
  boolean: 'a boolean',
  integer: 'an integer',
  decimal: 'a decimal',
  null: 'null',
};

const fits = (type: string, kind: string) => type === 'any' || type === kind || (type === 'decimal' && kind === 'integer');

function breakpointAt(list: Json | undefined, name: string): string | undefined {
  return firstOf(objectsOf(list), ({ content, output }, index) =>
    firstOf(Object.entries({ content, output }), ([field, parts]) =>
      firstOf(objectsOf(parts), (part, nth) =>
        part['prompt_cache_breakpoint'] === undefined ? undefined : `${name}[${index}].${field}[${nth}].prompt_cache_breakpoint`,
      ),
    ),
  );
}

/** The function a choice names, in either format's shape. */
export const chosenName = (choice: JsonObject): string | undefined => {
  const nested = isObject(choice['function']) ? choice['function'] : isObject(choice['custom']) ? choice['custom'] : choice;
  return textOf(nested['name']);
};
