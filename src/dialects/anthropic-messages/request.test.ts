import assert from 'node:assert/strict';
import test from 'node:test';
import type { ModelFacts } from '../../model/facts.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Loss } from '../../model/loss.ts';
import type { Part } from '../../model/part.ts';
import type { ModelRequest, Tool, Turn } from '../../model/request.ts';
import { wrapSeal } from '../seal.ts';
import { decodeRequest, encodeRequest } from './request.ts';

const CLAUDE: ModelFacts = {
  vendor: 'anthropic',
  outputTokensMax: 128_000,
  reasons: true,
  efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
  thinking: ['adaptive', 'between_tools'],
  sampling: 'no',
  stop: true,
  forcedToolChoice: false,
  toolsOnChat: 'yes',
  chat: false,
  prefill: false,
  systemTurns: true,
  structuredOutput: true,
  cacheMarks: true,
};
const OLD: ModelFacts = {
  ...CLAUDE,
  outputTokensMax: 64_000,
  efforts: [],
  thinking: ['enabled', 'disabled'],
  sampling: 'yes',
  forcedToolChoice: true,
  prefill: true,
  systemTurns: false,
};

const text = (words: string): Part => ({ type: 'text', text: words });
const user = (...parts: (Part | string)[]): Turn => ({
  role: 'user',
  parts: parts.map((part) => (typeof part === 'string' ? text(part) : part)),
});
const assistant = (...parts: (Part | string)[]): Turn => ({ ...user(...parts), role: 'assistant' });
const system = (words: string): Turn => ({ role: 'system', parts: [text(words)] });
const call = (id: string, args = '{}', name = 'f'): Part => ({ type: 'toolCall', id, name, arguments: args });
const result = (callId: string, words = 'ok'): Part => ({ type: 'toolResult', callId, content: [text(words)] });
const f: Tool = { name: 'f', parameters: { type: 'object', properties: {} } };
const blocks = (...words: string[]) => words.map((word) => ({ type: 'text', text: word }));

const asking = (request: Partial<ModelRequest>): ModelRequest => ({
  model: 'm',
  turns: [user('Hi')],
  maxOutputTokens: 1000,
  stream: false,
  ...request,
});
const wireOf = (request: Partial<ModelRequest>, facts = CLAUDE): JsonObject => encodeRequest(asking(request), facts).wire;
const messagesOf = (turns: readonly Turn[], facts = CLAUDE) => wireOf({ turns, tools: [f] }, facts)['messages'];
/** What callers are told of: path, kind and impact. */
const told = (request: Partial<ModelRequest>, facts = CLAUDE): string[] => tell(encodeRequest(asking(request), facts).losses);
const tell = (losses: readonly Loss[]) =>
  losses.filter(({ impact }) => impact !== 'none').map(({ path, kind, impact }) => `${path} ${kind} ${impact}`);

test('leading system turns become system blocks, one each, after the instructions', () => {
  const wire = wireOf({
    instructions: [text('A')],
    turns: [system('B'), { role: 'developer', parts: [text('C'), text('D')] }, user('Hi')],
  });
  assert.deepEqual([wire['system'], wire['messages']], [blocks('A', 'B', 'C', 'D'), [{ role: 'user', content: blocks('Hi') }]]);
});

test('a later system turn keeps its place where the model and the place allow it', () => {
  assert.deepEqual(messagesOf([user('A'), system('B'), assistant('C'), user('D')]), [
    { role: 'user', content: blocks('A') },
    { role: 'system', content: blocks('B') },
    { role: 'assistant', content: blocks('C') },
    { role: 'user', content: blocks('D') },
  ]);
});

test('elsewhere it is a reminder in the user’s message, behind the tool results, and reported', () => {
  const turns = [user('A'), assistant(call('c1')), system('B'), user(result('c1')), user('C')];
  assert.deepEqual((messagesOf(turns) as object[]).slice(2), [
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'c1', content: blocks('ok') },
        ...blocks('<system-reminder>\nB\n</system-reminder>', 'C'),
      ],
    },
  ]);
  assert.deepEqual(told({ turns, tools: [f] }), ['turns[2] changed behavior']);
});

