import assert from 'node:assert/strict';
import test from 'node:test';
import type { ModelFacts } from '../../../model/facts.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { Part } from '../../../model/part.ts';
import type { ModelRequest } from '../../../model/request.ts';
import { fitId, OPENAI_ID } from '../../ids.ts';
import { encodeRequest } from './encode.ts';

const FACTS: ModelFacts = {
  vendor: 'openai',
  outputTokensMax: 128_000,
  reasons: true,
  efforts: ['none', 'low', 'medium', 'high', 'xhigh'],
  effortDefault: 'medium',
  thinking: [],
  sampling: 'effortNone',
  stop: false,
  forcedToolChoice: true,
  toolsOnChat: 'no',
  chat: true,
  prefill: true,
  systemTurns: true,
  structuredOutput: true,
  cacheMarks: true,
};

/** A question from a client of another dialect. */
const QUESTION: ModelRequest = { model: 'gpt-6-sol', turns: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }], stream: false };
const HI: JsonObject = { type: 'message', role: 'user', content: 'Hi' };
const USUAL: JsonObject = { store: false, include: ['reasoning.encrypted_content'] };

function encoded(more: Partial<ModelRequest>, facts: Partial<ModelFacts> = {}) {
  const { wire, losses } = encodeRequest({ ...QUESTION, ...more }, { ...FACTS, ...facts });
  return { wire, losses: losses.map(({ path, kind, impact }) => `${path} ${kind} ${impact}`) };
}

/** The items a conversation becomes, without what surrounds them. */
const itemsOf = (role: 'user' | 'assistant', ...parts: Part[]) => {
  const { wire, losses } = encoded({ turns: [{ role, parts }] });
  return { items: wire['input'], losses };
};

test('what is asked from elsewhere is not stored, and thoughts are asked for so that they can come back', () => {
  assert.deepEqual(encoded({ stream: true }), { wire: { model: 'gpt-6-sol', input: [HI], ...USUAL, stream: true }, losses: [] });
  assert.deepEqual(encoded({ settings: { store: true } }, { reasons: false }).wire, { model: 'gpt-6-sol', input: [HI], store: true });
});

test('an assistant’s turn becomes items in the order it was spoken, without ids of their own', () => {
  assert.deepEqual(
    itemsOf(
      'assistant',
      { type: 'reasoning', text: 'Hm.', seal: { by: 'openai-responses', data: 'gAAA' } },
      { type: 'text', text: 'Let me look.' },
      { type: 'toolCall', id: 'call_1', name: 'look', arguments: '{"a":1.0}' },
      { type: 'text', text: 'And here.' },
      { type: 'toolCall', id: 'call_2', name: 'sql', arguments: 'select 1', custom: true },
    ),
    {
      items: [
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 'gAAA' },
        { type: 'message', role: 'assistant', content: 'Let me look.' },
        { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{"a":1.0}' },
        { type: 'message', role: 'assistant', content: 'And here.' },
        { type: 'custom_tool_call', call_id: 'call_2', name: 'sql', input: 'select 1' },
      ],
      losses: [],
    },
  );
});

test('texts of one turn from elsewhere are messages of their own, strings all of them', () => {
  assert.deepEqual(itemsOf('assistant', { type: 'text', text: 'a' }, { type: 'text', text: 'b' }).items, [
    { type: 'message', role: 'assistant', content: 'a' },
    { type: 'message', role: 'assistant', content: 'b' },
  ]);
});

test('refusals and citations from elsewhere are words: their own forms are for items of the API’s', () => {
  const citations = [{ type: 'url' as const, url: 'https://example.org/a' }];
  assert.deepEqual(itemsOf('assistant', { type: 'refusal', text: 'No.' }, { type: 'text', text: 'See a.', citations }), {
    items: [
      { type: 'message', role: 'assistant', content: 'No.' },
      { type: 'message', role: 'assistant', content: 'See a.' },
    ],
    losses: ['turns[0].parts[0] changed none', 'turns[0].parts[1].citations dropped behavior'],
  });
});

