import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { after, type TestContext } from 'node:test';
import type OpenAI from 'openai';
import type { JsonObject } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';
import { startGateway } from './gateway.ts';
import { anthropicAt, openaiAt, TALKS } from './talks.ts';

const { url, simulator } = await startGateway({ after } as Pick<TestContext, 'after'>, [], {
  models: { forgiving: { targets: ['claude/claude-sonnet-5'], repair: true } },
});
const CALLERS = Object.keys(TALKS) as DialectName[];
const lastBody = () => simulator.requests.at(-1)!.body as JsonObject;
const tools = [{ name: 'weather' }, { name: 'clock' }];

/** One choice in each caller's words, what each target is sent for it, and which tools the answer then calls. */
interface Choice {
  readonly name: string;
  readonly chat: JsonObject;
  readonly responses: JsonObject;
  /** Absent: Messages cannot say it. */
  readonly messages?: JsonObject;
  readonly calls: readonly string[];
}
const three = ['weather', 'weather', 'weather'];
const fn = (name: string) => ({ type: 'function', function: { name } });
const flat = (name: string) => ({ type: 'function', name });
const CHOICES: readonly Choice[] = [
  {
    name: 'auto',
    chat: { tool_choice: 'auto' },
    responses: { tool_choice: 'auto' },
    messages: { tool_choice: { type: 'auto' } },
    calls: three,
  },
  {
    name: 'none',
    chat: { tool_choice: 'none' },
    responses: { tool_choice: 'none' },
    messages: { tool_choice: { type: 'none' } },
    calls: [],
  },
  {
    name: 'required',
    chat: { tool_choice: 'required' },
    responses: { tool_choice: 'required' },
    messages: { tool_choice: { type: 'any' } },
    calls: three,
  },
  {
    name: 'one tool',
    chat: { tool_choice: fn('clock') },
    responses: { tool_choice: flat('clock') },
    messages: { tool_choice: { type: 'tool', name: 'clock' } },
    calls: ['clock', 'clock', 'clock'],
  },
  {
    name: 'one call at most',
    chat: { parallel_tool_calls: false },
    responses: { parallel_tool_calls: false },
    messages: { tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
    calls: ['weather'],
  },
  {
    name: 'several calls allowed',
    chat: { parallel_tool_calls: true },
    responses: { parallel_tool_calls: true },
    messages: { tool_choice: { type: 'auto', disable_parallel_tool_use: false } },
    calls: three,
  },
  {
    name: 'exactly one call',
    chat: { tool_choice: 'required', parallel_tool_calls: false },
    responses: { tool_choice: 'required', parallel_tool_calls: false },
    messages: { tool_choice: { type: 'any', disable_parallel_tool_use: true } },
    calls: ['weather'],
  },
  {
    name: 'one tool, once',
    chat: { tool_choice: fn('clock'), parallel_tool_calls: false },
    responses: { tool_choice: flat('clock'), parallel_tool_calls: false },
    messages: { tool_choice: { type: 'tool', name: 'clock', disable_parallel_tool_use: true } },
    calls: ['clock'],
  },
  {
    name: 'a subset',
    chat: { tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [fn('clock')] } } },
    responses: { tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [flat('clock')] } },
    calls: [],
  },
  {
    name: 'some tool of a subset',
    chat: { tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [fn('clock')] } } },
    responses: { tool_choice: { type: 'allowed_tools', mode: 'required', tools: [flat('clock')] } },
    calls: ['clock', 'clock', 'clock'],
  },
];
const inWordsOf = (choice: Choice, dialect: DialectName) =>
  ({ 'openai-chat': choice.chat, 'openai-responses': choice.responses, 'anthropic-messages': choice.messages })[dialect];

/** What a request says of tools. */
const choiceSent = () => {
  const { tool_choice, parallel_tool_calls, tools: sent } = lastBody();
  const names = (sent as { name?: string; function?: { name: string } }[]).map((tool) => tool.function?.name ?? tool.name);
  return {
    names,
    said: { ...(tool_choice !== undefined && { tool_choice }), ...(parallel_tool_calls !== undefined && { parallel_tool_calls }) },
  };
};

const TARGETS: Readonly<Record<DialectName, string>> = {
  'openai-chat': 'chat/gpt-4.1',
  'openai-responses': 'responses/gpt-6-sol',
  'anthropic-messages': 'claude/claude-sonnet-5',
};

