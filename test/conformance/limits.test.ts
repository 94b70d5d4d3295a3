import assert from 'node:assert/strict';
import test, { after, type TestContext } from 'node:test';
import type { JsonObject } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';
import { startGateway, TARGETS } from './gateway.ts';
import { type Answer, TALKS } from './talks.ts';

const { url, simulator } = await startGateway({ after } as Pick<TestContext, 'after'>);
const CALLERS = Object.keys(TALKS) as DialectName[];
const lost = ({ losses }: Answer) => losses.map(({ path, impact }) => `${path}: ${impact}`);

/** One question; what was sent of these fields, and what is said to be lost. */
async function asked(caller: DialectName, model: string, more: object, fields: readonly string[]) {
  const talk = TALKS[caller](url);
  talk.say('Hello.');
  const answer = await talk.ask(model, more);
  const { body, headers } = simulator.requests.at(-1)!;
  const sent = Object.fromEntries(
    fields.flatMap((field) => ((body as JsonObject)[field] === undefined ? [] : [[field, (body as JsonObject)[field]]])),
  );
  // Of the answer's own losses (older Claude shows thoughts, Chat cannot) nothing is asked here.
  return { sent, lost: lost(answer).filter((loss) => !loss.startsWith('parts[')), answer, version: headers['anthropic-version'] };
}

const LIMITS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'stream'];
const rows: readonly [DialectName, string, JsonObject, JsonObject, readonly string[]][] = [
  ['openai-chat', 'responses/gpt-6-sol', { max_tokens: 100 }, { max_output_tokens: 100 }, []],
  ['openai-chat', 'responses/gpt-6-sol', { max_completion_tokens: 100 }, { max_output_tokens: 100 }, []],
  ['openai-chat', 'responses/gpt-6-sol', {}, {}, []],
  ['openai-chat', 'claude/claude-sonnet-5', { max_tokens: 100 }, { max_tokens: 100 }, []],
  ['openai-chat', 'claude/claude-sonnet-5', { max_completion_tokens: 100 }, { max_tokens: 100 }, []],
  ['openai-chat', 'claude/claude-sonnet-5', {}, { max_tokens: 21_333 }, []],
  ['openai-chat', 'claude/claude-3-haiku', {}, { max_tokens: 4096 }, []],
  ['openai-chat', 'claude/claude-sonnet-5', { max_completion_tokens: 50_000 }, { max_tokens: 50_000, stream: true }, []],
  [
    'openai-chat',
    'claude/claude-haiku-4-5',
    { max_completion_tokens: 99_999 },
    { max_tokens: 64_000, stream: true },
    ['maxOutputTokens: behavior'],
  ],
  ['openai-responses', 'chat/gpt-4.1', { max_output_tokens: 100 }, { max_completion_tokens: 100 }, []],
  ['openai-responses', 'local/sim-x', { max_output_tokens: 100 }, { max_tokens: 100 }, []],
  ['openai-responses', 'claude/claude-sonnet-5', { max_output_tokens: 100 }, { max_tokens: 100 }, []],
  ['openai-responses', 'claude/claude-sonnet-5', {}, { max_tokens: 21_333 }, []],
  ['anthropic-messages', 'chat/gpt-4.1', { max_tokens: 100 }, { max_completion_tokens: 100 }, []],
  ['anthropic-messages', 'local/sim-x', { max_tokens: 100 }, { max_tokens: 100 }, []],
  ['anthropic-messages', 'responses/gpt-6-sol', { max_tokens: 100 }, { max_output_tokens: 100 }, []],
  ['anthropic-messages', 'responses/gpt-6-sol', { max_tokens: 5 }, { max_output_tokens: 16 }, ['maxOutputTokens: behavior']],
];
for (const [caller, model, more, sent, losses] of rows) {
  test(`${caller} → ${model}: ${JSON.stringify(more)} is said as ${JSON.stringify(sent)}`, async () => {
    const found = await asked(caller, model, more, LIMITS);
    assert.deepEqual([found.sent, found.lost], [sent, losses]);
  });
}

/** An effort in each dialect's words. */
const effortOf = (caller: DialectName, effort: string): JsonObject =>
  ({
    'openai-chat': { reasoning_effort: effort },
    'openai-responses': { reasoning: { effort } },
    'anthropic-messages': { output_config: { effort } },
  })[caller];

const THINKING = ['thinking', 'output_config', 'reasoning', 'reasoning_effort'];
const OFF = { thinking: { type: 'disabled' } };
const near = ['reasoning.effort: behavior'];