test('results of parallel calls make one user turn, results first', () => {
  const turns = [
    user('A'),
    assistant(call('c1'), call('c2'), call('c3')),
    user(result('c1')),
    user('hint', result('c2')),
    user(result('c3')),
  ];
  const { content } = (messagesOf(turns) as { content: { type: string; tool_use_id?: string }[] }[])[2]!;
  assert.deepEqual(
    content.map(({ type, tool_use_id }) => tool_use_id ?? type),
    ['c1', 'c2', 'c3', 'text'],
  );
});

test('text of a later turn goes before the calls it would stand behind', () => {
  const turns = [user('A'), assistant(call('c1')), assistant('late'), assistant(call('c2')), user(result('c1'), result('c2'))];
  const { content } = (messagesOf(turns) as { content: { type: string }[] }[])[1]!;
  assert.deepEqual(
    content.map(({ type }) => type),
    ['text', 'tool_use', 'tool_use'],
  );
});

test('empty text is left out; a user who says nothing is kept as a full stop; an empty answer leaves a border', () => {
  assert.deepEqual(messagesOf([user('A', ' '), assistant(''), user('B'), assistant('C'), user(''), assistant('D'), user('E')]), [
    { role: 'user', content: blocks('A') },
    { role: 'user', content: blocks('B') },
    { role: 'assistant', content: blocks('C') },
    { role: 'user', content: blocks('.') },
    { role: 'assistant', content: blocks('D') },
    { role: 'user', content: blocks('E') },
  ]);
});

test('a conversation begins with the user and, without prefill, ends with the user', () => {
  assert.deepEqual(messagesOf([assistant('A')]), [
    { role: 'user', content: blocks('Begin.') },
    { role: 'assistant', content: blocks('A') },
    { role: 'user', content: blocks('Continue.') },
  ]);
  assert.deepEqual(messagesOf([system('Only rules')]), [{ role: 'user', content: blocks('Begin.') }]);
  assert.deepEqual(messagesOf([user('A'), assistant('{ ')], OLD), [
    { role: 'user', content: blocks('A') },
    { role: 'assistant', content: blocks('{') },
  ]);
});

test('arguments become objects, and what is none is shown as it was', () => {
  const inputs = ['', '{"a":1}', '[1]', '{"a":'].map((args) => {
    const { messages } = wireOf({ turns: [user('A'), assistant(call('c', args)), user(result('c'))], tools: [f] });
    return (messages as unknown as { content: { input: unknown }[] }[])[1]!.content[0]!.input;
  });
  assert.deepEqual(inputs, [{}, { a: 1 }, { _invalid_arguments: '[1]' }, { _invalid_arguments: '{"a":' }]);
});

test('ids that Messages refuses are escaped alike in call and result, and ours come back as they were', () => {
  const ids = (id: string) => {
    const messages = messagesOf([user('A'), assistant(call(id)), user(result(id))]) as {
      content: { id?: string; tool_use_id?: string }[];
    }[];
    return [messages[1]!.content[0]!.id, messages[2]!.content[0]!.tool_use_id];
  };
  const escaped = `hg_${Buffer.from('call:1').toString('base64url')}`;
  assert.deepEqual(
    [ids('call:1'), ids(escaped), ids('toolu_1')],
    [
      [escaped, escaped],
      [escaped, escaped],
      ['toolu_1', 'toolu_1'],
    ],
  );
});

test('names with foreign letters are fitted in tools, history and choice, and told back', () => {
  const { wire, toolNames } = encodeRequest(
    asking({
      turns: [user('A'), assistant(call('c', '{}', 'files.read')), user(result('c'))],
      tools: [{ name: 'files.read', parameters: { type: 'object' } }],
      toolChoice: { mode: { tool: 'files.read' } },
    }),
    OLD,
  );
  const [fitted] = [...toolNames!.keys()] as [string];
  const { tools, tool_choice, messages } = wire as unknown as {
    tools: { name: string }[];
    tool_choice: object;
    messages: { content: { name: string }[] }[];
  };
  assert.match(fitted, /^files_read_[0-9a-f]{8}$/);
  assert.deepEqual([...toolNames!], [[fitted, 'files.read']]);
  assert.deepEqual([tools[0]!.name, tool_choice, messages[1]!.content[0]!.name], [fitted, { type: 'tool', name: fitted }, fitted]);
});

