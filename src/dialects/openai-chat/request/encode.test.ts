import assert from 'node:assert/strict';
import test from 'node:test';
import type { ModelFacts } from '../../../model/facts.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { Loss } from '../../../model/loss.ts';
import type { Part } from '../../../model/part.ts';
import type { ModelRequest, Turn } from '../../../model/request.ts';
import { encodeRequest } from './encode.ts';

const REASONER: ModelFacts = {
  vendor: 'openai',
  reasons: true,
  efforts: ['none', 'low', 'medium', 'high'],
  effortDefault: 'medium',
  thinking: [],
  sampling: 'effortNone',
  stop: false,
  forcedToolChoice: true,
  toolsOnChat: 'yes',
  chat: true,
  prefill: true,
  systemTurns: true,
  structuredOutput: true,
  cacheMarks: true,
  outputTokensMax: 1000,
};
const PLAIN: ModelFacts = { ...REASONER, reasons: false, efforts: [], sampling: 'yes', stop: true, cacheMarks: false };
const COMPATIBLE: ModelFacts = { ...PLAIN, vendor: 'other', forcedToolChoice: false, structuredOutput: false };

const text = (words: string): Part => ({ type: 'text', text: words });
const user = (...parts: Part[]): Turn => ({ role: 'user', parts });
const assistant = (...parts: Part[]): Turn => ({ role: 'assistant', parts });
const call = (id: string, name = 'f'): Part => ({ type: 'toolCall', id, name, arguments: '{}' });
const result = (callId: string, ...content: Part[]): Part => ({ type: 'toolResult', callId, content });

const encode = (fields: Partial<ModelRequest>, facts = REASONER) =>
  encodeRequest({ model: 'm', turns: [user(text('Hi'))], stream: false, ...fields }, facts);
const told = (losses: readonly Loss[]) =>
  losses.filter(({ impact }) => impact !== 'none').map(({ path, kind, impact }) => `${path} ${kind} ${impact}`);
const messages = (fields: Partial<ModelRequest>, facts = REASONER) => encode(fields, facts).wire['messages'];

test('instructions and the system turns after them become one message', () => {
  const fields = {
    instructions: [text('A'), text('B')],
    turns: [{ role: 'system' as const, parts: [text('C')] }, user(text('Hi')), { role: 'developer' as const, parts: [text('D')] }],
  };
  const parts = ['A', 'B', 'C'].map((words) => ({ type: 'text', text: words }));
  const rest = { role: 'user', content: 'Hi' };
  assert.deepEqual(messages(fields), [{ role: 'developer', content: parts }, rest, { role: 'developer', content: 'D' }]);
  assert.deepEqual(messages(fields, PLAIN), [{ role: 'system', content: parts }, rest, { role: 'developer', content: 'D' }]);
  assert.deepEqual(messages(fields, COMPATIBLE), [{ role: 'system', content: 'A\n\nB\n\nC' }, rest, { role: 'system', content: 'D' }]);
});

test('results come first, in the order of the calls, and their pictures after them', () => {
  const image: Part = { type: 'media', mediaType: 'image/png', source: { base64: 'iVBO' } };
  const { wire, losses } = encode({
    turns: [
      user(text('Go')),
      assistant(text('Look:'), call('a'), call('b')),
      user(text('And then?'), result('b', text('B')), result('a', text('A'), image)),
    ],
  });
  assert.deepEqual(wire['messages'], [
    { role: 'user', content: 'Go' },
    {
      role: 'assistant',
      content: 'Look:',
      tool_calls: ['a', 'b'].map((id) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } })),
    },
    {
      role: 'tool',
      content: [
        { type: 'text', text: 'A' },
        { type: 'text', text: '[image: see the next user message]' },
      ],
      tool_call_id: 'a',
    },
    { role: 'tool', content: 'B', tool_call_id: 'b' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Image in the result of tool call a:' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } },
        { type: 'text', text: 'And then?' },
      ],
    },
  ]);
  assert.deepEqual(told(losses), ['turns[2].parts[2].content[1] changed behavior']);
});

test('pictures of results in turns of their own wait until the last result', () => {
  const pdf: Part = { type: 'media', mediaType: 'application/pdf', source: { base64: 'JVBE' }, name: 'a.pdf' };
  const roles = messages({
    turns: [assistant(call('a'), call('b')), user(result('a', pdf)), user(result('b', text('B'))), assistant(text('Ok'))],
  });
  assert.deepEqual(
    (roles as { role: string }[]).map(({ role }) => role),
    ['assistant', 'tool', 'tool', 'user', 'assistant'],
  );
});

