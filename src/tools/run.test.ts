import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { unfold } from '../model/fold.ts';
import type { CallTerms, MakeCall } from '../model/make-call.ts';
import type { Money } from '../model/money.ts';
import type { Part, ToolCall } from '../model/part.ts';
import type { Finish } from '../model/reply.ts';
import type { ModelRequest, Turn } from '../model/request.ts';
import { inputTokens, outputTokens, type Usage } from '../model/usage.ts';
import { simulatedWorld } from '../world/simulated.ts';
import { type Outcome, RunError, type RunEvent, run, type Task } from './run.ts';
import type { Approval, RunnableTool, ToolResult } from './tool.ts';

interface Said {
  readonly parts: readonly Part[];
  readonly finish?: Finish['reason'];
  readonly usage?: Usage;
  /** Of all attempts. */
  readonly tokens?: number;
  readonly cost?: bigint | null;
  readonly fail?: true;
}

const text = (words: string): Part => ({ type: 'text', text: words });
const call = (id: string, name: string, input: unknown = {}): ToolCall => ({
  type: 'toolCall',
  id,
  name,
  arguments: typeof input === 'string' ? input : JSON.stringify(input),
});
const request: ModelRequest = { model: 'm', turns: [{ role: 'user', parts: [text('Go.')] }], stream: false };
const terms: CallTerms = { caller: { key: 'anonymous' } };

/** A model that says what it is told to, one thing after another, and what it was asked. */
function model(script: readonly Said[]) {
  const asked: { request: ModelRequest; terms: CallTerms }[] = [];
  const makeCall: MakeCall = (asking, on) => {
    const said = script[asked.length] ?? { parts: [text('Done.')] };
    asked.push({ request: asking, terms: on });
    const { parts, finish = parts.some(({ type }) => type === 'toolCall') ? 'toolCalls' : 'stop', usage, tokens, cost = 0n, fail } = said;
    const reply = { id: 'r', model: 'm', parts, finish: { reason: finish }, ...(usage && { usage }) };
    const tokensMax = on.caller.limits?.callTokensMax ?? Number.POSITIVE_INFINITY;
    const refused = usage !== undefined && inputTokens(usage) + outputTokens(usage) > tokensMax;
    return {
      losses: [],
      receipt: Promise.resolve({
        callId: `call_${asked.length}`,
        attempts: 1,
        cost: cost as Money | null,
        losses: [],
        ...(usage && !refused && { usage }),
        ...(tokens !== undefined && { tokens }),
      }),
      async *[Symbol.asyncIterator]() {
        if (fail) yield { type: 'fail' as const, failure: { kind: 'broken' as const, message: 'it broke' } };
        else if (refused)
          yield { type: 'fail' as const, failure: { kind: 'overBudget' as const, code: 'call_too_large', message: 'too large' } };
        else yield* unfold(reply);
      },
    };
  };
  return { makeCall, asked };
}

const tool = (name: string, work: RunnableTool['run'], more: Partial<RunnableTool> = {}): RunnableTool => ({
  definition: { name },
  check: async (value) => ({ value }),
  run: work,
  ...more,
});

/** All that follows from what has happened is done. */
const settled = () => new Promise(setImmediate);

/** Runs a task to its end while time passes. */
async function played(script: readonly Said[], tools: readonly RunnableTool[], more: Partial<Task> = {}) {
  const world = simulatedWorld();
  const events: RunEvent[] = [];
  const { makeCall, asked } = model(script);
  const task: Task = { request, terms, tools, roundsMax: 10, concurrency: 8, timeoutMs: 1000, ...more };
  let over = false;
  const running = run(task, { makeCall, after: world.after }, (event) => events.push(event)).finally(() => {
    over = true;
  });
  running.catch(() => undefined);
  while (!over) {
    await settled();
    if (!over && world.nextMs !== undefined) world.advance(world.nextMs);
  }
  return { running, events, asked, world };
}

const sleeping = (world: { current?: ReturnType<typeof simulatedWorld> }, ms: number, give: unknown) => () =>
  new Promise((resolve) => world.current!.after(ms, () => resolve(give)));