test('a custom tool is a function with one string, and its calls are wrapped', () => {
  const { wire, wrappedTools, losses } = encodeRequest(
    asking({
      turns: [user('A'), assistant({ type: 'toolCall', id: 'c', name: 'sh', arguments: 'ls "x"', custom: true }), user(result('c'))],
      tools: [{ name: 'sh', custom: { format: { type: 'grammar' } } }],
    }),
    CLAUDE,
  );
  const schema = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'], additionalProperties: false };
  assert.deepEqual(wire['tools'], [{ name: 'sh', input_schema: schema }]);
  assert.deepEqual((wire['messages'] as unknown as { content: { input: object }[] }[])[1]!.content[0]!.input, { input: 'ls "x"' });
  assert.deepEqual([[...wrappedTools!], tell(losses)], [['sh'], ['tools[0].custom.format dropped behavior']]);
});

const CHOICES: readonly [what: string, choice: ModelRequest['toolChoice'], facts: ModelFacts, wire: JsonObject | undefined][] = [
  ['parallel alone', { parallel: false }, OLD, { type: 'auto', disable_parallel_tool_use: true }],
  ['parallel as it is anyway', { parallel: true }, OLD, undefined],
  ['required and serial', { mode: 'required', parallel: false }, OLD, { type: 'any', disable_parallel_tool_use: true }],
  ['none', { mode: 'none', parallel: false }, OLD, { type: 'none' }],
  ['a forced call the model refuses', { mode: 'required' }, CLAUDE, { type: 'auto' }],
];
for (const [what, toolChoice, facts, wire] of CHOICES) {
  test(`tool choice: ${what}`, () => assert.deepEqual(wireOf({ tools: [f], toolChoice: toolChoice! }, facts)['tool_choice'], wire));
}

test('a forced call the model refuses is asked for in the system prompt, and reported', () => {
  const request = { tools: [f], toolChoice: { mode: { tool: 'f' } } };
  assert.deepEqual(wireOf(request)['system'], blocks('You must call the tool "f" in your next reply.'));
  assert.deepEqual(told(request), ['toolChoice.mode changed behavior']);
});

test('a choice without tools is not sent', () => {
  assert.equal(wireOf({ toolChoice: { mode: 'auto' } })['tool_choice'], undefined);
  assert.deepEqual(told({ toolChoice: { mode: 'required' } }), ['toolChoice dropped behavior']);
});

test('only the allowed tools are sent', () => {
  const request = { tools: [f, { ...f, name: 'g' }], toolChoice: { mode: 'auto' as const, allowed: ['g'] } };
  assert.deepEqual(
    [(wireOf(request)['tools'] as unknown as Tool[]).map(({ name }) => name), told(request)],
    [['g'], ['tools[0] dropped cost']],
  );
});

test('tools of the conversation are declared when the request has none', () => {
  const wire = wireOf({ turns: [user('A'), assistant(call('c')), user(result('c'))] });
  assert.deepEqual([wire['tools'], wire['tool_choice']], [[{ name: 'f', input_schema: { type: 'object' } }], { type: 'none' }]);
});

test('another vendor’s hosted tool refuses the request', () => {
  const tools = [{ name: 'web_search', extra: { 'openai-responses': { type: 'web_search' } } }, f];
  assert.deepEqual(told({ tools }), ['tools[0] dropped content']);
});

test('strict survives where its schema does', () => {
  const schema = { type: 'object', properties: { x: { type: 'string' } }, required: ['x'] };
  const tools = [
    { name: 'a', parameters: schema, strict: true },
    { name: 'b', parameters: { type: 'object', additionalProperties: { type: 'string' } }, strict: true },
  ];
  assert.deepEqual(wireOf({ tools })['tools'], [
    { name: 'a', input_schema: { ...schema, additionalProperties: false }, strict: true },
    { name: 'b', input_schema: tools[1]!.parameters },
  ]);
  assert.deepEqual(told({ tools }), ['tools[1].strict dropped behavior']);
});