const thinking = (effort: string) => ({ thinking: { type: 'adaptive' }, output_config: { effort } });
const budget = (tokens: number) => ({ thinking: { type: 'enabled', budget_tokens: tokens } });

/** OpenAI's efforts at Claude's models: those that always think, those that may be told not to, those that must be told to, those with a budget only. */
const EFFORTS: readonly [string, Readonly<Record<string, readonly [JsonObject, readonly string[]]>>][] = [
  [
    'claude/claude-opus-5-5',
    {
      none: [{ output_config: { effort: 'low' } }, ['reasoning: behavior']],
      minimal: [thinking('low'), near],
      low: [thinking('low'), []],
      medium: [thinking('medium'), []],
      high: [thinking('high'), []],
      xhigh: [thinking('xhigh'), []],
      max: [thinking('max'), []],
    },
  ],
  ['claude/claude-sonnet-5-5', { none: [{ thinking: { type: 'between_tools' } }, ['reasoning: behavior']], high: [thinking('high'), []] }],
  ['claude/claude-sonnet-5', { none: [OFF, []], minimal: [thinking('low'), near], max: [thinking('max'), []] }],
  ['claude/claude-opus-4-8', { none: [OFF, []], low: [thinking('low'), []], xhigh: [thinking('xhigh'), []] }],
  ['claude/claude-opus-4-6', { high: [thinking('high'), []], xhigh: [thinking('high'), near] }],
  ['claude/claude-opus-4-5', { high: [{ ...budget(17_066), output_config: { effort: 'high' } }, []] }],
  ['claude/claude-sonnet-4-5', { none: [OFF, []], low: [budget(4266), near], high: [budget(17_066), near] }],
];
for (const caller of ['openai-chat', 'openai-responses'] as const) {
  for (const [model, efforts] of EFFORTS) {
    for (const [effort, [sent, losses]] of Object.entries(efforts)) {
      test(`${caller} → ${model}: effort ${effort} is ${JSON.stringify(sent)}`, async () => {
        const found = await asked(caller, model, effortOf(caller, effort), THINKING);
        assert.deepEqual([found.sent, found.lost], [sent, losses]);
      });
    }
  }
  test(`${caller} → a Claude without thoughts: an effort is dropped and told`, async () => {
    const found = await asked(caller, 'claude/claude-3-haiku', effortOf(caller, 'high'), THINKING);
    assert.deepEqual([found.sent, found.lost], [{}, near]);
  });
}

/** What a Messages caller asks of thinking, at OpenAI's models. */
const ASKED: readonly [JsonObject, string, JsonObject, readonly string[]][] = [
  [{ output_config: { effort: 'max' } }, 'responses/gpt-6-sol', { reasoning: { effort: 'max' } }, []],
  [{ output_config: { effort: 'max' } }, 'responses/gpt-6.2-sol', { reasoning: { effort: 'xhigh' } }, near],
  [{ thinking: { type: 'disabled' } }, 'responses/gpt-6-sol', { reasoning: { effort: 'none' } }, []],
  [{ thinking: { type: 'disabled' } }, 'responses/gpt-6-astra', { reasoning: { effort: 'low' } }, ['reasoning']],
  [{ thinking: { type: 'adaptive' } }, 'responses/gpt-6-sol', {}, []],
  [{ thinking: { type: 'adaptive', display: 'summarized' } }, 'responses/gpt-6-sol', { reasoning: { summary: 'auto' } }, []],
  [
    { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 16_000 },
    'responses/gpt-6-sol',
    { reasoning: { effort: 'low' } },
    ['reasoning'],
  ],
  [
    { thinking: { type: 'enabled', budget_tokens: 15_000 }, max_tokens: 16_000 },
    'responses/gpt-6-sol',
    { reasoning: { effort: 'high' } },
    ['reasoning'],
  ],
  [{ output_config: { effort: 'high' } }, 'chat/gpt-5.1', { reasoning_effort: 'high' }, []],
  [{ thinking: { type: 'enabled', budget_tokens: 2000 } }, 'chat/gpt-4.1', {}, ['reasoning', 'reasoning']],
];
for (const [more, model, sent, losses] of ASKED) {
  test(`anthropic-messages → ${model}: ${JSON.stringify(more)} is ${JSON.stringify(sent)}`, async () => {
    const found = await asked('anthropic-messages', model, more, THINKING);
    assert.deepEqual(found.sent, sent);
    assert.equal(found.lost.length, losses.length, found.lost.join());
    for (const [i, loss] of losses.entries()) assert.ok(found.lost[i]!.startsWith(loss), found.lost.join());
  });
}