const resultsIn = (turns: readonly Turn[]): ToolResult[] =>
  turns.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'toolResult' ? [part] : [])));
const told = ({ content, isError }: ToolResult) =>
  `${isError ? 'error: ' : ''}${content.map((part) => (part.type === 'text' ? part.text : part.type)).join('')}`;

test('every call of an answer gets its result, in the order asked, whatever becomes of it', async () => {
  const calls = [
    call('a', 'echo', { said: 'hi' }),
    call('b', 'nobody'),
    call('c', 'throws'),
    call('d', 'hangs'),
    call('e', 'echo', '{"said": '),
    call('f', 'picky', { n: 'x' }),
    call('g', 'picture'),
    call('h', 'cycle'),
    call('i', 'echo', ''),
    call('j', 'rejects'),
  ];
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  const tools = [
    tool('echo', (input) => input),
    tool('throws', () => {
      throw new Error('no such city');
    }),
    tool('rejects', () => Promise.reject('not an error')),
    tool('hangs', () => new Promise(() => undefined), { timeoutMs: 50 }),
    tool('picky', () => 'never', { check: async () => ({ issues: [{ path: 'n', message: 'expected number' }] }) }),
    tool('picture', () => ({ parts: [{ type: 'media', mediaType: 'image/png', source: { base64: 'AA==' } }] })),
    tool('cycle', () => cycle),
  ];
  const { running, asked } = await played([{ parts: [text('Let me see.'), ...calls] }], tools);
  const { turns, ended, rounds } = await running;
  assert.deepEqual([ended, rounds, asked[1]!.request.turns.length], ['answered', 2, 3]);
  assert.deepEqual(
    resultsIn(turns)
      .map(({ callId }) => callId)
      .join(''),
    'abcdefghij',
  );
  const [cyclic] = resultsIn(turns).slice(7).map(told);
  assert.match(cyclic!, /^error: the tool "cycle" failed: .*circular/i);
  assert.deepEqual(
    resultsIn(turns)
      .filter(({ callId }) => callId !== 'h')
      .map((result) => told(result).replace(/(no JSON): .*/, '$1')),
    [
      '{"said":"hi"}',
      'error: there is no tool "nobody"; there are: echo, throws, rejects, hangs, picky, picture, cycle',
      'error: the tool "throws" failed: no such city',
      'error: the tool "hangs" did not answer within 50 ms',
      'error: the arguments of "echo" must be a JSON object, and are no JSON',
      'error: the arguments of "picky" do not fit: n: expected number',
      'media',
      '{}',
      'error: the tool "rejects" failed: not an error',
    ],
  );
});

test('whatever a tool throws is told in words', async () => {
  const mute = new Error('hidden');
  Object.defineProperty(mute, 'message', {
    get() {
      throw new Error('no words');
    },
  });
  const thrown = [Object.assign(Object.create(null), { code: 'E_DB' }), mute, { code: 7 }, undefined, Symbol('odd'), 3n];
  const tools = thrown.map((value, index) => tool(`t${index}`, () => Promise.reject(value)));
  const { running } = await played([{ parts: thrown.map((_, index) => call(`c${index}`, `t${index}`)) }], tools);
  assert.deepEqual(resultsIn((await running).turns).map(told), [
    'error: the tool "t0" failed: {"code":"E_DB"}',
    'error: the tool "t1" failed: what it threw cannot be put in words',
    'error: the tool "t2" failed: {"code":7}',
    'error: the tool "t3" failed: undefined',
    'error: the tool "t4" failed: Symbol(odd)',
    'error: the tool "t5" failed: 3',
  ]);
});