for (const caller of CALLERS) {
  for (const [dialect, model] of Object.entries(TARGETS) as [DialectName, string][]) {
    for (const choice of CHOICES) {
      const more = inWordsOf(choice, caller);
      if (!more) continue;
      test(`${caller} → ${dialect}: tool choice "${choice.name}" is said and kept`, async () => {
        const talk = TALKS[caller](url, { tools });
        talk.say('The weather in Oslo, Rome and Lima?');
        const { calls, losses } = await talk.ask(model, more);
        const { names, said } = choiceSent();
        const subset = choice.name.includes('subset') && dialect === 'anthropic-messages';
        // Messages has no word for a subset: it is all there is, which costs the cache.
        assert.deepEqual(names, subset ? ['clock'] : ['weather', 'clock']);
        assert.deepEqual(
          losses.map(({ impact }) => impact),
          subset ? ['cost'] : [],
        );
        // Several at once is what Messages does unless told otherwise.
        const unsaid = choice.name === 'several calls allowed' && dialect === 'anthropic-messages' && caller !== dialect;
        // Messages cannot say how many without saying `auto`.
        const auto = caller === 'anthropic-messages' && choice.name.includes('call') && { tool_choice: 'auto' };
        if (!subset) assert.deepEqual(said, unsaid ? {} : { ...auto, ...inWordsOf(choice, dialect) });
        assert.deepEqual(
          calls.map(({ name }) => name),
          choice.calls,
        );
      });
    }
  }
}

for (const caller of CALLERS) {
  for (const choice of CHOICES.filter(({ name }) => ['required', 'one tool', 'exactly one call', 'some tool of a subset'].includes(name))) {
    const more = inWordsOf(choice, caller);
    if (caller === 'anthropic-messages' || !more) continue;
    test(`${caller} → a Claude that cannot be forced: "${choice.name}" is asked in words, and reported`, async () => {
      const talk = TALKS[caller](url, { tools });
      talk.say('The weather in Oslo, Rome and Lima?');
      const { calls, losses } = await talk.ask('claude/claude-opus-5-5', more);
      const { tool_choice: sent, system } = lastBody() as { tool_choice: { type: string }; system: { text: string }[] };
      assert.equal(sent.type, 'auto');
      assert.match(system.at(-1)!.text, /^You must call/);
      assert.ok(losses.some(({ path, impact }) => path === 'toolChoice.mode' && impact === 'behavior'));
      if (choice.name === 'required') assert.equal(calls.length, 3);
    });
  }
}

test('a Messages caller that forces a model which cannot be forced gets the vendor’s own 400', async () => {
  const talk = TALKS['anthropic-messages'](url, { tools });
  talk.say('The weather?');
  await assert.rejects(talk.ask('claude/claude-opus-5-5', { tool_choice: { type: 'any' } }), /400.*not supported for this model/);
});

for (const [dialect, model] of Object.entries(TARGETS)) {
  for (const stream of [false, true]) {
    test(`a Messages caller’s failed call → ${dialect}${stream ? ', streamed' : ''}: the model is told that it failed`, async () => {
      const talk = TALKS['anthropic-messages'](url, { tools, stream });
      talk.say('The weather in Oslo?');
      const { calls } = await talk.ask(model);
      talk.give([{ id: calls[0]!.id, text: 'no network', isError: true }]);
      const { losses } = await talk.ask(model);
      const body = JSON.stringify(lastBody());
      const told = {
        'openai-chat': '{\\"error\\":\\"no network\\"}',
        'openai-responses': 'Error: no network',
        'anthropic-messages': '"is_error":true',
      }[dialect]!;
      assert.ok(body.includes(told), body);
      assert.equal(losses.filter(({ path }) => path.endsWith('isError')).length, dialect === 'anthropic-messages' ? 0 : 1);
    });
  }
}

/** Free text that is hard to carry inside JSON. */
const CODE = 'print("a\\tb")\n# Grüße 🌊 {"input": "x"} \\u0041\r\n\tif a < b: return \'c\'\\';

