import assert from 'node:assert/strict';
import test from 'node:test';
import { z } from 'zod';
import { HeadgateError, OutputError, RunError, tool } from '../../src/index.ts';
import { MODELS, stage } from './stage.ts';

const weather = tool({
  name: 'weather',
  description: 'The weather of a city',
  input: z.object({ city: z.string(), days: z.number().int().default(1) }),
  run: ({ city, days }) => ({ city, days, sky: city === 'Oslo' ? 'snow' : 'sun' }),
});
const broken = tool({
  name: 'tides',
  input: z.object({ port: z.string() }),
  run: () => {
    throw new Error('the gauge is out of order');
  },
});
const script = [
  {
    when: { nth: 1 },
    reply: {
      text: 'I will look.',
      toolCalls: [
        { name: 'weather', arguments: { city: 'Oslo' } },
        { name: 'weather', arguments: { city: 'Rome', days: 2 } },
        { name: 'tides', arguments: { port: 'Bergen' } },
        { name: 'weather', arguments: { town: 'Lima' } },
      ],
    },
  },
  { when: { nth: 2 }, reply: { toolCalls: [{ name: 'weather', arguments: { city: 'Lima' } }] } },
  { reply: { text: 'Snow in Oslo, sun elsewhere.' } },
];

/** A conversation without what differs by model: ids and thoughts. */
function transcript(turns: Awaited<ReturnType<typeof played>>['turns']): unknown {
  const names = new Map<string, string>();
  const nameOf = (id: string) => names.get(id) ?? names.set(id, `call ${names.size + 1}`).get(id)!;
  return turns.map(({ role, parts }) => [
    role,
    ...parts.flatMap((part): unknown[] => {
      if (part.type === 'reasoning') return [];
      if (part.type === 'text') return [part.text];
      if (part.type === 'toolCall') return [[nameOf(part.id), part.name, JSON.parse(part.arguments) as unknown]];
      if (part.type === 'toolResult')
        return [
          [nameOf(part.callId), part.isError ?? false, part.content.map((inner) => (inner.type === 'text' ? inner.text : inner.type))],
        ];
      return [part.type];
    }),
  ]);
}

async function played(t: Parameters<typeof stage>[0], model: string) {
  const { headgate, booked, simulator } = await stage(t, script);
  const outcome = await headgate.runTools({
    model,
    input: 'How is the weather?',
    tools: [weather, broken],
    feature: 'trips',
    maxOutputTokens: 2000,
  });
  assert.deepEqual(
    simulator.requests.map(({ status }) => status),
    [200, 200, 200],
  );
  return { ...outcome, booked };
}

test('the same conversation gives the same transcript in each dialect, every call with its result', async (t) => {
  const expected = [
    ['user', 'How is the weather?'],
    [
      'assistant',
      'I will look.',
      ['call 1', 'weather', { city: 'Oslo' }],
      ['call 2', 'weather', { city: 'Rome', days: 2 }],
      ['call 3', 'tides', { port: 'Bergen' }],
      ['call 4', 'weather', { town: 'Lima' }],
    ],
    [
      'user',
      ['call 1', false, ['{"city":"Oslo","days":1,"sky":"snow"}']],
      ['call 2', false, ['{"city":"Rome","days":2,"sky":"sun"}']],
      ['call 3', true, ['the tool "tides" failed: the gauge is out of order']],
      ['call 4', true, ['the arguments of "weather" do not fit: city: Invalid input: expected string, received undefined']],
    ],
    ['assistant', ['call 5', 'weather', { city: 'Lima' }]],
    ['user', ['call 5', false, ['{"city":"Lima","days":1,"sky":"sun"}']]],
    ['assistant', 'Snow in Oslo, sun elsewhere.'],
  ];
  for (const model of MODELS) {
    const { turns, text, ended, rounds, cost, booked, reply } = await played(t, model);
    assert.deepEqual(transcript(turns), expected, model);
    assert.deepEqual([text, ended, rounds, reply?.turns === turns], ['Snow in Oslo, sun elsewhere.', 'answered', 3, true]);
    assert.deepEqual(
      [booked.map(({ feature }) => feature), booked.reduce((sum, row) => sum + row.cost!, 0n)],
      [['trips', 'trips', 'trips'], cost],
    );
  }
});