test('only parts a result may have are taken for parts; what cannot be JSON is an error', async () => {
  const picture = { type: 'media', mediaType: 'image/png', source: { url: 'https://example.org/a.png' } };
  const sealed = { type: 'opaque', dialect: 'anthropic-messages', wire: { type: 'search_result' } };
  const self: { parts: unknown[] } = { parts: [] };
  self.parts.push(self);
  const given = [
    { parts: [{ type: 'text', text: 'a' }, picture, sealed] },
    { parts: [{ sku: 'A1' }] },
    { parts: [undefined] },
    { parts: [] },
    { parts: [{ type: 'text', text: 'a' }, 'b'] },
    { parts: [{ type: 'text' }] },
    { parts: [{ type: 'media', mediaType: 'image/png', source: {} }] },
    { parts: [{ type: 'toolCall', id: 'x', name: 'y', arguments: '' }] },
    undefined,
    () => 'work',
    self,
    { n: 1n },
  ];
  const tools = given.map((value, index) => tool(`t${index}`, () => value));
  const { running } = await played([{ parts: given.map((_, index) => call(`c${index}`, `t${index}`)) }], tools);
  assert.deepEqual(
    resultsIn((await running).turns).map((result) => told(result).split('\n')[0]),
    [
      'amediaopaque',
      '{"parts":[{"sku":"A1"}]}',
      '{"parts":[null]}',
      '{"parts":[]}',
      '{"parts":[{"type":"text","text":"a"},"b"]}',
      '{"parts":[{"type":"text"}]}',
      '{"parts":[{"type":"media","mediaType":"image/png","source":{}}]}',
      '{"parts":[{"type":"toolCall","id":"x","name":"y","arguments":""}]}',
      '(nothing)',
      'error: the tool "t9" failed: what it gave cannot be JSON: it is a function',
      'error: the tool "t10" failed: what it gave cannot be JSON: Converting circular structure to JSON',
      'error: the tool "t11" failed: what it gave cannot be JSON: Do not know how to serialize a BigInt',
    ],
  );
});

test('tools of one answer run at once: ten of 2 s end in 2 s, and in 10 s where two may run at a time', async () => {
  for (const [concurrency, ms] of [
    [16, 2000],
    [2, 10_000],
  ] as const) {
    const here: { current?: ReturnType<typeof simulatedWorld> } = {};
    const calls = Array.from({ length: 10 }, (_, index) => call(`c${index}`, 'slow'));
    const world = simulatedWorld();
    here.current = world;
    const { makeCall } = model([{ parts: calls }]);
    const task: Task = { request, terms, tools: [tool('slow', sleeping(here, 2000, 'ok'))], roundsMax: 3, concurrency, timeoutMs: 5000 };
    let outcome: Outcome | undefined;
    void run(task, { makeCall, after: world.after }, () => undefined).then((done) => {
      outcome = done;
    });
    while (!outcome) {
      await settled();
      if (!outcome && world.nextMs !== undefined) world.advance(world.nextMs);
    }
    assert.deepEqual([resultsIn(outcome.turns).length, world.elapsed()], [10, ms]);
  }
});

test('before a tool runs it may be denied, or given other arguments', async () => {
  const seen: unknown[] = [];
  const tools = [
    tool('pay', (input) => {
      seen.push(input);
      return 'paid';
    }),
  ];
  const amounts = [1, 50, 100, 200];
  const { running } = await played([{ parts: amounts.map((n) => call(`p${n}`, 'pay', { n })) }], tools, {
    approve: async (_, input) => {
      const { n } = input as { n: number };
      if (n === 50) return { input: { n: 5 } };
      if (n === 100) return { deny: 'too much' };
      return n < 200;
    },
  });
  assert.deepEqual(resultsIn((await running).turns).map(told), [
    'paid',
    'paid',
    'error: this call was not allowed: too much',
    'error: this call was not allowed',
  ]);
  assert.deepEqual(seen, [{ n: 1 }, { n: 5 }]);
});