for (const [what, more] of [
  ['a temperature', { temperature: 0.2 }],
  ['a forced tool', { tools: [{ type: 'function', function: { name: 'weather' } }], tool_choice: 'required' }],
] as const) {
  test(`an effort beside ${what}, which an older Claude cannot have with thoughts: one of both is dropped and told`, async () => {
    for (const model of ['claude/claude-opus-4-6', 'claude/claude-sonnet-4-5'])
      assert.ok((await asked('openai-chat', model, { reasoning_effort: 'high', ...more }, [])).lost.includes('reasoning.effort: behavior'));
  });
}

test('a tool loop with a thinking budget keeps its thoughts, and goes on without a budget where they are gone', async () => {
  const talk = TALKS['openai-chat'](url, { tools: [{ name: 'weather' }] });
  talk.say('The weather in Oslo?');
  const { calls } = await talk.ask('claude/claude-sonnet-4-5', { reasoning_effort: 'high' });
  talk.give([{ id: calls[0]!.id, text: 'cold' }]);
  await talk.ask('claude/claude-sonnet-4-5', { reasoning_effort: 'high' });
  const { thinking: kept, messages } = simulator.requests.at(-1)!.body as { thinking: JsonObject; messages: { content: JsonObject[] }[] };
  assert.deepEqual([kept['type'], messages[1]!.content.map(({ type }) => type)], ['enabled', ['thinking', 'tool_use']]);
  talk.history.splice(3);
  talk.history[1] = JSON.parse(JSON.stringify(talk.history[1]).replaceAll('Oslo', 'Rome')) as JsonObject;
  const { losses } = await talk.ask('claude/claude-sonnet-4-5', { reasoning_effort: 'high' });
  assert.equal((simulator.requests.at(-1)!.body as JsonObject)['thinking'], undefined);
  assert.ok(losses.some(({ path }) => path === 'reasoning.effort'));
});

const SAMPLING = ['temperature', 'top_p', 'top_k'];
const sampled: readonly [DialectName, string, JsonObject, JsonObject, readonly string[], string?][] = [
  [
    'openai-chat',
    'claude/claude-sonnet-5',
    { temperature: 0.2, top_p: 0.5 },
    {},
    ['sampling.temperature: behavior', 'sampling.topP: behavior'],
    '2026-10-21',
  ],
  ['openai-chat', 'claude/claude-sonnet-5', { temperature: 1 }, {}, [], '2026-10-21'],
  ['openai-chat', 'claude/claude-haiku-4-5', { temperature: 0.2 }, { temperature: 0.2 }, [], '2023-06-01'],
  ['openai-chat', 'claude/claude-haiku-4-5', { temperature: 1.7 }, { temperature: 1 }, ['sampling.temperature: behavior'], '2023-06-01'],
  [
    'openai-chat',
    'claude/claude-haiku-4-5',
    { temperature: 0.2, top_p: 0.5 },
    { temperature: 0.2 },
    ['sampling.topP: behavior'],
    '2023-06-01',
  ],
  ['openai-responses', 'claude/claude-sonnet-5', { temperature: 0.2 }, {}, ['sampling.temperature: behavior'], '2026-10-21'],
  ['openai-responses', 'chat/gpt-4.1', { temperature: 0.2, top_p: 0.5 }, { temperature: 0.2, top_p: 0.5 }, []],
  ['openai-chat', 'responses/gpt-6-sol', { temperature: 0.2 }, {}, ['sampling.temperature: behavior']],
  ['openai-chat', 'responses/gpt-6-sol', { temperature: 0.2, reasoning_effort: 'none' }, { temperature: 0.2 }, []],
  ['openai-chat', 'responses/gpt-6-astra', { top_p: 0.5 }, {}, ['sampling.topP: behavior']],
];
for (const [caller, model, more, sent, losses, version] of sampled) {
  test(`${caller} → ${model}: ${JSON.stringify(more)} is sampled with ${JSON.stringify(sent)}`, async () => {
    const found = await asked(caller, model, more, SAMPLING);
    assert.deepEqual([found.sent, found.lost, found.version], [sent, losses, version]);
  });
}

test('what only Chat can ask for is dropped and told, field by field', async () => {
  const more = {
    seed: 7,
    presence_penalty: 0.5,
    frequency_penalty: 0.5,
    logit_bias: { 50256: -100 },
    logprobs: true,
    top_logprobs: 2,
    verbosity: 'low',
    store: true,
  };
  const { answer } = await asked('openai-chat', 'claude/claude-sonnet-5', more, []);
  const told = answer.losses.map(({ path }) => path.split('.').at(-1)).sort();
  assert.deepEqual(told, ['frequency_penalty', 'logit_bias', 'logprobs', 'presence_penalty', 'seed', 'store', 'verbosity']);
});