test('a run goes on over fail-over from one vendor to the other between its rounds', async (t) => {
  const { headgate, booked } = await stage(
    t,
    [
      { when: { nth: 2, model: 'claude-sonnet-5' }, fault: { status: 529 } },
      {
        when: { model: 'claude-sonnet-5', times: 9 },
        reply: { reasoning: 'Hm.', toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }] },
      },
      { reply: { text: 'Snow.' } },
    ],
    { models: { smart: { targets: ['claude/claude-sonnet-5', 'responses/gpt-6-sol'], retry: { tries: 1 } } } },
  );
  const { text, rounds, turns } = await headgate.runTools({
    model: 'smart',
    input: 'Oslo?',
    tools: [weather],
    effort: 'low',
    maxOutputTokens: 3000,
  });
  assert.deepEqual([text, rounds, turns.length], ['Snow.', 2, 4]);
  assert.deepEqual(
    booked.map(({ provider, outcome }) => `${provider} ${outcome}`),
    ['claude ok', 'claude overloaded', 'responses ok'],
  );
});

test('step by step: the events of every answer, each tool as it begins and ends, and what it came to', async (t) => {
  const { headgate } = await stage(t, script);
  const stream = headgate.streamTools({ model: 'claude/claude-sonnet-5', input: 'How is the weather?', tools: [weather, broken] });
  const seen: string[] = [];
  let words = '';
  for await (const step of stream) {
    if (step.type === 'model') words += step.event.type === 'delta' && step.round === 3 ? step.event.text : '';
    else
      seen.push(
        `${step.type} ${step.round}${'call' in step ? ` ${step.call.name}` : ''}${'result' in step ? ` ${step.result.isError ?? 'ok'}` : ''}`,
      );
  }
  assert.equal(words, 'Snow in Oslo, sun elsewhere.');
  assert.deepEqual(seen.slice(0, 6), [
    'round 1',
    'answered 1',
    'toolStarted 1 weather',
    'toolStarted 1 weather',
    'toolStarted 1 tides',
    'toolStarted 1 weather',
  ]);
  assert.deepEqual(seen.slice(6, 10).toSorted(), [
    'toolEnded 1 tides true',
    'toolEnded 1 weather ok',
    'toolEnded 1 weather ok',
    'toolEnded 1 weather true',
  ]);
  assert.equal((await stream.result()).text, words);
});

test('leaving a run in the middle calls it off', async (t) => {
  const { headgate, booked } = await stage(t, script);
  let aborted = 0;
  const slow = tool({
    name: 'weather',
    input: z.object({ city: z.string() }),
    run: (_, { signal }) => new Promise(() => signal.addEventListener('abort', () => (aborted += 1))),
  });
  const stream = headgate.streamTools({ model: 'chat/gpt-4.1', input: 'How is the weather?', tools: [slow, broken] });
  for await (const { type } of stream) if (type === 'toolStarted') break;
  const error = await stream.result().catch((thrown: unknown) => thrown);
  assert.ok(error instanceof RunError);
  assert.deepEqual([error.failure.kind, error.turns.length, booked.length], ['cancelled', 3, 1]);
  assert.equal(aborted, 2);
});

test('a run keeps to its ceilings by the estimate of each call, and can be taken up again', async (t) => {
  const { headgate, booked } = await stage(t, script);
  const question = { model: 'responses/gpt-6-sol', input: 'How is the weather?', tools: [weather, broken], maxOutputTokens: 500 };
  const dear = await headgate.runTools({ ...question, maxCost: '$0.0001' });
  assert.deepEqual([dear.ended, dear.rounds, dear.text, booked.length], ['cost', 0, '', 0]);
  const short = await headgate.runTools({ ...question, maxRounds: 1 });
  assert.deepEqual([short.ended, short.rounds, short.turns.length], ['rounds', 1, 3]);
  const { input: _, ...rest } = question;
  const again = await headgate.runTools({ ...rest, turns: short.turns });
  assert.deepEqual([again.ended, again.text, again.turns.length], ['answered', 'Snow in Oslo, sun elsewhere.', 6]);
});

test('a run that failed is taken up under its key, and one asked for again is paid for once', async (t) => {
  const { headgate, booked } = await stage(t, [
    { when: { nth: 1 }, reply: { toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }] } },
    { when: { nth: 2 }, fault: { status: 400 } },
    { reply: { text: 'Snow.' } },
  ]);
  const question = { model: 'chat/gpt-4.1', tools: [weather], idempotencyKey: 'trip' };
  const error = await headgate.runTools({ ...question, input: 'Oslo?' }).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof RunError);
  const note = { role: 'user', content: 'Go on.' } as const;
  const resumed = { ...question, turns: [...error.turns, note] };
  assert.equal((await headgate.runTools(resumed)).text, 'Snow.');
  const again = await headgate.runTools(resumed);
  assert.deepEqual([again.text, again.cost, booked.length], ['Snow.', 0n, 3]);
});