test('parts of an answer that go back keep the messages they came in', () => {
  const said = (text: string, id: string): Part => ({ type: 'text', text, extra: { 'openai-responses': { id, phase: 'commentary' } } });
  assert.deepEqual(itemsOf('assistant', said('a', 'msg_1'), said('b', 'msg_1'), said('c', 'msg_2')).items, [
    {
      type: 'message',
      role: 'assistant',
      id: 'msg_1',
      phase: 'commentary',
      content: [
        { type: 'output_text', text: 'a' },
        { type: 'output_text', text: 'b' },
      ],
    },
    { type: 'message', role: 'assistant', id: 'msg_2', phase: 'commentary', content: [{ type: 'output_text', text: 'c' }] },
  ]);
});

test('a thought that only another vendor can open, or none, is left out', () => {
  assert.deepEqual(
    itemsOf(
      'assistant',
      { type: 'reasoning', text: 'a', seal: { by: 'anthropic-messages', data: 'EqQB' } },
      { type: 'reasoning', text: 'b' },
    ),
    { items: [], losses: ['turns[0].parts[0] dropped behavior', 'turns[0].parts[1] dropped behavior'] },
  );
});

test('pictures and files in a tool’s result stay in it; a failure is told in words', () => {
  assert.deepEqual(
    itemsOf('user', {
      type: 'toolResult',
      callId: 'toolu_1',
      isError: true,
      content: [
        { type: 'text', text: 'no such city' },
        { type: 'media', mediaType: 'image/png', source: { base64: 'iVBO' } },
        { type: 'media', mediaType: 'application/pdf', source: { url: 'https://example.org/a.pdf' } },
      ],
    }),
    {
      items: [
        {
          type: 'function_call_output',
          call_id: 'toolu_1',
          output: [
            { type: 'input_text', text: 'Error: no such city' },
            { type: 'input_image', image_url: 'data:image/png;base64,iVBO', detail: 'auto' },
            { type: 'input_file', file_url: 'https://example.org/a.pdf' },
          ],
        },
      ],
      losses: ['turns[0].parts[0].isError changed behavior'],
    },
  );
});

test('results of custom tools are known by their calls, since other dialects do not say', () => {
  const { wire } = encoded({
    turns: [
      { role: 'assistant', parts: [{ type: 'toolCall', id: 'c1', name: 'sql', arguments: 'select 1', custom: true }] },
      { role: 'user', parts: [{ type: 'toolResult', callId: 'c1', content: [] }] },
    ],
  });
  assert.deepEqual((wire['input'] as JsonObject[])[1], { type: 'custom_tool_call_output', call_id: 'c1', output: '' });
});

test('call ids too long for OpenAI are fitted the same way in call and result', () => {
  const id = `call_${'x'.repeat(100)}`;
  const { wire } = encoded({
    turns: [
      { role: 'assistant', parts: [{ type: 'toolCall', id, name: 'f', arguments: '{}' }] },
      { role: 'user', parts: [{ type: 'toolResult', callId: id, content: [{ type: 'text', text: '1' }] }] },
    ],
  });
  const ids = (wire['input'] as JsonObject[]).map(({ call_id }) => call_id);
  assert.deepEqual(ids, [fitId(id, OPENAI_ID), fitId(id, OPENAI_ID)]);
});

test('tools from elsewhere say that they are not strict, and have parameters', () => {
  const { wire, losses } = encoded({
    tools: [
      { name: 'f', parameters: { type: 'object' } },
      { name: 'g', strict: true },
      { name: 'c', custom: { format: { type: 'text' } } },
      { name: 'web_search', extra: { 'anthropic-messages': { type: 'web_search_20260318' } } },
    ],
  });
  assert.deepEqual(wire['tools'], [
    { type: 'function', name: 'f', parameters: { type: 'object' }, strict: false },
    { type: 'function', name: 'g', parameters: { type: 'object', properties: {} }, strict: true },
    { type: 'custom', name: 'c', format: { type: 'text' } },
  ]);
  assert.deepEqual(losses, ['tools[3] dropped content']);
});