for (const caller of ['openai-chat', 'openai-responses'] as const) {
  for (const [dialect, model] of [...Object.entries(TARGETS), ['anthropic-messages', 'claude/claude-opus-5-5'] as const]) {
    for (const stream of [false, true]) {
      test(`${caller} → ${model}${stream ? ', streamed' : ''}: a tool of free text is called with the text itself, twice`, async () => {
        simulator.script([
          { when: { contains: 'it printed a' }, reply: { text: 'It ran.' } },
          {
            reply: {
              reasoning: 'Code.',
              toolCalls: [{ name: 'run', arguments: dialect === 'anthropic-messages' ? { input: CODE } : CODE }],
            },
          },
        ]);
        const custom = { name: 'run', description: 'Runs code.' };
        const done = caller === 'openai-chat' ? await customChat(model, custom, stream) : await customResponses(model, custom, stream);
        simulator.script([]);
        assert.deepEqual(done, { input: CODE, text: 'It ran.' });
        const sent = JSON.stringify(lastBody());
        assert.ok(sent.includes(JSON.stringify(CODE).slice(1, -1)), sent);
        assert.equal(simulator.requests.at(-1)!.status, 200);
      });
    }
  }
}

async function customChat(model: string, custom: { name: string; description: string }, stream: boolean) {
  const { chat } = openaiAt(url);
  const body = { model, tools: [{ type: 'custom' as const, custom }] };
  const question: OpenAI.ChatCompletionMessageParam = { role: 'user', content: 'Run it.' };
  let call: { id: string; type: 'custom'; custom: { name: string; input: string } };
  if (stream) {
    // The SDK's stream helper knows function calls only.
    let input = '';
    let id = '';
    let name = '';
    for await (const { choices } of await chat.completions.create({ ...body, stream, messages: [question] })) {
      for (const piece of (choices[0]?.delta.tool_calls ?? []) as { id?: string; custom?: { name?: string; input?: string } }[]) {
        id ||= piece.id ?? '';
        name ||= piece.custom?.name ?? '';
        input += piece.custom?.input ?? '';
      }
    }
    call = { id, type: 'custom', custom: { name, input } };
  } else {
    const done = await chat.completions.create({ ...body, messages: [question] });
    const [first] = done.choices[0]!.message.tool_calls!;
    if (first?.type !== 'custom') throw new Error(`a ${first?.type} call`);
    call = first;
  }
  const messages: OpenAI.ChatCompletionMessageParam[] = [
    question,
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: call.id, content: 'it printed a' },
  ];
  const last = await chat.completions.create({ ...body, messages });
  return { input: call.custom.input, text: last.choices[0]!.message.content };
}

async function customResponses(model: string, custom: { name: string; description: string }, stream: boolean) {
  const { responses } = openaiAt(url);
  const body = { model, tools: [{ type: 'custom' as const, ...custom, format: { type: 'text' as const } }] };
  const input: OpenAI.Responses.ResponseInputItem[] = [{ role: 'user', content: 'Run it.' }];
  const first: OpenAI.Responses.Response = stream
    ? await responses.stream({ ...body, input }).finalResponse()
    : await responses.create({ ...body, input });
  const call = first.output.find((item) => item.type === 'custom_tool_call');
  if (!call) throw new Error(JSON.stringify(first.output));
  input.push(...(first.output as OpenAI.Responses.ResponseInputItem[]), {
    type: 'custom_tool_call_output',
    call_id: call.call_id,
    output: 'it printed a',
  });
  return { input: call.input, text: (await responses.create({ ...body, input })).output_text };
}

/** Names that some format refuses; two of them would be one if only the signs were replaced. */
const ODD = ['github.search/issues', 'github.search.issues', `${'long_'.repeat(20)}name`, 'wetter-für-Städte'];

for (const caller of CALLERS) {
  for (const [dialect, model] of Object.entries(TARGETS) as [DialectName, string][]) {
    if (caller === dialect) continue;
    for (const stream of [false, true]) {
      test(`${caller} → ${dialect}${stream ? ', streamed' : ''}: tools of any name are called by their own, round after round`, async () => {
        for (const name of ODD) {
          const talk = TALKS[caller](url, { stream, tools: ODD.map((each) => ({ name: each, strict: false })) });
          talk.say('Oslo?');
          const choice = { 'openai-chat': fn(name), 'openai-responses': flat(name), 'anthropic-messages': { type: 'tool', name } }[caller];
          const first = await talk.ask(model, { tool_choice: choice });
          assert.deepEqual(
            first.calls.map((call) => call.name),
            [name],
          );
          talk.give(first.calls.map(({ id }) => ({ id, text: 'cold' })));
          assert.match((await talk.ask(model)).text, /cold/);
        }
      });
    }
  }
}

const LONG = `call_${'x'.repeat(95)}`;
const IDS = ['call:1/a.b#2', 'functions.weather:0', 'ünïcode', LONG, 'hg_already'];