test('a failed call says so in its content', () => {
  const failed = (...content: Part[]): Turn => user({ type: 'toolResult', callId: 'a', content, isError: true });
  const { wire, losses } = encode({ turns: [assistant(call('a')), failed(text('no "x"')), failed(text('a'), text('b')), failed()] });
  assert.deepEqual((wire['messages'] as unknown[]).slice(1), [
    { role: 'tool', content: '{"error":"no \\"x\\""}', tool_call_id: 'a' },
    { role: 'tool', content: ['The tool call failed.', 'a', 'b'].map((words) => ({ type: 'text', text: words })), tool_call_id: 'a' },
    { role: 'tool', content: 'The tool call failed.', tool_call_id: 'a' },
  ]);
  assert.deepEqual(
    told(losses),
    [1, 2, 3].map((turn) => `turns[${turn}].parts[0].isError changed behavior`),
  );
});

test('items of one assistant answer become one message', () => {
  const { wire, losses } = encode({
    turns: [
      assistant({ type: 'reasoning', text: 'Hm', seal: { by: 'openai-responses', data: 's' } }),
      assistant(text('Look:')),
      assistant(call('a')),
      assistant(call('b')),
      assistant(text('Wait')),
      user(result('a', text('A'))),
    ],
  });
  assert.deepEqual((wire['messages'] as unknown[])[0], {
    role: 'assistant',
    content: ['Look:', 'Wait'].map((words) => ({ type: 'text', text: words })),
    tool_calls: ['a', 'b'].map((id) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } })),
  });
  assert.deepEqual(told(losses), ['turns[0].parts[0] dropped behavior', 'turns[4].parts[0] changed behavior']);
});

test('two answers in words alone stay two', () => {
  assert.deepEqual(messages({ turns: [assistant(text('A')), assistant(text('B'))] }), [
    { role: 'assistant', content: 'A' },
    { role: 'assistant', content: 'B' },
  ]);
});

test('ids and names are fitted alike wherever they stand', () => {
  const name = 'mcp.server/tool';
  const id = `toolu_${'x'.repeat(80)}`;
  const { wire, toolNames, losses } = encode({
    tools: [{ name }],
    toolChoice: { mode: { tool: name } },
    turns: [assistant(call(id, name)), user(result(id, text('r')))],
  });
  const sent = 'mcp_server_tool_';
  const [first, second] = wire['messages'] as { tool_calls: { id: string; function: { name: string } }[]; tool_call_id: string }[];
  const fitted = first!.tool_calls[0]!.function.name;
  assert.ok(fitted.startsWith(sent) && /^[\w-]{1,64}$/.test(fitted));
  assert.deepEqual(wire['tools'], [{ type: 'function', function: { name: fitted } }]);
  assert.deepEqual(wire['tool_choice'], { type: 'function', function: { name: fitted } });
  assert.deepEqual(toolNames, new Map([[fitted, name]]));
  assert.equal(first!.tool_calls[0]!.id, second!.tool_call_id);
  assert.ok(second!.tool_call_id.length <= 64);
  assert.deepEqual(told(losses), []);
});

test('an id that was escaped on its way to the client goes back as it was', () => {
  const escaped = `hg_${Buffer.from('id with spaces').toString('base64url')}`;
  const again = messages({ turns: [assistant(call(escaped)), user(result('id with spaces', text('r')))] }) as { tool_call_id?: string }[];
  assert.equal(again[1]!.tool_call_id, escaped);
});