const THINKING: readonly [
  what: string,
  reasoning: ModelRequest['reasoning'],
  facts: ModelFacts,
  thinking: unknown,
  config: unknown,
  lost: number,
][] = [
  ['effort goes by name', { effort: 'high' }, CLAUDE, undefined, { effort: 'high' }, 0],
  ['minimal becomes low', { effort: 'minimal' }, CLAUDE, undefined, { effort: 'low' }, 1],
  [
    'an effort the model lacks becomes the one below',
    { effort: 'xhigh' },
    { ...CLAUDE, efforts: ['low', 'high', 'max'] },
    undefined,
    { effort: 'high' },
    1,
  ],
  ['no effort where there are none', { effort: 'high' }, OLD, undefined, undefined, 1],
  ['none switches thinking off', { effort: 'none' }, OLD, { type: 'disabled' }, undefined, 0],
  ['none thinks between tools at most', { effort: 'none' }, CLAUDE, { type: 'between_tools' }, undefined, 1],
  [
    'none is little effort for those who always think',
    { effort: 'none' },
    { ...CLAUDE, thinking: ['adaptive'] },
    undefined,
    { effort: 'low' },
    1,
  ],
  ['a budget stays below the answer', { mode: 'budget', budgetTokens: 9000 }, OLD, { type: 'enabled', budget_tokens: 7999 }, undefined, 1],
  ['a budget has a least', { mode: 'budget', budgetTokens: 512 }, OLD, { type: 'enabled', budget_tokens: 1024 }, undefined, 1],
  ['a budget is an effort to newer models', { mode: 'budget', budgetTokens: 6000 }, CLAUDE, { type: 'adaptive' }, { effort: 'high' }, 1],
  ['a summary is shown', { effort: 'low', show: 'auto' }, CLAUDE, { type: 'adaptive', display: 'summarized' }, { effort: 'low' }, 0],
];
for (const [what, reasoning, facts, thinking, config, lost] of THINKING) {
  test(`reasoning: ${what}`, () => {
    const request = { reasoning: reasoning!, maxOutputTokens: 8000 };
    const wire = wireOf(request, facts);
    assert.deepEqual([wire['thinking'], wire['output_config'], told(request, facts).length], [thinking, config, lost]);
  });
}

test('an answer too short to think in is not thought about', () => {
  const request = { reasoning: { mode: 'budget' as const, budgetTokens: 2000 }, maxOutputTokens: 1000 };
  assert.deepEqual([wireOf(request, OLD)['thinking'], told(request, OLD)], [undefined, ['reasoning.budgetTokens dropped behavior']]);
});

test('only Anthropic’s own thoughts go back, where they were and as they were', () => {
  const own: Part = { type: 'reasoning', text: '', seal: { by: 'anthropic-messages', data: 'sig' } };
  const hidden: Part = { type: 'reasoning', text: '', seal: { by: 'anthropic-messages', data: 'blob', redacted: true } };
  const foreign: Part = { type: 'reasoning', text: 'hm', seal: { by: 'openai-responses', data: 'blob' } };
  const turns = [user('A'), assistant(own, hidden, foreign, { type: 'reasoning', text: 'bare' }, call('c')), user(result('c'))];
  assert.deepEqual((messagesOf(turns) as { content: object[] }[])[1]!.content.slice(0, 3), [
    { type: 'thinking', thinking: '', signature: 'sig' },
    { type: 'redacted_thinking', data: 'blob' },
    { type: 'tool_use', id: 'c', name: 'f', input: {} },
  ]);
  assert.deepEqual(told({ turns, tools: [f] }), ['turns[1].parts[2] dropped behavior', 'turns[1].parts[3] dropped behavior']);
});

test('a client that returns another vendor’s wrapped seal is understood', () => {
  const seal = { by: 'openai-responses' as const, data: 'encrypted' };
  const wire = {
    model: 'm',
    max_tokens: 9,
    messages: [{ role: 'assistant', content: [{ type: 'thinking', thinking: 'hm', signature: wrapSeal(seal) }] }],
  };
  assert.deepEqual(decodeRequest(wire).turns[0]?.parts, [{ type: 'reasoning', text: 'hm', seal }]);
});

