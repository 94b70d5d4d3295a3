import assert from 'node:assert/strict';
import test from 'node:test';
import { HeadgateError } from '../../../model/failure.ts';
import type { Json, JsonObject } from '../../../model/json.ts';
import { decodeRequest } from './decode.ts';

const decode = (fields: JsonObject, ...messages: Json[]) =>
  decodeRequest({ model: 'm', messages: messages.length > 0 ? messages : [{ role: 'user', content: 'Hi' }], ...fields });
const partsOf = (...content: Json[]) => decode({}, { role: 'user', content }).turns[0]!.parts;

function refusal(wire: Json): string {
  try {
    decodeRequest(wire);
  } catch (error) {
    assert.ok(error instanceof HeadgateError);
    return `${error.failure.param}: ${error.failure.message}`;
  }
  return 'taken';
}

test('every top-level field has its place', () => {
  const request = decode({
    tools: [{ type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true } }],
    tool_choice: { type: 'function', function: { name: 'f' } },
    parallel_tool_calls: false,
    response_format: { type: 'json_schema', json_schema: { name: 'n', description: 'd', schema: { type: 'object' }, strict: true } },
    reasoning_effort: 'low',
    temperature: 0.5,
    top_p: 0.9,
    stop: 'END',
    max_completion_tokens: 9,
    service_tier: 'flex',
    store: true,
    verbosity: 'low',
    metadata: { a: 'b' },
    safety_identifier: 's',
    user: 'u',
    prompt_cache_key: 'k',
    prompt_cache_options: { mode: 'explicit' },
    prompt_cache_retention: '24h',
    stream: true,
    stream_options: { include_usage: true },
    seed: 7,
    n: 1,
  });
  assert.deepEqual(request, {
    model: 'm',
    turns: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
    tools: [{ name: 'f', description: 'd', parameters: { type: 'object' }, strict: true }],
    toolChoice: { mode: { tool: 'f' }, parallel: false },
    output: { type: 'schema', schema: { type: 'object' }, name: 'n', description: 'd', strict: true },
    reasoning: { effort: 'low' },
    sampling: { temperature: 0.5, topP: 0.9, stop: ['END'] },
    settings: {
      tier: 'flex',
      store: true,
      verbosity: 'low',
      metadata: { a: 'b' },
      safetyId: 's',
      user: 'u',
      cacheKey: 'k',
      cacheOptions: { mode: 'explicit' },
      cacheRetention: '24h',
    },
    maxOutputTokens: 9,
    stream: true,
    extra: { 'openai-chat': { stream_options: { include_usage: true }, seed: 7, n: 1 } },
  });
});

test('images and files are read whatever the spelling of their data', () => {
  assert.deepEqual(
    partsOf(
      { type: 'image_url', image_url: { url: 'data:IMAGE/JPG;charset=x;base64,/9j/\n4AAQ', detail: 'low' } },
      { type: 'image_url', image_url: 'https://a.example/b.png' },
      { type: 'file', file: { file_data: 'JVBERi0x', filename: 'a.pdf' } },
      { type: 'file', file: { file_data: 'aGVsbG8=' } },
      { type: 'file', file: { file_id: 'file-1' } },
      { type: 'file', file: { file_data: 'https://a.example/b.pdf?x' } },
      { type: 'input_audio', input_audio: { data: 'UklG RiQ=', format: 'wav' } },
    ),
    [
      { type: 'media', mediaType: 'image/jpeg', source: { base64: '/9j/4AAQ' }, detail: 'low' },
      { type: 'media', mediaType: 'image/*', source: { url: 'https://a.example/b.png' } },
      { type: 'media', mediaType: 'application/pdf', source: { base64: 'JVBERi0x' }, name: 'a.pdf' },
      { type: 'media', mediaType: 'application/octet-stream', source: { base64: 'aGVsbG8=' } },
      { type: 'media', mediaType: '*/*', source: { fileId: 'file-1', dialect: 'openai-chat' } },
      {
        type: 'media',
        mediaType: 'application/pdf',
        source: { url: 'https://a.example/b.pdf?x' },
        extra: { 'openai-chat': { file_data: null } },
      },
      { type: 'media', mediaType: 'audio/wav', source: { base64: 'UklGRiQ=' } },
    ],
  );
});

test('what only some server knows stays as it came', () => {
  const video = { type: 'video_url', video_url: { url: 'https://a.example/a.mp4' } };
  assert.deepEqual(partsOf(video, { type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }), [
    { type: 'opaque', dialect: 'openai-chat', wire: video },
    { type: 'text', text: 'x', extra: { 'openai-chat': { cache_control: { type: 'ephemeral' } } } },
  ]);
});

test('a breakpoint is a cache mark, in words we know', () => {
  const unknown = { mode: 'explicit', ttl: '7d' };
  assert.deepEqual(
    partsOf(
      { type: 'text', text: 'a', prompt_cache_breakpoint: { mode: 'explicit' } },
      { type: 'text', text: 'b', prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } },
      { type: 'text', text: 'c', prompt_cache_breakpoint: unknown },
    ),
    [
      { type: 'text', text: 'a', cache: {} },
      { type: 'text', text: 'b', cache: { ttlMinutes: 720 } },
      { type: 'text', text: 'c', extra: { 'openai-chat': { prompt_cache_breakpoint: unknown } } },
    ],
  );
});

