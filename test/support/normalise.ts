import type { JsonObject } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';
import { normaliseChatReply, normaliseChatRequest } from './normalise-chat.ts';
import { contentList, counted, each, isEmpty, type Rewrite, streaming, withoutNulls } from './normalise-common.ts';

/**
 * The ways in which two wires of one dialect may differ and still say the same, as functions that
 * bring both to one form. This is the whole list; `docs/dialects/` has it in words.
 */
export const normaliseRequest = (dialect: DialectName, wire: JsonObject): JsonObject => withoutNulls(REQUEST[dialect](wire)) as JsonObject;
export const normaliseReply = (dialect: DialectName, { usage, ...wire }: JsonObject): JsonObject =>
  withoutNulls({ ...REPLY[dialect](wire), usage: counted(usage) }) as JsonObject;

const REQUEST: Readonly<Record<DialectName, Rewrite>> = {
  'openai-chat': normaliseChatRequest,
  'openai-responses': ({ input, stream, ...rest }) => ({
    ...streaming(stream),
    // A stored prompt may bring all the input there is.
    input: typeof input === 'string' ? [item({ role: 'user', content: input })] : each(input ?? [], item),
    ...rest,
  }),
  'anthropic-messages': ({ system, stream, messages, tools, output_format, output_config, ...rest }) => ({
    ...streaming(stream),
    // The beta's older name of the same field.
    output_config: output_format ? { ...(output_config as JsonObject | undefined), format: output_format } : (output_config ?? null),
    ...((system ?? null) !== null && !isEmpty(system!) && { system: contentList(system, 'text') }),
    messages: each(messages, (message) => ({
      ...message,
      content: each(contentList(message['content'], 'text'), (block) =>
        block['type'] === 'tool_result' ? { ...block, content: contentList(block['content'], 'text') } : direct(block),
      ),
    })),
    // A tool without a type is a custom one.
    ...(tools && { tools: each(tools, ({ type, ...tool }) => ({ ...tool, ...(type !== 'custom' && { type: type! }) })) }),
    ...rest,
  }),
};

/**
 * Notes of losses that report a repair: the provider would refuse the request as it stands, or once
 * did not. Such a request need not come back as it was.
 */
export const REPAIRS: Readonly<Record<DialectName, readonly RegExp[]>> = {
  'openai-chat': [/no word for this ending/],
  'openai-responses': [],
  'anthropic-messages': [/begins with the user/, /without a visible character/, /^the image is /, /schema/i],
};

/** That the model itself made a call is the default. */
const direct: Rewrite = ({ caller, ...block }) => ({ ...block, ...(caller && (caller as JsonObject)['type'] !== 'direct' && { caller }) });

const REPLY: Readonly<Record<DialectName, Rewrite>> = {
  'openai-chat': normaliseChatReply,
  'openai-responses': ({ output, ...rest }) => ({
    ...rest,
    output: each(output, ({ content, ...body }) => ({
      ...body,
      ...(content && !(isEmpty(content) && body['type'] === 'reasoning') && { content }),
    })),
  }),
  'anthropic-messages': (wire) => wire,
};

/** A Responses message may leave out its type and give its content as a string; outputs too. */
const item: Rewrite = (wire) => {
  if (wire['role'] !== undefined) {
    const text = wire['role'] === 'assistant' ? 'output_text' : 'input_text';
    return { ...wire, type: 'message', content: contentList(wire['content'], text) };
  }
  return wire['output'] !== undefined ? { ...wire, output: contentList(wire['output'], 'input_text') } : wire;
};
