import type { Json, JsonObject } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';

/**
 * The ways in which two wires of one dialect may differ and still say the same, as functions that
 * bring both to one form. This is the whole list; `docs/dialects/` has it in words.
 */
export const normaliseRequest = (dialect: DialectName, wire: JsonObject): JsonObject => withoutNulls(REQUEST[dialect](wire)) as JsonObject;
export const normaliseReply = (dialect: DialectName, wire: JsonObject): JsonObject => withoutNulls(REPLY[dialect](wire)) as JsonObject;

type Rewrite = (wire: JsonObject) => JsonObject;

const REQUEST: Readonly<Record<DialectName, Rewrite>> = {
  'openai-chat': ({ max_tokens, stop, stream, messages, tools, ...rest }) => ({
    ...(tools && !isEmpty(tools) && { tools }),
    // The newer name of the same limit.
    ...((max_tokens ?? null) !== null && { max_completion_tokens: max_tokens! }),
    ...((stop ?? null) !== null && { stop: listOf(stop!) }),
    ...streaming(stream),
    messages: each(
      messages,
      (message) => withoutEmpty({ ...message, content: textList(message['content'], 'text') }, ['content', 'tool_calls']) as JsonObject,
    ),
    ...rest,
  }),
  'openai-responses': ({ input, stream, ...rest }) => ({
    ...streaming(stream),
    // A stored prompt may bring all the input there is.
    input: typeof input === 'string' ? [item({ role: 'user', content: input })] : each(input ?? [], item),
    ...rest,
  }),
  'anthropic-messages': ({ system, stream, messages, tools, ...rest }) => ({
    ...streaming(stream),
    ...((system ?? null) !== null && { system: textList(system, 'text') }),
    messages: each(messages, (message) => ({
      ...message,
      content: each(textList(message['content'], 'text'), (block) =>
        block['type'] === 'tool_result' ? { ...block, content: textList(block['content'], 'text') } : block,
      ),
    })),
    // A tool without a type is a custom one.
    ...(tools && { tools: each(tools, ({ type, ...tool }) => ({ ...tool, ...(type !== 'custom' && { type: type! }) })) }),
    ...rest,
  }),
};

const REPLY: Readonly<Record<DialectName, Rewrite>> = {
  'openai-chat': ({ choices, usage, ...rest }) => ({
    ...rest,
    choices: each(choices, (choice) => ({
      ...choice,
      ...(choice['message'] && { message: withoutEmpty(choice['message'], ['annotations', 'tool_calls']) }),
    })),
    ...(usage && { usage: counted(usage) }),
  }),
  'openai-responses': ({ output, usage, ...rest }) => ({
    ...rest,
    output: each(output, ({ content, ...body }) => ({
      ...body,
      ...(content && !(isEmpty(content) && body['type'] === 'reasoning') && { content }),
    })),
    ...(usage && { usage: counted(usage) }),
  }),
  'anthropic-messages': ({ usage, ...rest }) => ({ ...rest, ...(usage && { usage: counted(usage) }) }),
};

/** An empty list is an absent one. */
const withoutEmpty = (value: Json, fields: readonly string[]): Json =>
  isObject(value) ? Object.fromEntries(Object.entries(value).filter(([key, inner]) => !(fields.includes(key) && isEmpty(inner)))) : value;

/** A counter that is not there counted nothing. */
const counted = (usage: Json): Json =>
  isObject(usage)
    ? Object.fromEntries(Object.entries(usage).flatMap(([key, value]) => (value === 0 || isEmpty(value) ? [] : [[key, counted(value)]])))
    : usage;
const isEmpty = (value: Json): boolean => value !== null && typeof value === 'object' && Object.keys(value).length === 0;

/** A Responses message may leave out its type and give its content as a string; outputs too. */
const item: Rewrite = (wire) => {
  if (wire['role'] !== undefined) {
    const text = wire['role'] === 'assistant' ? 'output_text' : 'input_text';
    return { ...wire, type: 'message', content: textList(wire['content'], text) };
  }
  return wire['output'] !== undefined ? { ...wire, output: textList(wire['output'], 'input_text') } : wire;
};

/** A string where a list of parts may stand is one text part. */
const textList = (content: Json | undefined, type: string): Json =>
  typeof content === 'string' ? [{ type, text: content }] : (content ?? null);
const listOf = (value: Json): Json => (typeof value === 'string' ? [value] : value);
/** Not to stream is the default. */
const streaming = (stream: Json | undefined): JsonObject => (stream === true ? { stream } : {});
const each = (list: Json | undefined, rewrite: Rewrite): Json =>
  Array.isArray(list) ? list.map((value) => (isObject(value) ? rewrite(value) : value)) : (list ?? null);
const isObject = (value: Json): value is JsonObject => value !== null && typeof value === 'object' && !Array.isArray(value);

/** A field given as null is an absent field. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === null || inner === undefined ? [] : [[key, withoutNulls(inner)]])),
  );
}