test('efforts are taken as the model has them', () => {
  const effort = (reasoning: ModelRequest['reasoning'], facts = REASONER, maxOutputTokens?: number) => {
    const { wire, losses } = encode({ ...(reasoning && { reasoning }), ...(maxOutputTokens && { maxOutputTokens }) }, facts);
    return [wire['reasoning_effort'], ...told(losses)];
  };
  assert.deepEqual(
    [
      effort({ effort: 'high' }),
      effort({ effort: 'max' }),
      effort({ effort: 'minimal' }),
      effort({ mode: 'off' }),
      effort({ mode: 'off' }, { ...REASONER, efforts: ['low', 'high'] }),
      effort({ mode: 'off' }, PLAIN),
      effort({ mode: 'adaptive', show: 'omitted' }),
      effort({ mode: 'adaptive', effort: 'low', show: 'summarized' }),
      effort({ mode: 'budget', budgetTokens: 500 }, REASONER, 1000),
      effort({ mode: 'budget', budgetTokens: 900 }, REASONER, 1000),
      effort({ effort: 'high' }, COMPATIBLE),
      effort({ mode: 'betweenTools' }),
    ],
    [
      ['high'],
      ['high', 'reasoning.effort changed behavior'],
      ['low', 'reasoning.effort changed behavior'],
      ['none'],
      ['low', 'reasoning.mode changed behavior'],
      [undefined],
      [undefined],
      ['low', 'reasoning.show dropped behavior'],
      ['medium', 'reasoning.budgetTokens changed behavior'],
      ['high', 'reasoning.budgetTokens changed behavior'],
      [undefined, 'reasoning.effort dropped behavior'],
      [undefined, 'reasoning.mode dropped behavior'],
    ],
  );
});

test('sampling goes only where it is taken', () => {
  const sampling = { temperature: 0.3, topP: 1, topK: 5, stop: ['a', 'b', 'c', 'd', 'e'] };
  const refused = encode({ sampling });
  assert.deepEqual([refused.wire['temperature'], refused.wire['stop']], [undefined, undefined]);
  assert.deepEqual(told(refused.losses), [
    'sampling.temperature dropped behavior',
    'sampling.topK dropped behavior',
    'sampling.stop dropped behavior',
  ]);
  const taken = encode({ sampling }, PLAIN);
  assert.deepEqual([taken.wire['temperature'], taken.wire['top_p'], taken.wire['stop']], [0.3, 1, ['a', 'b', 'c', 'd']]);
  assert.deepEqual(told(taken.losses), ['sampling.topK dropped behavior', 'sampling.stop dropped behavior']);
  assert.equal(encode({ sampling: { temperature: 0.3 }, reasoning: { effort: 'none' } }).wire['temperature'], 0.3);
});

test('the limit is called what the server calls it, and capped at the model’s', () => {
  assert.deepEqual(encode({ maxOutputTokens: 500 }).wire['max_completion_tokens'], 500);
  const { wire, losses } = encode({ maxOutputTokens: 5000 }, COMPATIBLE);
  assert.deepEqual([wire['max_tokens'], wire['max_completion_tokens']], [1000, undefined]);
  assert.deepEqual(told(losses), ['maxOutputTokens changed behavior']);
});

test('cache marks stand on content only', () => {
  const fields: Partial<ModelRequest> = {
    tools: [{ name: 'f', cache: {} }],
    instructions: [text('A')],
    turns: [
      user({ type: 'text', text: 'Hi', cache: { ttlMinutes: 5 } }),
      assistant({ ...call('a'), cache: { ttlMinutes: 60 } }),
      user({ type: 'toolResult', callId: 'a', content: [text('r1'), text('r2')], cache: { ttlMinutes: 30 } }),
    ],
    cache: {},
  };
  const { wire, losses } = encode(fields);
  const marked = (words: string, ttl?: string) => ({
    type: 'text',
    text: words,
    prompt_cache_breakpoint: { mode: 'explicit', ...(ttl && { ttl }) },
  });
  assert.deepEqual(
    (wire['messages'] as { content: unknown }[]).map(({ content }) => content),
    [[marked('A')], [marked('Hi', '30m')], null, [marked('r1', '30m'), marked('r2', '30m')]],
  );
  assert.deepEqual(told(losses), [
    'tools[0].cache changed cost',
    'turns[0].parts[0].cache.ttlMinutes changed cost',
    'turns[1].parts[0].cache changed cost',
    'turns[1].parts[0].cache.ttlMinutes changed cost',
  ]);
  assert.deepEqual(told(encode(fields, PLAIN).losses), [
    'tools[0].cache dropped cost',
    'turns[0].parts[0].cache dropped cost',
    'turns[1].parts[0].cache dropped cost',
    'turns[2].parts[0].content[1].cache dropped cost',
  ]);
});