test('thinking under a budget stops where the thoughts of the last call are lost', () => {
  const foreign: Part = { type: 'reasoning', text: 'hm', seal: { by: 'openai-responses', data: 'blob' } };
  const request = {
    turns: [user('A'), assistant(foreign, call('c')), user(result('c'))],
    tools: [f],
    reasoning: { mode: 'budget' as const, budgetTokens: 2000 },
    maxOutputTokens: 8000,
  };
  assert.deepEqual(
    [wireOf(request, OLD)['thinking'], told(request, OLD)],
    [undefined, ['turns[1].parts[0] dropped behavior', 'reasoning dropped behavior']],
  );
});

test('sampling is for old models, and chooses the old version of the API', () => {
  const request = asking({ sampling: { temperature: 1.4, topP: 0.5, stop: ['END', ' \n'] } });
  const old = encodeRequest(request, OLD);
  assert.deepEqual(
    [old.wire['temperature'], old.wire['top_p'], old.wire['stop_sequences'], old.headers],
    [1, undefined, ['END'], { 'anthropic-version': '2023-06-01' }],
  );
  const now = encodeRequest(request, CLAUDE);
  assert.deepEqual([now.wire['temperature'], now.headers], [undefined, { 'anthropic-version': '2026-10-21' }]);
  assert.deepEqual(told({ sampling: { temperature: 1, topP: 1 } }), []);
});

test('the length of the answer is capped, and unsaid it is what needs no stream', () => {
  assert.deepEqual(
    [wireOf({ maxOutputTokens: 200_000 })['max_tokens'], told({ maxOutputTokens: 200_000 })],
    [128_000, ['maxOutputTokens changed behavior']],
  );
  const { maxOutputTokens: _, ...unsaid } = asking({});
  const sent = (facts: ModelFacts) => encodeRequest(unsaid, facts).wire['max_tokens'];
  const { outputTokensMax: __, ...unknown } = CLAUDE;
  assert.deepEqual([sent(CLAUDE), sent({ ...CLAUDE, outputTokensMax: 4096 }), sent(unknown)], [21_333, 4096, 8192]);
});

test('a schema is held to where it can be, else asked for', () => {
  const schema = { type: 'object', properties: { x: { type: 'string' } }, required: ['x'], additionalProperties: false };
  const output = { type: 'schema' as const, schema, name: 'x', strict: true };
  assert.deepEqual(wireOf({ output })['output_config'], { format: { type: 'json_schema', schema } });
  assert.deepEqual(told({ output }), []);
  const wire = wireOf({ output }, { ...CLAUDE, structuredOutput: false });
  assert.equal(wire['output_config'], undefined);
  assert.match(JSON.stringify(wire['system']), /fits this schema/);
  assert.deepEqual(told({ output: { type: 'json' } }), ['output changed behavior']);
});

const MEDIA: readonly [what: string, part: Part, block: object | undefined][] = [
  [
    'a jpg is a jpeg',
    { type: 'media', mediaType: 'image/jpg', source: { base64: 'AA\nBB' } },
    { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'AABB' } },
  ],
  [
    'an image is what its bytes say',
    { type: 'media', mediaType: 'image/png', source: { base64: '/9j/4AAQ' } },
    { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: '/9j/4AAQ' } },
  ],
  [
    'an image by address',
    { type: 'media', mediaType: 'image/*', source: { url: 'https://a.example' } },
    { type: 'image', source: { type: 'url', url: 'https://a.example' } },
  ],
  [
    'a text file is a text document',
    { type: 'media', mediaType: 'text/markdown; charset=utf-8', source: { base64: Buffer.from('# é').toString('base64') }, name: 'a.md' },
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: '# é' }, title: 'a.md' },
  ],
  [
    'a nameless PDF is known by its bytes',
    { type: 'media', mediaType: 'application/octet-stream', source: { base64: 'JVBERi0x' } },
    { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0x' } },
  ],
  ['no TIFF', { type: 'media', mediaType: 'image/tiff', source: { base64: 'AAAA' } }, undefined],
  ['no audio', { type: 'media', mediaType: 'audio/wav', source: { base64: 'AAAA' } }, undefined],
  ['no spreadsheet', { type: 'media', mediaType: 'application/vnd.ms-excel', source: { base64: 'AAAA' } }, undefined],
  ['no file of another vendor', { type: 'media', mediaType: '*/*', source: { fileId: 'file-1', dialect: 'openai-chat' } }, undefined],
];
for (const [what, part, block] of MEDIA) {
  test(`media: ${what}`, () => {
    const turns = [user('Look', part)];
    const [message] = messagesOf(turns) as { content: object[] }[];
    assert.deepEqual([message!.content[1], told({ turns })], [block, block ? [] : ['turns[0].parts[1] dropped content']]);
  });
}