for (const caller of CALLERS) {
  for (const [dialect, model] of Object.entries(TARGETS) as [DialectName, string][]) {
    if (caller === dialect) continue;
    test(`${caller} → ${dialect}: calls of any id, made by anybody, are paired with their results`, async () => {
      const talk = TALKS[caller](url, { tools });
      talk.history.push(...historyOf(caller, IDS));
      const { text } = await talk.ask(model);
      assert.equal(text, `The tools answered. ${IDS.map((_, i) => `weather said: result ${i}.`).join(' ')}`);
    });
  }
}

/** A question, its calls and their results, in the caller's dialect. */
function historyOf(
  caller: DialectName,
  ids: readonly string[],
  results: readonly (readonly [string, string])[] = ids.map((id, i) => [id, `result ${i}`]),
): JsonObject[] {
  const question = { role: 'user', content: 'Weather?' };
  const written = '{"city":"Oslo"}';
  if (caller === 'openai-chat')
    return [
      question,
      {
        role: 'assistant',
        content: null,
        tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'weather', arguments: written } })),
      },
      ...results.map(([id, content]) => ({ role: 'tool', tool_call_id: id, content })),
    ];
  if (caller === 'openai-responses')
    return [
      question,
      ...ids.map((id) => ({ type: 'function_call', call_id: id, name: 'weather', arguments: written })),
      ...results.map(([id, output]) => ({ type: 'function_call_output', call_id: id, output })),
    ];
  return [
    question,
    { role: 'assistant', content: ids.map((id) => ({ type: 'tool_use', id, name: 'weather', input: { city: 'Oslo' } })) },
    { role: 'user', content: results.map(([id, content]) => ({ type: 'tool_result', tool_use_id: id, content })).concat() },
  ].filter(({ content }) => content.length > 0);
}

for (const caller of CALLERS) {
  for (const dialect of ['openai-chat', 'openai-responses'] as const) {
    for (const stream of [false, true]) {
      test(`${dialect} upstream → ${caller}${stream ? ', streamed' : ''}: an odd id of the provider's goes back to it as it was`, async () => {
        simulator.script([
          { when: { feature: 'toolResults' }, reply: { text: 'Done.' } },
          {
            reply: { toolCalls: ['call:1/a.b', 'functions.weather:0'].map((id) => ({ id, name: 'weather', arguments: { city: 'Oslo' } })) },
          },
        ]);
        const talk = TALKS[caller](url, { tools, stream });
        talk.say('Weather?');
        const { calls } = await talk.ask(TARGETS[dialect]);
        talk.give(calls.map(({ id }) => ({ id, text: 'cold' })));
        assert.equal((await talk.ask(TARGETS[dialect])).text, 'Done.');
        simulator.script([]);
        const sent = JSON.stringify(lastBody());
        assert.equal(sent.split('"call:1/a.b"').length, 3);
        assert.equal(sent.split('"functions.weather:0"').length, 3);
      });
    }
  }
}

/** What is wrong with a history, and how the refusal names it. */
const UNPAIRED: readonly [string, readonly string[], readonly (readonly [string, string])[], RegExp][] = [
  ['no result at all', ['c1', 'c2', 'c3'], [], /\[\d\].*no result.*c1.*c2.*c3/],
  ['one of three results', ['c1', 'c2', 'c3'], [['c2', 'x']], /\[\d\].*c1.*c3/s],
  [
    'a result given twice',
    ['c1'],
    [
      ['c1', 'x'],
      ['c1', 'y'],
    ],
    /\[\d\].*second result.*c1/,
  ],
  [
    'a result of no call',
    ['c1'],
    [
      ['c1', 'x'],
      ['c9', 'y'],
    ],
    /\[\d\].*c9/,
  ],
];