test('documents go as files, texts as text; what has no field is told', () => {
  const document = (source: Extract<Part, { type: 'media' }>['source'], more: object = {}): Part => ({
    type: 'media',
    mediaType: 'application/pdf',
    source,
    ...more,
  });
  const { wire, losses } = encode({
    turns: [
      user(
        document({ base64: 'JVBE' }),
        document(
          { base64: 'JVBE' },
          { name: 'Paper', extra: { 'anthropic-messages': { context: 'From 1999', citations: { enabled: true } } } },
        ),
        document({ text: 'words' }, { mediaType: 'text/plain', name: 'Notes' }),
        document({ url: 'https://a.example/a.pdf' }),
        document({ fileId: 'file_1', dialect: 'anthropic-messages' }),
        document({ fileId: 'file-2', dialect: 'openai-responses' }, { name: 'b.pdf' }),
        { type: 'opaque', dialect: 'anthropic-messages', wire: { type: 'server_tool_use' } },
      ),
    ],
  });
  assert.deepEqual((wire['messages'] as { content: unknown }[])[0]!.content, [
    { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBE', filename: 'document.pdf' } },
    { type: 'text', text: 'Paper\nFrom 1999' },
    { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBE', filename: 'Paper' } },
    { type: 'text', text: 'Notes\n\nwords' },
    { type: 'file', file: { file_id: 'file-2', filename: 'b.pdf' } },
  ]);
  assert.deepEqual(told(losses), [
    'turns[0].parts[1].extra.anthropic-messages.citations dropped behavior',
    'turns[0].parts[1].extra.anthropic-messages.context changed behavior',
    'turns[0].parts[2] changed behavior',
    'turns[0].parts[3] dropped content',
    'turns[0].parts[4] dropped content',
    'turns[0].parts[6] dropped content',
  ]);
});

test('tools another vendor runs are not offered', () => {
  const search = { name: 'web_search', extra: { 'anthropic-messages': { type: 'web_search_20260318', max_uses: 3 } } };
  const { wire, losses } = encode({ tools: [search], toolChoice: { mode: 'auto', parallel: false } });
  assert.deepEqual([wire['tools'], wire['tool_choice'], wire['parallel_tool_calls']], [undefined, undefined, undefined]);
  assert.deepEqual(told(losses), ['tools[0] dropped content']);
});

test('custom tools are wrapped for servers that have none', () => {
  const fields: Partial<ModelRequest> = {
    tools: [{ name: 'sh', custom: { format: { type: 'grammar', syntax: 'lark', definition: 'x' } } }],
    turns: [assistant({ type: 'toolCall', id: 'a', name: 'sh', arguments: 'ls "x"', custom: true }), user(result('a', text('r')))],
  };
  const native = encode(fields);
  assert.deepEqual(native.wire['tools'], [
    { type: 'custom', custom: { name: 'sh', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'x' } } } },
  ]);
  const wrapped = encode(fields, COMPATIBLE);
  assert.deepEqual((wrapped.wire['messages'] as { tool_calls: unknown }[])[0]!.tool_calls, [
    { id: 'a', type: 'function', function: { name: 'sh', arguments: '{"input":"ls \\"x\\""}' } },
  ]);
  assert.deepEqual([wrapped.wrappedTools, told(wrapped.losses)], [new Set(['sh']), ['tools[0].custom changed behavior']]);
});

test('a model that cannot be forced is asked', () => {
  const { wire, losses } = encode({ tools: [{ name: 'f' }], toolChoice: { mode: { tool: 'f' } } }, COMPATIBLE);
  assert.deepEqual(
    [wire['tool_choice'], wire['messages']],
    [
      'auto',
      [
        { role: 'system', content: 'Call the tool "f" now.' },
        { role: 'user', content: 'Hi' },
      ],
    ],
  );
  assert.deepEqual(told(losses), ['toolChoice.mode changed behavior']);
});

test('servers without allowed_tools see only the allowed', () => {
  const fields: Partial<ModelRequest> = { tools: [{ name: 'f' }, { name: 'g' }], toolChoice: { mode: 'auto', allowed: ['g'] } };
  assert.deepEqual(encode(fields).wire['tool_choice'], {
    type: 'allowed_tools',
    allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'g' } }] },
  });
  const { wire, losses } = encode(fields, COMPATIBLE);
  assert.deepEqual([wire['tools'], wire['tool_choice']], [[{ type: 'function', function: { name: 'g' } }], 'auto']);
  assert.deepEqual(told(losses), ['toolChoice.allowed changed cost']);
});

