import { dataUrl, parseDataUrl } from '../../src/dialects/data-url.ts';
import type { Json, JsonObject } from '../../src/model/json.ts';
import { contentList, each, isEmpty, isObject, listOf, streaming, withoutEmpty } from './normalise-common.ts';

/** Chat requests in one form: the older spellings of 2023 in today's, calls of neighbouring messages together, defaults left out. */
export function normaliseChatRequest(wire: JsonObject): JsonObject {
  const { tools: declared, functions, function_call, max_tokens, max_completion_tokens, stop, stream, stream_options, ...rest } = wire;
  const { parallel_tool_calls, tool_choice, messages, response_format, ...others } = rest;
  const tools = [
    ...listed(declared).map((tool) => ({ type: 'function', ...tool })),
    ...listed(functions).map((declaration) => ({ type: 'function', function: declaration })),
  ];
  const choice = tool_choice ?? (isObject(function_call) ? { function: function_call } : function_call);
  const limit = max_completion_tokens ?? max_tokens;
  const both = (max_completion_tokens ?? null) !== null && (max_tokens ?? null) !== null;
  return {
    ...others,
    messages: normaliseMessages(listed(messages)),
    // Without tools there is nothing to choose or to call in parallel.
    ...(tools.length > 0 && {
      tools,
      tool_choice: isObject(choice) ? { type: 'function', ...choice } : (choice ?? null),
      parallel_tool_calls: parallel_tool_calls ?? null,
    }),
    max_completion_tokens: limit ?? null,
    ...(both && { max_tokens: max_tokens ?? null }),
    ...(stop !== undefined && !isEmpty(stop) && { stop: listOf(stop) }),
    ...streaming(stream),
    // Usage of a stream is always asked for: it is billed whether the caller looks or not.
    stream_options:
      stream === true ? { ...(isObject(stream_options) ? stream_options : {}), include_usage: true } : (stream_options ?? null),
    response_format: withSchema(response_format),
  };
}

function normaliseMessages(messages: readonly JsonObject[]): Json[] {
  const ids = new Map<Json | undefined, string>();
  const all: Record<string, Json>[] = [];
  for (const { refusal, function_call: called, content: given, tool_calls, ...fields } of messages) {
    if (fields['role'] === 'function') {
      // The old protocol had no ids: a result names its function.
      all.push({ role: 'tool', tool_call_id: ids.get(fields['name']) ?? `call_fn_${fields['name']}`, content: parts(given) });
      continue;
    }
    const content = [...parts(fields['role'] === 'assistant' && Array.isArray(given) && isEmpty(given) ? undefined : given)];
    if (typeof refusal === 'string') content.push({ type: 'refusal', refusal });
    const calls: Json[] = listed(tool_calls).map((call) => ({ type: 'function', ...call }));
    if (isObject(called)) {
      const id = `call_fn_${ids.size}`;
      ids.set(called['name'], id);
      calls.push({ id, type: 'function', function: called });
    }
    const before = all.at(-1);
    const joins = before?.['role'] === 'assistant' && (before['tool_calls'] || (calls.length > 0 && content.length === 0));
    if (fields['role'] === 'assistant' && before && joins) {
      before['tool_calls'] = [...listed(before['tool_calls']), ...calls];
      if (content.length > 0) before['content'] = [...listed(before['content']), ...content];
      Object.assign(before, fields);
    } else all.push({ ...fields, ...(content.length > 0 && { content }), ...(calls.length > 0 && { tool_calls: calls }) });
  }
  return all;
}

/** An answer's lists that hold nothing are absent ones; a call of 2023 is the only call there is. */
export const normaliseChatReply = ({ choices, ...rest }: JsonObject): JsonObject => ({
  ...rest,
  choices: each(choices, ({ message, ...choice }) => ({
    ...choice,
    message: withCalls(withoutEmpty(message ?? null, ['annotations', 'tool_calls'])),
  })),
});

function withCalls(message: Json): Json {
  if (!isObject(message) || !isObject(message['function_call'])) return message;
  const { function_call: called, ...rest } = message;
  return { ...rest, tool_calls: [{ id: 'call_fn_0', type: 'function', function: called! }] };
}

function parts(content: Json | undefined): Json[] {
  if (content === undefined || content === null) return [];
  const list = contentList(content, 'text') as JsonObject[];
  return list.length === 0 ? [{ type: 'text', text: '' }] : list.map(normalisePart);
}

function normalisePart(part: JsonObject): JsonObject {
  const { image_url, input_audio, file, thinking } = part;
  if (typeof image_url === 'string') return { ...part, image_url: { url: plainData(image_url) } };
  if (isObject(image_url ?? null))
    return { ...part, image_url: { ...(image_url as JsonObject), url: plainData((image_url as JsonObject)['url']) } };
  if (isObject(input_audio ?? null))
    return { ...part, input_audio: { ...(input_audio as JsonObject), data: spaceless((input_audio as JsonObject)['data']) } };
  if (isObject(file ?? null)) return { ...part, file: normaliseFile(file as JsonObject) };
  // Mistral's thoughts come in chunks whose borders mean nothing.
  if (Array.isArray(thinking))
    return { ...part, thinking: [{ type: 'text', text: thinking.map((chunk) => (chunk as JsonObject)['text']).join('') }] };
  return part;
}

/** Bare base64 is a PDF, and a file in a request must have a name. */
function normaliseFile(file: JsonObject): JsonObject {
  const data = file['file_data'];
  if (typeof data !== 'string' || data.startsWith('http')) return file;
  return {
    filename: 'document.pdf',
    ...file,
    file_data: plainData(data.startsWith('data:') ? data : `data:;base64,${data}`),
  };
}

/** A data URL with a plain MIME type, without parameters and line breaks. */
function plainData(url: Json | undefined): Json {
  const data = typeof url === 'string' ? parseDataUrl(url) : undefined;
  return data ? dataUrl(data.mediaType, data.base64) : (url ?? null);
}
const spaceless = (data: Json | undefined): Json => (typeof data === 'string' ? data.replace(/\s/g, '') : (data ?? null));
const withSchema = (format: Json | undefined): Json =>
  isObject(format ?? null) && isObject((format as JsonObject)['json_schema'] ?? null)
    ? { ...(format as JsonObject), json_schema: { schema: {}, ...((format as JsonObject)['json_schema'] as JsonObject) } }
    : (format ?? null);
const listed = (value: Json | undefined): readonly JsonObject[] => (Array.isArray(value) ? (value as JsonObject[]) : []);