for (const caller of CALLERS) {
  for (const [dialect, model] of Object.entries(TARGETS)) {
    if (caller === dialect) continue;
    for (const [what, ids, results, words] of UNPAIRED) {
      test(`${caller} → ${dialect}: ${what} is refused before anything is sent, by place and id`, async () => {
        const from = simulator.requests.length;
        const talk = TALKS[caller](url, { tools });
        talk.history.push(...historyOf(caller, ids, results));
        await assert.rejects(talk.ask(model), (error) => {
          const { status, message } = error as { status: number; message: string };
          assert.equal(status, 400);
          assert.match(message, words);
          assert.match(message, caller === 'openai-responses' ? /input\[/ : /messages\[/);
          return true;
        });
        assert.equal(simulator.requests.length, from);
      });
    }
  }
}

for (const caller of ['openai-chat', 'openai-responses'] as const) {
  for (const [what, ids, results] of UNPAIRED) {
    test(`${caller} → a route that repairs: ${what} is answered all the same`, async () => {
      const talk = TALKS[caller](url, { tools });
      talk.history.push(...historyOf(caller, ids, results));
      assert.ok((await talk.ask('forgiving')).text.length > 0);
    });
  }
}

/** Arguments whose bytes say more than their value does to JavaScript. */
const EXACT = '{"city":"Tr\\u00f8nd 🌊 你好","n":12345678901234567890,"f":1.0,"e":1e2,"n2":-0}';

for (const caller of ['openai-chat', 'openai-responses'] as const) {
  for (const [dialect, model] of Object.entries(TARGETS)) {
    test(`${dialect} → ${caller}, streamed: arguments arrive in the characters the model wrote`, async () => {
      simulator.script([{ reply: { toolCalls: [{ name: 'weather', arguments: EXACT }] } }]);
      const talk = TALKS[caller](url, { tools, stream: true });
      talk.say('Weather?');
      const { calls } = await talk.ask(model);
      simulator.script([]);
      assert.deepEqual(
        calls.map((call) => call.arguments),
        [EXACT],
      );
    });
    test(`${dialect} → ${caller}: numbers too big for JavaScript keep their digits, there and back`, async () => {
      simulator.script([
        { when: { feature: 'toolResults' }, reply: { echo: true } },
        { reply: { toolCalls: [{ name: 'weather', arguments: EXACT }] } },
      ]);
      const talk = TALKS[caller](url, { tools });
      talk.say('Weather?');
      const { calls } = await talk.ask(model);
      talk.give([{ id: calls[0]!.id, text: 'cold' }]);
      const { text: received } = await talk.ask(model);
      simulator.script([]);
      for (const written of [calls[0]!.arguments, received.replaceAll('\\', '')]) assert.match(written, /"n":12345678901234567890,/);
    });
  }
}

/** Providers no simulator plays: streams as some servers write them, of which every SDK must make the same calls. */
const written = createServer((request, response) => {
  request.resume().on('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(readFileSync(new URL(`../../fixtures/openai-chat/stream/${request.url!.split('/')[1]}.sse`, import.meta.url)));
  });
}).listen(0, '127.0.0.1');
await once(written, 'listening');
const { port } = written.address() as AddressInfo;
const STREAMS = ['interleaved-tools', 'all-calls-index-0', 'late-names', 'text-then-tools', 'parallel-tools', 'split-by-name'];
const { url: odd } = await startGateway({ after } as Pick<TestContext, 'after'>, [], {
  providers: Object.fromEntries(
    STREAMS.map((name) => [name, { dialect: 'openai-chat', vendor: 'other', baseUrl: `http://127.0.0.1:${port}/${name}`, apiKey: 'k' }]),
  ),
});
after(() => void written.close());

for (const name of STREAMS) {
  test(`a stream with ${name}: the calls are the same for every caller, whole and streamed`, async () => {
    const made = async (caller: DialectName, stream: boolean) => {
      const talk = TALKS[caller](odd, { tools, stream });
      talk.say('Go.');
      return (await talk.ask(`${name}/m`)).calls.map((call) => [call.name, JSON.stringify(JSON.parse(call.arguments))]);
    };
    const expected = await made('openai-responses', false);
    assert.ok(expected.length > 0);
    for (const caller of ['openai-responses', 'anthropic-messages'] as const)
      for (const stream of [false, true]) assert.deepEqual(await made(caller, stream), expected);
  });
}

test('a Messages caller that counts with a forced choice on a model that refuses it gets its 400, an OpenAI caller a count', async () => {
  const anthropic = anthropicAt(url);
  const body = { model: 'claude/claude-opus-5-5', messages: [{ role: 'user' as const, content: 'hi' }] };
  const tool = { name: 'weather', input_schema: { type: 'object' as const, properties: {} } };
  await assert.rejects(
    anthropic.messages.countTokens({ ...body, tools: [tool], tool_choice: { type: 'any' } }),
    /not supported for this model/,
  );
  const counted = await openaiAt(url).responses.inputTokens.count({
    model: 'claude/claude-opus-5-5',
    input: 'hi',
    tool_choice: 'required',
    tools: [{ type: 'function', name: 'weather', parameters: {}, strict: false }],
  });
  assert.ok(counted.input_tokens > 0);
});