test('names that OpenAI refuses are changed everywhere, and the change is handed back', () => {
  const name = 'mcp.files/read';
  const { wire, toolNames } = encodeRequest(
    {
      ...QUESTION,
      turns: [...QUESTION.turns, { role: 'assistant', parts: [{ type: 'toolCall', id: 'c', name, arguments: '{}' }] }],
      tools: [{ name }],
      toolChoice: { mode: { tool: name } },
    },
    FACTS,
  );
  const [sent] = [...toolNames!.keys()];
  assert.deepEqual([...toolNames!], [[sent, name]]);
  assert.match(sent!, /^mcp_files_read_[0-9a-f]{8}$/);
  assert.deepEqual(
    [(wire['tools'] as JsonObject[])[0]!['name'], (wire['input'] as JsonObject[])[1]!['name'], (wire['tool_choice'] as JsonObject)['name']],
    [sent, sent, sent],
  );
});

test('choices are flat, know custom tools, and need something to choose from', () => {
  const tools = [{ name: 'f' }, { name: 'c', custom: {} }];
  const choiceOf = (toolChoice: ModelRequest['toolChoice'], facts?: Partial<ModelFacts>) => {
    const { wire, losses } = encoded({ tools, ...(toolChoice && { toolChoice }) }, facts);
    return [wire['tool_choice'], wire['parallel_tool_calls'], ...losses];
  };
  assert.deepEqual(choiceOf({ mode: 'required', parallel: false }), ['required', false]);
  assert.deepEqual(choiceOf({ mode: { tool: 'c' } }), [{ type: 'custom', name: 'c' }, undefined]);
  assert.deepEqual(choiceOf({ mode: 'required', allowed: ['f', 'c'] }), [
    {
      type: 'allowed_tools',
      mode: 'required',
      tools: [
        { type: 'function', name: 'f' },
        { type: 'custom', name: 'c' },
      ],
    },
    undefined,
  ]);
  assert.deepEqual(choiceOf({ mode: { tool: 'f' } }, { forcedToolChoice: false }), [
    { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] },
    undefined,
    'toolChoice.mode changed behavior',
  ]);
  assert.deepEqual(encoded({ toolChoice: { mode: 'auto', parallel: true } }), {
    wire: { model: 'gpt-6-sol', input: [HI], ...USUAL },
    losses: ['toolChoice dropped none'],
  });
});

test('instructions are a string while they are plain, and a developer’s message when they carry marks', () => {
  const plain = encoded({
    instructions: [
      { type: 'text', text: 'One.' },
      { type: 'text', text: 'Two.' },
    ],
  });
  assert.deepEqual([plain.wire['instructions'], plain.wire['input']], ['One.\n\nTwo.', [HI]]);
  const marked = encoded({
    instructions: [
      { type: 'text', text: 'One.', cache: { ttlMinutes: 60 } },
      { type: 'text', text: 'Two.' },
    ],
  });
  assert.deepEqual(marked.wire['input'], [
    {
      type: 'message',
      role: 'developer',
      content: [
        { type: 'input_text', text: 'One.', prompt_cache_breakpoint: { mode: 'explicit', ttl: '30m' } },
        { type: 'input_text', text: 'Two.' },
      ],
    },
    HI,
  ]);
  assert.deepEqual(marked.losses, ['instructions[0].cache.ttlMinutes changed cost']);
});

test('cache marks need a model that takes them and a part that can hold them', () => {
  const marked: ModelRequest['turns'] = [
    { role: 'user', parts: [{ type: 'text', text: 'Hi', cache: {} }] },
    { role: 'assistant', parts: [{ type: 'text', text: 'Yes', cache: {} }] },
    { role: 'user', parts: [{ type: 'toolResult', callId: 'c', content: [{ type: 'text', text: '1' }], cache: { ttlMinutes: 720 } }] },
  ];
  const { wire, losses } = encoded({ turns: marked });
  assert.deepEqual(wire['input'], [
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi', prompt_cache_breakpoint: { mode: 'explicit' } }] },
    { type: 'message', role: 'assistant', content: 'Yes' },
    {
      type: 'function_call_output',
      call_id: 'c',
      output: [{ type: 'input_text', text: '1', prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } }],
    },
  ]);
  assert.deepEqual(losses, ['turns[1].parts[0].cache dropped cost']);
  assert.equal(encoded({ turns: marked }, { cacheMarks: false }).losses.length, 3);
});