test('calls of functions get ids by their order, and results find them by name', () => {
  const call = { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } };
  const result = { role: 'function', name: 'f', content: 'r' };
  const request = decode({ functions: [{ name: 'f' }], function_call: { name: 'f' } }, call, result, call, result);
  const called = (id: string) => ({ role: 'assistant', parts: [{ type: 'toolCall', id, name: 'f', arguments: '{}' }] });
  const answered = (callId: string) => ({ role: 'user', parts: [{ type: 'toolResult', callId, content: [{ type: 'text', text: 'r' }] }] });
  assert.deepEqual(request, {
    model: 'm',
    turns: [called('call_fn_0'), answered('call_fn_0'), called('call_fn_1'), answered('call_fn_1')],
    tools: [{ name: 'f' }],
    toolChoice: { mode: { tool: 'f' } },
    stream: false,
    extra: { 'openai-chat': { functions: null } },
  });
});

test('thoughts of compatible servers are parts without a seal', () => {
  const thinking = { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }], closed: true };
  const { turns } = decode(
    {},
    { role: 'assistant', content: 'a', reasoning_content: 'Hm' },
    { role: 'assistant', content: 'b', reasoning: 'Hm' },
    { role: 'assistant', content: [thinking, { type: 'text', text: 'c' }] },
  );
  const thought = (marker: JsonObject) => ({ type: 'reasoning', text: 'Hm', extra: { 'openai-chat': marker } });
  assert.deepEqual(
    turns.map(({ parts }) => parts[0]),
    [thought({ reasoning_content: null }), thought({ reasoning: null }), thought({ closed: true, thinking: null })],
  );
});

test('a result of a custom tool is known as one', () => {
  const { turns } = decode(
    {},
    { role: 'assistant', content: null, tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'sh', input: 'ls' } }] },
    { role: 'tool', tool_call_id: 'c', content: 'a' },
  );
  assert.deepEqual(
    turns.map(({ parts }) => parts),
    [
      [{ type: 'toolCall', id: 'c', name: 'sh', arguments: 'ls', custom: true }],
      [{ type: 'toolResult', callId: 'c', content: [{ type: 'text', text: 'a' }], custom: true }],
    ],
  );
});

test('choices, grammars and tools of tomorrow', () => {
  const choice = (tool_choice: Json) => decode({ tool_choice }).toolChoice;
  assert.deepEqual(
    [
      choice('required'),
      choice({ type: 'custom', custom: { name: 'sh' } }),
      choice({ type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] } }),
      choice('any'),
      choice({ type: 'function', function: { name: 'f', hint: 1 } }),
    ],
    [
      { mode: 'required' },
      { mode: { tool: 'sh', custom: true } },
      { mode: 'auto', allowed: ['f'] },
      { extra: { 'openai-chat': { tool_choice: 'any' } } },
      { extra: { 'openai-chat': { tool_choice: { type: 'function', function: { name: 'f', hint: 1 } } } } },
    ],
  );
  const grammar = { type: 'custom', custom: { name: 'calc', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'x' } } } };
  const search = { type: 'browser_search', depth: 2 };
  assert.deepEqual(decode({ tools: [grammar, search] }).tools, [
    { name: 'calc', custom: { format: { type: 'grammar', syntax: 'lark', definition: 'x' } } },
    { name: 'browser_search', extra: { 'openai-chat': search } },
  ]);
});

test('a refusal names the field, what was expected and what came', () => {
  const user = { role: 'user', content: 'Hi' };
  const wrong = (...messages: Json[]) => refusal({ model: 'm', messages });
  assert.deepEqual(
    [
      refusal('hello'),
      refusal({ messages: [user] }),
      refusal({ model: 'm' }),
      refusal({ model: 'm', messages: [] }),
      wrong({ role: 'robot', content: 'x' }),
      wrong(user, { role: 'user', content: 7 }),
      wrong({ role: 'user', content: [{ type: 'image_url', image_url: {} }] }),
      wrong({ role: 'user', content: ['x'] }),
      wrong({ role: 'tool', content: 'x' }),
      wrong({ role: 'tool', tool_call_id: 'c' }),
      wrong({ role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name: 'f' } }] }),
      refusal({ model: 'm', messages: [user], stop: [1] }),
      refusal({ model: 'm', messages: [user], temperature: 'hot' }),
      refusal({ model: 'm', messages: [user], response_format: { type: 'json_schema' } }),
    ],
    [
      'the request: the request must be an object, got "hello"',
      'model: model must be a string, got nothing',
      'messages: messages must be a list, got nothing',
      'messages: messages must be a list of at least one message, got a list',
      'messages[0].role: messages[0].role must be "developer" or "system" or "user" or "assistant" or "tool" or "function", got "robot"',
      'messages[1].content: messages[1].content must be a string or a list of parts, got 7',
      'messages[0].content[0].image_url.url: messages[0].content[0].image_url.url must be a string, got nothing',
      'messages[0].content[0]: messages[0].content[0] must be an object, got "x"',
      'messages[0].tool_call_id: messages[0].tool_call_id must be a string, got nothing',
      'messages[0].content: messages[0].content must be a string or a list of text parts, got nothing',
      'messages[0].tool_calls[0].function.arguments: messages[0].tool_calls[0].function.arguments must be a string, got nothing',
      'stop: stop must be a string or a list of strings, got a list',
      'temperature: temperature must be a number, got "hot"',
      'response_format.json_schema: response_format.json_schema must be an object, got nothing',
    ],
  );
});