test('only a clear yes runs a tool, with other arguments only if they fit', async () => {
  const seen: unknown[] = [];
  const tools = [
    tool(
      'pay',
      (input) => {
        seen.push(input);
        return 'paid';
      },
      {
        check: async (value) =>
          typeof (value as { n: unknown } | undefined)?.n === 'number'
            ? { value }
            : { issues: [{ path: 'n', message: 'expected number' }] },
      },
    ),
  ];
  const answers: unknown[] = [
    true,
    { input: { n: 5 } },
    { input: { n: 'x' } },
    { input: undefined },
    {},
    undefined,
    null,
    0,
    '',
    'no',
    1,
    [],
    false,
    { deny: 'no', input: { n: 6 } },
    { deny: undefined },
  ];
  const { running } = await played([{ parts: answers.map((_, index) => call(String(index), 'pay', { n: 1 })) }], tools, {
    approve: ({ id }) => answers[Number(id)] as Approval,
  });
  const unclear = 'error: this call was not allowed: approve answered neither true nor { input }';
  assert.deepEqual(resultsIn((await running).turns).map(told), [
    'paid',
    'paid',
    'error: the arguments that approve gave "pay" do not fit: n: expected number',
    ...Array<string>(9).fill(unclear),
    'error: this call was not allowed',
    'error: this call was not allowed: no',
    'error: this call was not allowed',
  ]);
  assert.deepEqual(seen, [{ n: 1 }, { n: 5 }]);
});

test('thoughts, seals and what only one vendor knows go back as they came', async () => {
  const parts: Part[] = [
    { type: 'reasoning', text: 'Hm.', seal: { by: 'anthropic-messages', data: 'sig', redacted: true } },
    { type: 'opaque', dialect: 'anthropic-messages', wire: { type: 'server_tool_use', id: 's1' } },
    { ...call('a', 'echo', '{"b":1,  "a":2}'), extra: { 'anthropic-messages': { caller: { type: 'direct' } } } },
  ];
  const { running, asked } = await played([{ parts, finish: 'toolCalls' }], [tool('echo', () => 'x')]);
  await running;
  assert.deepEqual(asked[1]!.request.turns[1], { role: 'assistant', parts });
});

test('a tool that must be called is forced in the first round only, and an answer that pauses goes on', async () => {
  const { running, asked } = await played(
    [{ parts: [call('a', 'echo')] }, { parts: [text('wait')], finish: 'paused' }],
    [tool('echo', () => 'x')],
    { request: { ...request, toolChoice: { mode: 'required', parallel: false } } },
  );
  assert.equal((await running).rounds, 3);
  assert.deepEqual(
    asked.map(({ request: { toolChoice } }) => toolChoice),
    [
      { mode: 'required', parallel: false },
      { mode: 'auto', parallel: false },
      { mode: 'auto', parallel: false },
    ],
  );
});

test('calls under one id, or none, are told apart', async () => {
  const { running } = await played(
    [
      { parts: [call('x', 'echo', { n: 1 }), call('x', 'echo', { n: 2 }), call('', 'echo', { n: 3 })] },
      { parts: [call('x', 'echo', { n: 4 })] },
    ],
    [tool('echo', (input) => input)],
  );
  const { turns } = await running;
  assert.deepEqual(
    resultsIn(turns).map((result) => `${result.callId} ${told(result)}`),
    ['x {"n":1}', 'x_2 {"n":2}', 'call_2 {"n":3}', 'x_3 {"n":4}'],
  );
});

test('a history that ends with calls nobody answered is taken up from there', async () => {
  const turns: Turn[] = [
    ...request.turns,
    { role: 'assistant', parts: [call('a', 'echo', { n: 1 }), call('b', 'echo', { n: 2 })] },
    { role: 'user', parts: [{ type: 'toolResult', callId: 'b', content: [text('kept')] }, text('and hurry')] },
  ];
  const { running, asked } = await played([], [tool('echo', (input) => input)], { request: { ...request, turns } });
  await running;
  assert.deepEqual(asked[0]!.request.turns.slice(2), [
    {
      role: 'user',
      parts: [
        { type: 'toolResult', callId: 'a', content: [text('{"n":1}')] },
        { type: 'toolResult', callId: 'b', content: [text('kept')] },
      ],
    },
    { role: 'user', parts: [text('and hurry')] },
  ]);
});