test('four cache marks stay: the last before the conversation and the latest in it', () => {
  const cache = { ttlMinutes: 30 };
  const turns = ['A', 'B', 'C', 'D'].map((words) => user({ type: 'text', text: words, cache }));
  const request = { tools: [{ ...f, cache }], instructions: [{ ...text('S'), cache }], turns };
  const wire = wireOf(request) as unknown as { tools: object[]; system: object[]; messages: { content: object[] }[] };
  const marked = (block: object) => 'cache_control' in block;
  assert.deepEqual(
    [wire.tools.map(marked), wire.system.map(marked), wire.messages[0]!.content.map(marked)],
    [[false], [true], [false, true, true, true]],
  );
  assert.deepEqual((wire.system[0] as { cache_control: object }).cache_control, { type: 'ephemeral', ttl: '1h' });
  assert.deepEqual(told(request).slice(-2), ['tools[0].cache dropped cost', 'turns[0].parts[0].cache dropped cost']);
});

test('settings: who asks is one id; tiers and the rest are told', () => {
  const settings = { safetyId: 's', user: 'u', tier: 'default', cacheKey: 'k', store: false, verbosity: 'low' };
  const wire = wireOf({ settings });
  assert.deepEqual([wire['metadata'], wire['service_tier']], [{ user_id: 's' }, 'standard_only']);
  assert.deepEqual(told({ settings }), ['settings.verbosity dropped behavior', 'settings.cacheKey dropped cost']);
  assert.deepEqual(told({ settings: { tier: 'flex' } }), ['settings.tier dropped cost']);
});

test('the same request gives the same bytes', () => {
  const request = asking({ turns: [user('A'), assistant(call('c:1', '{"b":1,"a":2}', 'x.y')), user(result('c:1'))], tools: [f] });
  const bytes = () => JSON.stringify(encodeRequest(structuredClone(request), CLAUDE).wire);
  assert.equal(bytes(), bytes());
});

const REFUSED: readonly [what: string, wire: JsonObject, param: string, message: string][] = [
  ['a model of no name', { messages: [] }, 'model', 'model must be a string, got nothing'],
  [
    'a tool message',
    { model: 'm', messages: [{ role: 'tool', content: 'x' }] },
    'messages[0].role',
    'messages[0].role must be "user" or "assistant" or "system", got "tool"',
  ],
  [
    'content of a number',
    { model: 'm', messages: [{ role: 'user', content: 3 }] },
    'messages[0].content',
    'messages[0].content must be a string or a list of content blocks, got 3',
  ],
  [
    'a call without a name',
    { model: 'm', messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'a', input: {} }] }] },
    'messages[0].content[0].name',
    'messages[0].content[0].name must be a string, got nothing',
  ],
  [
    'a tool without a schema',
    { model: 'm', messages: [], tools: [{ name: 'f' }] },
    'tools[0].input_schema',
    'tools[0].input_schema must be an object, got nothing',
  ],
];
for (const [what, wire, param, message] of REFUSED) {
  test(`${what} is refused where it stands`, () => {
    assert.throws(() => decodeRequest(wire), { failure: { kind: 'invalid', message, param } });
  });
}

test('a search result is words to others and itself to Messages', () => {
  const block = {
    type: 'search_result',
    source: 'https://a.example',
    title: 'A page',
    content: [{ type: 'text', text: 'Found.' }],
    citations: { enabled: true },
  };
  const request = decodeRequest({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: [block] }] });
  const [part] = request.turns[0]!.parts;
  assert.equal(part?.type === 'text' && part.text, 'A page\nhttps://a.example\n\nFound.');
  const { messages } = encodeRequest(request, CLAUDE).wire as { messages: { content: unknown[] }[] };
  assert.deepEqual(messages[0]!.content, [block]);
});