test('efforts are brought to what the model takes', () => {
  const effortOf = (reasoning: ModelRequest['reasoning'], facts?: Partial<ModelFacts>, maxOutputTokens = 10_000) => {
    const { wire, losses } = encoded({ maxOutputTokens, ...(reasoning && { reasoning }) }, facts);
    return [wire['reasoning'], ...losses];
  };
  assert.deepEqual(effortOf({ effort: 'high', show: 'summarized' }), [{ effort: 'high', summary: 'auto' }]);
  assert.deepEqual(effortOf({ effort: 'max' }), [{ effort: 'xhigh' }, 'reasoning.effort changed behavior']);
  // Who asked for some reasoning is not given none.
  assert.deepEqual(effortOf({ effort: 'minimal' }), [{ effort: 'low' }, 'reasoning.effort changed behavior']);
  assert.deepEqual(effortOf({ effort: 'minimal' }, { efforts: ['low', 'high'] }), [{ effort: 'low' }, 'reasoning.effort changed behavior']);
  assert.deepEqual(effortOf({ mode: 'off' }), [{ effort: 'none' }]);
  assert.deepEqual(effortOf({ mode: 'off' }, { efforts: ['low', 'high'] }), [{ effort: 'low' }, 'reasoning.mode changed behavior']);
  assert.deepEqual(effortOf({ mode: 'budget', budgetTokens: 2_000 }), [{ effort: 'low' }, 'reasoning.budgetTokens changed behavior']);
  assert.deepEqual(effortOf({ mode: 'budget', budgetTokens: 8_000 }), [{ effort: 'high' }, 'reasoning.budgetTokens changed behavior']);
  assert.deepEqual(effortOf({ mode: 'adaptive', show: 'omitted' }), [undefined, 'reasoning.mode dropped none']);
  assert.deepEqual(effortOf({ effort: 'low' }, { reasons: false, efforts: [] }), [undefined, 'reasoning.effort dropped behavior']);
});

test('sampling goes only to models that let it be changed', () => {
  const sampling = { temperature: 0.2, topP: 1, topK: 5, stop: ['END'] };
  const lost = ['sampling.topK dropped behavior', 'sampling.stop dropped behavior'];
  assert.deepEqual(encoded({ sampling }).losses, [...lost, 'sampling.temperature dropped behavior', 'sampling.topP dropped none']);
  const { wire, losses } = encoded({ sampling, reasoning: { effort: 'none' } });
  assert.deepEqual([wire['temperature'], wire['top_p'], losses], [0.2, 1, lost]);
});

test('lengths stay within what OpenAI takes, and none at all warms the cache', () => {
  const lengthOf = (maxOutputTokens: number) => {
    const { wire, losses } = encoded({ maxOutputTokens });
    return [wire['max_output_tokens'], ...losses];
  };
  assert.deepEqual(lengthOf(1), [16, 'maxOutputTokens changed behavior']);
  assert.deepEqual(lengthOf(1_000_000), [128_000, 'maxOutputTokens changed behavior']);
  assert.deepEqual(encoded({ maxOutputTokens: 0 }).wire['prompt_cache_options'], { prewarm: true });
});

test('a schema is flat, has a name, and says that it is not strict', () => {
  const schema = { type: 'object', properties: {} };
  assert.deepEqual(encoded({ output: { type: 'schema', schema } }).wire['text'], {
    format: { type: 'json_schema', name: 'output', schema, strict: false },
  });
});

test('JSON without a schema is asked for in words when nobody has', () => {
  const output = { type: 'json' } as const;
  const { wire, losses } = encoded({ output });
  assert.deepEqual(wire['input'], [{ type: 'message', role: 'developer', content: 'Answer in JSON.' }, HI]);
  assert.deepEqual(losses, ['output changed behavior']);
  const told = encoded({ output, instructions: [{ type: 'text', text: 'Speak JSON.' }] });
  assert.deepEqual(told.wire['input'], [{ type: 'message', role: 'developer', content: 'Speak JSON.' }, HI]);
});