test('JSON is asked for in words where words are needed', () => {
  const json = encode({ output: { type: 'json' } });
  assert.deepEqual(
    [json.wire['response_format'], (json.wire['messages'] as unknown[])[0]],
    [{ type: 'json_object' }, { role: 'developer', content: 'Answer with JSON.' }],
  );
  assert.deepEqual(told(encode({ output: { type: 'json' }, turns: [user(text('As json'))] }).losses), []);
  const schema = { type: 'schema' as const, schema: { type: 'object' }, name: 'my name' };
  const named = encode({ output: schema }).wire['response_format'] as { json_schema: { name: string } };
  assert.match(named.json_schema.name, /^my_name_\w{8}$/);
  assert.deepEqual(encode({ output: { type: 'schema', schema: {} } }).wire['response_format'], {
    type: 'json_schema',
    json_schema: { name: 'output', schema: {} },
  });
  const told2 = encode({ output: schema }, COMPATIBLE);
  assert.deepEqual(
    [told2.wire['response_format'], (told2.wire['messages'] as unknown[])[0]],
    [{ type: 'json_object' }, { role: 'system', content: 'Answer with JSON that fits this JSON Schema: {"type":"object"}' }],
  );
});

test('settings go under their names, long ids hashed, and compatible servers get what they know', () => {
  const settings = {
    safetyId: 'x'.repeat(200),
    tier: 'ultrafast',
    verbosity: 'low',
    cacheKey: 'k',
    cacheOptions: { mode: 'explicit', ttl: '12h', prewarm: true },
  };
  const { wire, losses } = encode({ settings });
  assert.match(String(wire['safety_identifier']), /^[0-9a-f]{64}$/);
  assert.deepEqual(
    [wire['service_tier'], wire['prompt_cache_options'], 'store' in wire],
    ['fast', { mode: 'explicit', ttl: '30m' }, false],
  );
  assert.deepEqual(told(losses), [
    'settings.tier changed cost',
    'settings.cacheOptions.prewarm dropped cost',
    'settings.cacheOptions.ttl changed cost',
  ]);
  const compatible = encode({ settings }, COMPATIBLE);
  assert.deepEqual(compatible.wire['user'], 'x'.repeat(200));
  assert.deepEqual(told(compatible.losses), [
    'settings.verbosity dropped behavior',
    'settings.cacheKey dropped cost',
    'settings.cacheOptions dropped cost',
    'settings.tier dropped cost',
  ]);
});

test('streams are asked for their usage', () => {
  const { wire } = encode({
    stream: true,
    extra: { 'openai-chat': { stream_options: { include_obfuscation: false, include_usage: false } } },
  });
  assert.deepEqual([wire['stream'], wire['stream_options']], [true, { include_obfuscation: false, include_usage: true }]);
});

test('fields of other dialects are told by what they mean', () => {
  const { losses } = encode({
    extra: {
      'anthropic-messages': { container: 'c', mcp_servers: [], context_management: {}, speed: 'fast', diagnostics: {} },
      'openai-responses': { previous_response_id: 'r', truncation: 'auto', include: [] },
    },
  });
  assert.deepEqual(told(losses), [
    'extra.anthropic-messages.container dropped content',
    'extra.anthropic-messages.mcp_servers dropped content',
    'extra.anthropic-messages.context_management dropped behavior',
    'extra.anthropic-messages.speed dropped cost',
    'extra.openai-responses.previous_response_id dropped content',
    'extra.openai-responses.truncation dropped behavior',
  ]);
});

test('what Responses does anyhow is no loss; what a caller of it will miss is told', () => {
  const of = (fields: JsonObject) => told(encode({ extra: { 'openai-responses': fields } }).losses);
  assert.deepEqual(of({ background: false, truncation: 'disabled', include: ['reasoning.encrypted_content'] }), []);
  assert.deepEqual(of({ background: true, include: ['message.output_text.logprobs'], top_logprobs: 2 }), [
    'extra.openai-responses.background dropped behavior',
    'extra.openai-responses.include dropped behavior',
    'extra.openai-responses.top_logprobs dropped behavior',
  ]);
});

test('a model that takes no cache marks is told no cache options either', () => {
  const settings = { cacheOptions: { mode: 'explicit' } };
  assert.deepEqual(encode({ settings }).wire['prompt_cache_options'], { mode: 'explicit' });
  const { wire, losses } = encode({ settings }, PLAIN);
  assert.deepEqual([wire['prompt_cache_options'], told(losses)], [undefined, ['settings.cacheOptions dropped cost']]);
});

test('a cache cannot be warmed by an answer of no tokens: the shortest is asked for', () => {
  const { wire, losses } = encode({ maxOutputTokens: 0 });
  assert.deepEqual([wire['max_completion_tokens'], told(losses)], [1, ['maxOutputTokens changed behavior']]);
});