test('a ceiling ends the run with every call answered, and what is left of it is the ceiling of the next call', async () => {
  const usage = (output: number): Usage => ({ tokens: { input: 10, output } });
  const again = (n: number): Said => ({ parts: [call(`c${n}`, 'echo')], usage: usage(90), cost: 40n });
  const script = [again(1), again(2), again(3), again(4)];
  const tools = [tool('echo', () => 'x')];
  const rounds = await (await played(script, tools, { roundsMax: 2 })).running;
  assert.deepEqual([rounds.ended, rounds.rounds, rounds.tokens, rounds.cost], ['rounds', 2, 200, 80n]);
  assert.equal(resultsIn(rounds.turns).length, 2);
  const tokens = await played(script, tools, { tokensMax: 300 });
  assert.deepEqual([(await tokens.running).ended, (await tokens.running).rounds], ['tokens', 3]);
  assert.deepEqual(
    tokens.asked.map(({ terms: { caller } }) => caller.limits?.callTokensMax),
    [300, 200, 100],
  );
  const cost = await played(script, tools, {
    costMax: 100n as Money,
    terms: { caller: { key: 'k', limits: { callCostMax: 70n as Money } } },
  });
  assert.deepEqual([(await cost.running).ended, (await cost.running).cost], ['cost', 120n]);
  assert.deepEqual(
    cost.asked.map(({ terms: { caller } }) => caller.limits?.callCostMax),
    [70n, 60n, 20n],
  );
  const unpriced = await (await played([{ ...again(1), cost: null }], tools, { costMax: 100n as Money })).running;
  assert.deepEqual([unpriced.ended, unpriced.cost, unpriced.rounds], ['cost', null, 1]);
});

test('a round counts all its attempts, not the one alone that answered', async () => {
  const script = [{ parts: [call('a', 'echo')], usage: { tokens: { input: 10, output: 90 } }, tokens: 250 }];
  const { running, asked } = await played(script, [tool('echo', () => 'x')], { tokensMax: 300 });
  assert.equal((await running).tokens, 250);
  assert.deepEqual(
    asked.map(({ terms: { caller } }) => caller.limits?.callTokensMax),
    [300, 50],
  );
});

test('where the model fails in mid-run, what was done is in the error and can be gone on from', async () => {
  const { running } = await played(
    [
      { parts: [call('a', 'echo')], cost: 7n },
      { parts: [], fail: true },
    ],
    [tool('echo', () => 'x')],
  );
  const error = await running.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof RunError);
  assert.deepEqual([error.failure.kind, error.failure.requestId, error.rounds, error.cost], ['broken', 'call_2', 2, 7n]);
  const again = await (await played([], [tool('echo', () => 'x')], { request: { ...request, turns: error.turns } })).running;
  assert.deepEqual([again.ended, resultsIn(again.turns).length], ['answered', 1]);
});

test('under one key a round is known by what was said before it', async () => {
  const keyed = { ...terms, idempotencyKey: 'k' };
  const keys = async (more: Partial<Task>, script: readonly Said[] = [{ parts: [call('a', 'echo')] }, { parts: [], fail: true }]) => {
    const { running, asked } = await played(script, [tool('echo', () => 'x')], { terms: keyed, ...more });
    const error = await running.then(
      () => undefined,
      (thrown: RunError) => thrown,
    );
    return { asked: asked.map(({ terms: { idempotencyKey } }) => idempotencyKey), error };
  };
  const first = await keys({});
  const again = await keys({});
  const resumed = await keys({ request: { ...request, turns: first.error!.turns } }, []);
  assert.deepEqual(again.asked, first.asked);
  assert.deepEqual(resumed.asked, first.asked.slice(1));
  assert.deepEqual([new Set(first.asked).size, first.error!.name], [2, 'RunError']);
});