test('what asks for nothing that is not so anyway is no loss', async () => {
  const more = {
    n: 1,
    presence_penalty: 0,
    frequency_penalty: 0,
    logprobs: false,
    store: false,
    temperature: 1,
    top_p: 1,
    modalities: ['text'],
    stop: null,
    seed: null,
  };
  for (const model of ['claude/claude-sonnet-5', 'responses/gpt-6-sol'])
    assert.deepEqual((await asked('openai-chat', model, more, [])).lost, []);
});

test('several answers at once are refused where there can be only one', async () => {
  for (const model of ['claude/claude-sonnet-5', 'responses/gpt-6-sol'])
    await assert.rejects(asked('openai-chat', model, { n: 2 }, []), /400.*\bn\b/);
});

const LENGTH: Readonly<Record<DialectName, string>> = {
  'openai-chat': 'length',
  'openai-responses': 'incomplete/max_output_tokens',
  'anthropic-messages': 'max_tokens',
};
const capOf = (caller: DialectName, tokens: number): JsonObject =>
  ({
    'openai-chat': { max_completion_tokens: tokens },
    'openai-responses': { max_output_tokens: tokens },
    'anthropic-messages': { max_tokens: tokens },
  })[caller];

for (const caller of CALLERS) {
  for (const [dialect, model] of Object.entries({ ...TARGETS, 'openai-chat': 'chat/gpt-5.1' })) {
    for (const stream of [false, true]) {
      test(`${caller} → ${dialect}${stream ? ', streamed' : ''}: an answer that was all thought ends at its length, and says so`, async () => {
        simulator.script([{ reply: { reasoning: 'Hm. '.repeat(200), text: 'Never said.' } }]);
        const talk = TALKS[caller](url, { stream });
        talk.say('Hello.');
        const { text, finish, calls } = await talk.ask(model, capOf(caller, 20));
        simulator.script([]);
        assert.deepEqual([text, finish, calls], ['', LENGTH[caller], []]);
      });
      test(`${caller} → ${dialect}${stream ? ', streamed' : ''}: an answer cut short in its words ends at its length`, async () => {
        simulator.script([{ reply: { text: 'word '.repeat(100) } }]);
        const talk = TALKS[caller](url, { stream });
        talk.say('Hello.');
        const { text, finish } = await talk.ask(model, capOf(caller, 100));
        simulator.script([]);
        assert.equal(finish, LENGTH[caller]);
        assert.match(text, /^word word /);
      });
    }
  }
}

for (const stream of [false, true]) {
  test(`openai-chat → Claude${stream ? ', streamed' : ''}: stop sequences stop, blank ones are left out and told`, async () => {
    simulator.script([{ reply: { text: 'one two THREE four' } }]);
    const talk = TALKS['openai-chat'](url, { stream });
    talk.say('Count.');
    const answer = await talk.ask('claude/claude-sonnet-5', { stop: ['THREE', '\n'] });
    simulator.script([]);
    assert.deepEqual([answer.text, answer.finish], ['one two ', 'stop']);
    assert.deepEqual((simulator.requests.at(-1)!.body as JsonObject)['stop_sequences'], ['THREE']);
    assert.ok(lost(answer).some((loss) => loss.startsWith('sampling.stop')));
  });
  test(`anthropic-messages → Chat${stream ? ', streamed' : ''}: stop sequences stop`, async () => {
    simulator.script([{ reply: { text: 'one two THREE four' } }]);
    // The provider speaks both of OpenAI's formats; Responses has no stop sequences, so Chat is asked.
    for (const model of ['chat/gpt-4.1', 'openai/gpt-4.1']) {
      const talk = TALKS['anthropic-messages'](url, { stream });
      talk.say('Count.');
      const answer = await talk.ask(model, { stop_sequences: ['THREE'] });
      assert.deepEqual([answer.text, lost(answer)], ['one two ', []]);
    }
    simulator.script([]);
  });
  test(`anthropic-messages → a model without stop sequences${stream ? ', streamed' : ''}: they are dropped and told`, async () => {
    for (const model of ['responses/gpt-6-sol', 'chat/gpt-5.1']) {
      const talk = TALKS['anthropic-messages'](url, { stream });
      talk.say('Count.');
      assert.deepEqual(lost(await talk.ask(model, { stop_sequences: ['THREE'] })), ['sampling.stop: behavior']);
    }
  });
}