test('an output that cannot be had after a run says what all of the run took', async (t) => {
  const { headgate, booked } = await stage(t, [
    { when: { nth: 1 }, reply: { toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }] } },
    { reply: { text: 'Snow.' } },
  ]);
  const error = await headgate
    .runTools({ model: 'chat/gpt-4.1', input: 'Oslo?', tools: [weather], output: z.object({}) })
    .catch((thrown: unknown) => thrown);
  assert.ok(error instanceof OutputError);
  const tokens = booked.reduce((sum, row) => sum + row.tokens.input! + row.tokens.output!, 0);
  assert.deepEqual(error.run, { rounds: 2, tokens, cost: booked.reduce((sum, row) => sum + row.cost!, 0n) });
});

test('a run counts the tokens of an answer that reasoning ate, as it does its cost', async (t) => {
  const { headgate, booked } = await stage(
    t,
    [
      { when: { nth: 1 }, reply: { reasoning: 'Hm.', text: 'Snow', finish: 'length', usage: { input: 20, output: 500, reasoning: 400 } } },
      { reply: { text: 'Snow.', usage: { input: 20, output: 30 } } },
    ],
    { defaults: { onStarved: 'retry' } },
  );
  const run = await headgate.runTools({ model: 'responses/gpt-6-sol', input: 'Oslo?', tools: [weather], maxOutputTokens: 500 });
  assert.deepEqual([run.rounds, run.tokens, booked.length], [1, 570, 2]);
});

test('an output is read from the last answer, and wrong questions say which field is wrong', async (t) => {
  const { headgate } = await stage(t, [
    { when: { nth: 1 }, reply: { toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }] } },
    { reply: { text: '{"sky":"snow"}' } },
  ]);
  const question = { model: 'chat/gpt-4.1', input: 'Oslo?', tools: [weather] };
  const { output } = await headgate.runTools({ ...question, output: z.object({ sky: z.string() }) });
  assert.equal(output?.sky, 'snow');
  for (const [wrong, message] of [
    [{ tools: undefined as never }, 'tools must be a list of tools, each made with tool()'],
    [{ tools: [weather.definition as never] }, 'tools must be a list of tools, each made with tool()'],
    [{ maxRounds: 0 }, 'maxRounds must be a whole number above 0, got 0'],
    [{ maxCost: 'much' }, 'maxCost must be dollars with at most six decimals, such as "$0.50", got "much"'],
    [{ tools: [weather, weather] }, 'tools must have names of their own, and two are called "weather"'],
  ] as const)
    await assert.rejects(
      headgate.runTools({ ...question, ...wrong }),
      (error) => error instanceof HeadgateError && error.message === message,
    );
});

test('a tool that could never be run is refused when it is made', () => {
  const made = (more: object) => () => tool({ name: 'x', input: z.object({}), run: () => '', ...more });
  assert.throws(made({ input: z.string() }), /^TypeError: the input of the tool "x" must be an object at the top/);
  for (const input of [
    { type: 'object', if: {} },
    { type: 'object', properties: { a: { $ref: '#/$defs/none' } } },
    z.object({ at: z.date() }),
  ])
    assert.throws(made({ input }), /^TypeError: the input of the tool "x" cannot be asked for: /);
  for (const timeoutMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '50'])
    assert.throws(
      made({ timeoutMs }),
      new TypeError(`timeoutMs of the tool "x" must be a number of milliseconds above 0, got ${timeoutMs}`),
    );
});

/** Never called: what counts is that it compiles. */
function types() {
  tool({ name: 'a', input: z.object({ n: z.string().transform(Number) }), run: ({ n }) => n.toFixed(1) });
  // @ts-expect-error: n is a number by then
  tool({ name: 'a', input: z.object({ n: z.string().transform(Number) }), run: ({ n }) => n.length });
  // @ts-expect-error: there is no such argument
  tool({ name: 'a', input: z.object({ n: z.string() }), run: ({ m }) => m });
}

test('the types of arguments follow from the schema', () => assert.equal(typeof types, 'function'));