test('a run that is called off leaves its tools, and has a result for every call', async () => {
  const off = new AbortController();
  const left: string[] = [];
  const tools = [
    tool('waits', (_, { signal, call: { id } }) => new Promise(() => signal.addEventListener('abort', () => left.push(id)))),
    tool('ends', () => off.abort()),
  ];
  const { running } = await played([{ parts: [call('a', 'waits'), call('b', 'waits'), call('c', 'ends'), call('d', 'waits')] }], tools, {
    terms: { ...terms, signal: off.signal },
    concurrency: 3,
  });
  const error = await running.catch((thrown: unknown) => thrown);
  assert.ok(error instanceof RunError);
  assert.deepEqual([error.failure.kind, left], ['cancelled', ['a', 'b']]);
  assert.deepEqual(resultsIn(error.turns).map(told), [
    'error: the run was called off',
    'error: the run was called off',
    'error: the run was called off',
    'error: the run was called off',
  ]);
});

test('whatever tools do: one result a call in the order asked, no ceiling passed, nothing unhandled', async () => {
  const unhandled: unknown[] = [];
  const hear = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', hear);
  const fate = fc.constantFrom('gives', 'throws', 'rejects late', 'hangs', 'unfit', 'unknown', 'broken', 'denied', 'slow');
  const rounds = fc.array(fc.array(fc.record({ fate, id: fc.constantFrom('', 'a', 'b', 'c', 'd'), ms: fc.nat(400) }), { maxLength: 6 }), {
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(rounds, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 }), async (answers, roundsMax, concurrency) => {
      const script = answers.map(
        (calls, round): Said => ({
          parts: [
            text(`round ${round}`),
            ...calls.map((one) => call(one.id, one.fate === 'unknown' ? 'nobody' : 'does', one.fate === 'broken' ? '{' : one)),
          ],
          usage: { tokens: { input: 5, output: 5 } },
          cost: 3n,
        }),
      );
      let running = 0;
      let most = 0;
      const count = ({ type }: RunEvent) => {
        if (type === 'toolStarted') running += 1;
        if (type === 'toolEnded') running -= 1;
        most = Math.max(most, running);
      };
      const world = simulatedWorld();
      const wait = (ms: number) => new Promise<void>((resolve) => void world.after(ms, resolve));
      const does = tool(
        'does',
        async (input) => {
          const one = input as { fate: string; ms: number };
          if (one.fate === 'throws') throw new Error('thrown');
          if (one.fate === 'hangs') return await new Promise(() => undefined);
          await wait(one.ms);
          if (one.fate === 'rejects late') throw new Error('late');
          return one.ms;
        },
        {
          timeoutMs: 200,
          check: async (value) => ((value as { fate: string }).fate === 'unfit' ? { issues: [{ path: '', message: 'unfit' }] } : { value }),
        },
      );
      const { makeCall, asked } = model(script);
      let outcome: Outcome | undefined;
      const task: Task = {
        ...{ request, terms, tools: [does], roundsMax, concurrency, timeoutMs: 100 },
        tokensMax: 35,
        approve: (_, input) => (input as { fate: string }).fate !== 'denied',
      };
      void run(task, { makeCall, after: world.after }, count).then((done) => {
        outcome = done;
      });
      while (!outcome) {
        await settled();
        if (!outcome && world.nextMs !== undefined) world.advance(world.nextMs);
      }
      world.advance(10_000);
      const { turns } = outcome;
      const calls = turns.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'toolCall' ? [part.id] : [])));
      assert.deepEqual(
        resultsIn(turns).map(({ callId }) => callId),
        calls,
      );
      assert.equal(new Set(calls).size, calls.length);
      assert.deepEqual([outcome.rounds <= roundsMax, outcome.tokens <= 35, most <= concurrency], [true, true, true]);
      for (const [round, turn] of turns.entries())
        if (turn.role === 'assistant' && turn.parts.some(({ type }) => type === 'toolCall')) assert.equal(turns[round + 1]!.role, 'user');
      assert.deepEqual(
        asked.map(({ terms: { caller } }) => caller.limits?.callTokensMax),
        asked.map((_, round) => 35 - round * 10),
      );
    }),
    { numRuns: 200 },
  );
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
  process.off('unhandledRejection', hear);
  assert.deepEqual(unhandled, []);
});