test('what only Chat can say is lost as badly as it is missed', () => {
  const { wire, losses } = encoded({
    extra: {
      'openai-chat': {
        n: 3,
        seed: 7,
        logit_bias: { 5: 1 },
        presence_penalty: 0,
        stream_options: {},
        moderation: { model: 'm' },
        audio: {},
      },
    },
  });
  assert.deepEqual(wire['moderation'], { model: 'm' });
  assert.deepEqual(losses, [
    'extra.openai-chat.n dropped content',
    'extra.openai-chat.seed dropped behavior',
    'extra.openai-chat.logit_bias dropped behavior',
    'extra.openai-chat.presence_penalty dropped none',
    'extra.openai-chat.stream_options dropped none',
    'extra.openai-chat.audio dropped content',
  ]);
});

test('sounds, foreign files and foreign blocks are content that cannot be said', () => {
  assert.deepEqual(
    itemsOf(
      'user',
      { type: 'media', mediaType: 'audio/wav', source: { base64: 'UklG' } },
      { type: 'media', mediaType: 'image/*', source: { fileId: 'file_1', dialect: 'anthropic-messages' } },
      { type: 'media', mediaType: 'text/plain', source: { text: 'Body' }, name: 'Title' },
      { type: 'opaque', dialect: 'anthropic-messages', wire: { type: 'search_result' } },
    ),
    {
      items: [{ type: 'message', role: 'user', content: 'Title\n\nBody' }],
      losses: [
        'turns[0].parts[0] dropped content',
        'turns[0].parts[1] dropped content',
        'turns[0].parts[2].name changed behavior',
        'turns[0].parts[3] dropped content',
      ],
    },
  );
});

test('the system’s turns stay where they are, as the developer’s for models that reason', () => {
  const turns: ModelRequest['turns'] = [...QUESTION.turns, { role: 'system', parts: [{ type: 'text', text: 'Now French.' }] }];
  assert.deepEqual(encoded({ turns }).wire['input'], [HI, { type: 'message', role: 'developer', content: 'Now French.' }]);
  assert.deepEqual(encoded({ turns }, { vendor: 'other' }).wire['input'], [
    HI,
    { type: 'message', role: 'system', content: 'Now French.' },
  ]);
});

test('what Messages says about a document is told in words before it', () => {
  const about = (context: string, more: Partial<Part & { type: 'media' }>): Part => ({
    type: 'media',
    mediaType: 'application/pdf',
    source: { base64: 'JVBE' },
    name: 'Paper',
    extra: { 'anthropic-messages': { context } },
    ...more,
  });
  const said = [
    { type: 'input_text', text: 'Paper\nFrom 1999' },
    { type: 'input_file', filename: 'Paper', file_data: 'data:application/pdf;base64,JVBE' },
    { type: 'input_text', text: 'Paper\nA note\n\nBody' },
  ];
  const parts = [about('From 1999', {}), about('A note', { mediaType: 'text/plain', source: { text: 'Body' } })];
  assert.deepEqual(itemsOf('user', ...parts), {
    items: [{ type: 'message', role: 'user', content: said }],
    losses: [
      'turns[0].parts[0].extra.anthropic-messages.context changed behavior',
      'turns[0].parts[1].extra.anthropic-messages.context changed behavior',
      'turns[0].parts[1].name changed behavior',
    ],
  });
  const { items } = itemsOf('user', { type: 'toolResult', callId: 'c', content: parts });
  assert.deepEqual((items as JsonObject[])[0]!['output'], said);
});

test('a model that takes no cache marks is told no cache options either', () => {
  const { wire, losses } = encoded({ settings: { cacheOptions: { mode: 'explicit' } } }, { cacheMarks: false });
  assert.deepEqual([wire['prompt_cache_options'], losses], [undefined, ['settings.cacheOptions dropped cost']]);
});
