import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import type { ModelFacts } from '../../../model/facts.ts';
import { parseDataUrl } from '../../data-url.ts';
import { decodeRequest } from './decode.ts';
import { encodeRequest } from './encode.ts';

const PERMISSIVE: ModelFacts = {
  vendor: 'openai',
  reasons: true,
  efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'],
  thinking: [],
  sampling: 'yes',
  stop: true,
  forcedToolChoice: true,
  toolsOnChat: 'yes',
  chat: true,
  prefill: true,
  systemTurns: true,
  structuredOutput: true,
  cacheMarks: true,
};

// biome-ignore lint/suspicious/noExplicitAny: recorded JSON of any shape
type Wire = any;

const recordings = '../shared/recorded';
const recorded: { name: string; wire: Wire }[] = existsSync(recordings)
  ? (JSON.parse(readFileSync(`${recordings}/index.json`, 'utf8')) as { file: string; endpoint: string }[])
      .filter(({ endpoint }) => endpoint === 'chat/completions')
      .map(({ file }) => ({
        name: file,
        wire: (JSON.parse(readFileSync(`${recordings}/${file}`, 'utf8')) as { request_body?: Wire }).request_body,
      }))
      .filter(({ wire }) => Array.isArray(wire?.messages) && typeof wire.model === 'string')
  : [];
// What a fixture becomes in another dialect (`NAME.to.DIALECT.json`) stands beside it.
const fixtures = globSync('fixtures/openai-chat/request/*.json', { exclude: ['**/*.to.*'] }).map((file) => ({
  name: path.basename(file),
  wire: JSON.parse(readFileSync(file, 'utf8')) as Wire,
}));

test('a request survives its way through the canonical form, with nothing lost', () => {
  assert.ok(fixtures.length >= 25);
  for (const { name, wire } of [...fixtures, ...recorded]) {
    const { wire: again, losses } = encodeRequest(decodeRequest(wire), PERMISSIVE);
    assert.deepEqual(
      losses.filter(({ impact }) => impact !== 'none'),
      [],
      name,
    );
    assert.deepEqual(normal(again), normal(wire), name);
  }
});

test('encoding twice gives the same bytes', () => {
  for (const { name, wire } of fixtures) {
    const once = encodeRequest(decodeRequest(wire), PERMISSIVE).wire;
    assert.equal(JSON.stringify(encodeRequest(decodeRequest(once), PERMISSIVE).wire), JSON.stringify(once), name);
  }
});

/** The normalisations of docs/dialects/openai-chat.md, written down a second time. */
function normal(wire: Wire): Wire {
  const {
    tools: declared,
    functions,
    function_call,
    max_tokens,
    stop,
    stream,
    stream_options,
    parallel_tool_calls,
    tool_choice,
    ...rest
  } = present(wire);
  const tools = [
    ...(declared ?? []).map((tool: Wire) => ({ type: 'function', ...tool })),
    ...(functions ?? []).map((fn: Wire) => ({ type: 'function', function: fn })),
  ];
  const choice = tool_choice ?? (typeof function_call === 'object' ? { function: function_call } : function_call);
  const stops = typeof stop === 'string' ? [stop] : (stop ?? []);
  return {
    ...rest,
    messages: normalMessages(rest.messages),
    ...(tools.length > 0 && { tools }),
    ...(tools.length > 0 && choice !== undefined && { tool_choice: typeof choice === 'object' ? { type: 'function', ...choice } : choice }),
    ...(tools.length > 0 && parallel_tool_calls !== undefined && { parallel_tool_calls }),
    ...((rest.max_completion_tokens ?? max_tokens) !== undefined && { max_completion_tokens: rest.max_completion_tokens ?? max_tokens }),
    ...(rest.max_completion_tokens !== undefined && max_tokens !== undefined && { max_tokens }),
    ...(stops.length > 0 && { stop: stops }),
    ...(stream && { stream, stream_options: { ...stream_options, include_usage: true } }),
    ...(!stream && stream_options && { stream_options }),
    ...(rest.response_format?.json_schema && {
      response_format: { ...rest.response_format, json_schema: { schema: {}, ...rest.response_format.json_schema } },
    }),
  };
}

function normalMessages(messages: Wire[]): Wire[] {
  const ids = new Map<string, string>();
  let functions = 0;
  const all: Wire[] = [];
  for (const { refusal, function_call: called, ...given } of messages) {
    const message =
      given.role === 'assistant' && given.content?.length === 0 && given.content !== '' ? { ...given, content: undefined } : given;
    if (message.role === 'function') {
      all.push({ role: 'tool', tool_call_id: ids.get(message.name) ?? `call_fn_${message.name}`, content: contentOf(message.content) });
      continue;
    }
    const content = [...(contentOf(message.content) ?? []), ...(refusal === undefined ? [] : [{ type: 'refusal', refusal }])];
    const calls = (message.tool_calls ?? []).map((call: Wire) => ({ type: 'function', ...call }));
    if (called) {
      ids.set(called.name, `call_fn_${functions}`);
      calls.push({ id: `call_fn_${functions++}`, type: 'function', function: called });
    }
    const { content: _, tool_calls: __, ...fields } = message;
    const before = all.at(-1);
    if (message.role === 'assistant' && before?.role === 'assistant' && (before.tool_calls || (calls.length > 0 && content.length === 0))) {
      before.tool_calls = [...(before.tool_calls ?? []), ...calls];
      if (content.length > 0) before.content = [...(before.content ?? []), ...content];
      Object.assign(before, fields);
    } else all.push({ ...fields, ...(content.length > 0 && { content }), ...(calls.length > 0 && { tool_calls: calls }) });
  }
  return all;
}

function contentOf(content: Wire): Wire[] | undefined {
  if (content === undefined) return undefined;
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return content.length === 0 ? [{ type: 'text', text: '' }] : content.map(normalPart);
}

function normalPart(part: Wire): Wire {
  if (part.type === 'image_url') {
    const image = typeof part.image_url === 'string' ? { url: part.image_url } : part.image_url;
    return { ...part, image_url: { ...image, url: normalData(image.url) } };
  }
  if (part.type === 'input_audio') return { ...part, input_audio: { ...part.input_audio, data: part.input_audio.data.replace(/\s/g, '') } };
  if (part.type === 'thinking')
    return { ...part, thinking: [{ type: 'text', text: part.thinking.map((chunk: Wire) => chunk.text).join('') }] };
  if (part.type === 'file' && part.file.file_data && !part.file.file_data.startsWith('http')) {
    const bare = !part.file.file_data.startsWith('data:');
    const file_data = normalData(bare ? `data:;base64,${part.file.file_data}` : part.file.file_data);
    return { ...part, file: { filename: 'document.pdf', ...part.file, file_data } };
  }
  return part;
}

function normalData(url: string): string {
  const data = parseDataUrl(url);
  return data ? `data:${data.mediaType};base64,${data.base64}` : url;
}

/** `null` is the same as absent. */
function present(wire: Wire): Wire {
  if (Array.isArray(wire)) return wire.map(present);
  if (wire === null || typeof wire !== 'object') return wire;
  return Object.fromEntries(
    Object.entries(wire)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [key, present(value)]),
  );
}
