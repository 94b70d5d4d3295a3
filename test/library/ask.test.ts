import assert from 'node:assert/strict';
import test from 'node:test';
import { z } from 'zod';
import { ConfigError, createHeadgate, HeadgateError, OutputError, type Question, type StandardSchema } from '../../src/index.ts';
import { strictProblem } from '../../src/simulator/rules/openai-schema.ts';
import { MODELS, stage } from './stage.ts';

const rivers = z.object({ rivers: z.array(z.object({ name: z.string(), km: z.number().int().positive() })) });
const nile = { rivers: [{ name: 'Nile', km: 6650 }] };

for (const model of MODELS) {
  test(`${model}: a question is answered in words, with what they cost and where they came from`, async (t) => {
    const { headgate, booked } = await stage(t, [{ reply: { text: 'The Nile.' } }]);
    const reply = await headgate.ask({ model, input: 'Name a river.', feature: 'quiz', user: 'u1', tags: { team: 'blue' } });
    assert.equal(reply.text, 'The Nile.');
    assert.equal(reply.finish.reason, 'stop');
    const [row] = booked;
    assert.deepEqual(
      [row!.callId, row!.cost, row!.feature, row!.user, row!.tags],
      [reply.callId, reply.cost, 'quiz', 'u1', { team: 'blue' }],
    );
    assert.deepEqual(row!.tokens, reply.usage!.tokens);
  });

  test(`${model}: a schema of Zod gives a checked, typed output`, async (t) => {
    const { headgate, simulator } = await stage(t, [{ reply: { text: JSON.stringify(nile) } }]);
    const { output } = await headgate.ask({ model, input: 'Name a river.', output: rivers });
    const name: string = output.rivers[0]!.name;
    assert.equal(name, 'Nile');
    assert.deepEqual(output, nile);
    assert.equal(simulator.requests[0]!.status, 200);
  });

  test(`${model}: a conversation goes on from a reply, thoughts and all`, async (t) => {
    const { headgate, simulator } = await stage(t, [{ reply: { reasoning: 'Hm.', text: 'The Nile.' } }]);
    const asked = { model, effort: 'low', maxOutputTokens: 5000 };
    const first = await headgate.ask({ ...asked, instructions: 'Be brief.', input: 'Name a river.' });
    const second = await headgate.ask({ ...asked, turns: first.turns, input: 'Another?' });
    assert.equal(second.turns.length, 4);
    assert.equal(simulator.requests.at(-1)!.status, 200);
  });
}

test('a schema that is no object is asked for inside one, and comes out of it', async (t) => {
  const { headgate } = await stage(t, [{ reply: { text: '{"value":["Nile","Rhine"]}' } }]);
  for (const model of MODELS) {
    const { output } = await headgate.ask({ model, input: 'Two rivers.', output: z.array(z.string()) });
    assert.deepEqual(output, ['Nile', 'Rhine']);
  }
});

test('a schema that is no object and holds itself means itself inside another, too', async (t) => {
  const { headgate, simulator } = await stage(t, [{ reply: { text: '{"value":["Nile",["Rhine",[]]]}' } }]);
  const tree: z.ZodType = z.union([z.string(), z.array(z.lazy(() => tree))]);
  const plain = {
    type: 'array',
    items: { anyOf: [{ $ref: '#' }, { $ref: '#/$defs/name' }, { const: { $ref: '#' } }] },
    $defs: { name: { type: 'string' }, whole: { type: 'object', properties: { $ref: { $ref: '#/items' } } } },
  } as const;
  for (const output of [tree, plain])
    assert.deepEqual((await headgate.ask({ model: MODELS[0]!, input: 'Rivers.', output })).output, ['Nile', ['Rhine', []]]);
  const sent = simulator.requests.map(
    ({ body }) => (body as { response_format: { json_schema: { schema: object } } }).response_format.json_schema,
  );
  const around = { type: 'object', required: ['value'], additionalProperties: false };
  assert.deepEqual(
    sent.map(({ schema }) => schema),
    [
      {
        ...around,
        properties: { value: { $ref: '#/$defs/whole' } },
        $defs: { whole: { anyOf: [{ type: 'string' }, { type: 'array', items: { $ref: '#/$defs/whole' } }] } },
      },
      {
        ...around,
        properties: { value: { $ref: '#/$defs/whole_' } },
        $defs: {
          name: { type: 'string' },
          whole: { type: 'object', properties: { $ref: { $ref: '#/$defs/whole_/items' } } },
          whole_: { type: 'array', items: { anyOf: [{ $ref: '#/$defs/whole_' }, { $ref: '#/$defs/name' }, { const: { $ref: '#' } }] } },
        },
      },
    ],
  );
});

test('a plain JSON Schema is sent as it is and checked all the same', async (t) => {
  const { headgate, simulator } = await stage(t, [{ when: { nth: 1 }, reply: { text: '{"km":7}' } }, { reply: { text: '{"km":"far"}' } }]);
  const output = { type: 'object', properties: { km: { type: 'number' } }, required: ['km'], additionalProperties: false } as const;
  const question = { model: 'chat/gpt-4.1', input: 'How long?', output };
  assert.deepEqual((await headgate.ask(question)).output, { km: 7 });
  const { response_format: sent } = simulator.requests[0]!.body as { response_format: { json_schema: object } };
  assert.deepEqual(sent.json_schema, { name: 'output', schema: output, strict: true });
  await assert.rejects(
    headgate.ask(question),
    (error) => error instanceof OutputError && error.problem === 'unfit' && error.issues[0]?.path === 'km',
  );
});

test('any Standard Schema that tells its JSON Schema will do, its own checks and changes included', async (t) => {
  const { headgate } = await stage(t, [{ reply: { text: '{"at":"2026-01-02"}' } }]);
  const schema: StandardSchema<Date> = {
    '~standard': {
      version: 1,
      vendor: 'own',
      validate: async (value) => ({ value: new Date((value as { at: string }).at) }),
      jsonSchema: { input: () => ({ type: 'object', properties: { at: { type: 'string' } }, required: ['at'] }) },
    },
  };
  const { output } = await headgate.ask({ model: MODELS[0]!, input: 'When?', output: schema });
  assert.equal(output.getUTCFullYear(), 2026);
});

for (const [problem, reply, message] of [
  ['notJson', { text: 'I think the Nile.' }, /^the output is not JSON/],
  ['unfit', { text: '{"rivers":[{"name":"Nile","km":-1}]}' }, /^the output does not fit its schema: rivers\[0\]\.km: /],
  ['refused', { refusal: 'I would rather not.' }, /^the model refused/],
  ['cut', { text: '{"rivers":[', finish: 'length' }, /limit of tokens/],
  ['called', { toolCalls: [{ name: 'map', arguments: {} }] }, /^the model called map/],
] as const) {
  test(`an answer without its output says why: ${problem}`, async (t) => {
    const { headgate } = await stage(t, [{ reply }]);
    for (const model of MODELS) {
      const asking = headgate.ask({
        model,
        input: 'Name a river.',
        output: rivers,
        tools: [{ name: 'map', parameters: { type: 'object' } }],
      });
      await assert.rejects(asking, (error) => {
        assert.ok(error instanceof OutputError, String(error));
        assert.equal(error.problem, problem, model);
        assert.match(error.message, message);
        assert.ok(error.reply.cost! > 0n && error.reply.callId !== '');
        return true;
      });
    }
  });
}

test('schemas OpenAI would refuse to keep strictly are not asked to be kept so', async (t) => {
  const { headgate, simulator } = await stage(t, [{ reply: { text: '{}' } }]);
  await headgate.ask({ model: 'responses/gpt-6-sol', input: 'x', output: z.object({ maybe: z.string().optional() }) });
  const union = z.object({
    a: z.discriminatedUnion('type', [z.object({ type: z.literal('x') }), z.object({ type: z.literal('y'), n: z.number() })]).nullable(),
  });
  await headgate.ask({ model: 'responses/gpt-6-sol', input: 'x', output: union }).catch(() => {});
  const formats = simulator.requests.map(({ body }) => (body as { text: { format: { strict: boolean; schema: never } } }).text.format);
  assert.deepEqual(
    formats.map(({ strict }) => strict),
    [false, true],
  );
  assert.equal(strictProblem(formats[1]!.schema), undefined);
});

test('what a program got wrong is said by its own field, before anything is asked or paid for', async (t) => {
  const { headgate, simulator } = await stage(t);
  const question = { model: MODELS[0]!, input: 'x' };
  const wrong: Record<string, readonly Partial<Question>[]> = {
    output: [{ output: { type: 'strng' } }, { output: z.object({ at: z.date() }) }, { output: { type: 'object', if: {} } }],
    maxOutputTokens: [{ maxOutputTokens: 0 }, { maxOutputTokens: Number.NaN }, { maxOutputTokens: -5 }, { maxOutputTokens: 1.5 }],
    'providerOptions.opnai': [{ providerOptions: { opnai: {} } }],
    priority: [{ priority: 'urgent' as never }],
    input: [{ input: 5 as never }, { input: null as never }],
    instructions: [{ instructions: {} as never }],
    turns: [{ turns: 'x' as never }],
    deadlineMs: [{ deadlineMs: 0 }, { deadlineMs: Number.NaN }],
    'turns[0].role': [{ turns: [{ role: 'tool' as never, content: 'x' }] }],
    'turns[0].content': [{ turns: [{ role: 'user' as const } as never] }],
  };
  for (const [param, all] of Object.entries(wrong))
    for (const more of all) {
      const refused = headgate.ask({ ...question, ...more });
      await assert.rejects(
        refused,
        (error) => error instanceof HeadgateError && error.failure.kind === 'invalid' && error.failure.param === param,
        param,
      );
    }
  assert.deepEqual(simulator.requests, []);
});

test('options go by names of vendors and of providers, and a wrong name is told which there are', async (t) => {
  const { headgate, simulator } = await stage(t);
  const question = { model: 'chat/gpt-4.1', input: 'x' };
  await headgate.ask({ ...question, providerOptions: { openai: {}, other: {}, chat: { seed: 7 } } });
  assert.equal((simulator.requests[0]!.body as { seed: number }).seed, 7);
  await assert.rejects(headgate.ask({ ...question, providerOptions: { opnai: {} } }), {
    message:
      'providerOptions.opnai is neither a vendor nor a provider of the configuration: there are openai, anthropic, other, chat, responses, claude',
  });
  await assert.rejects(headgate.ask({ ...question, priority: 'urgent' as never }), {
    message: 'priority must be "high", "normal" or "low", got "urgent"',
  });
});

test('a turn is words or parts', async (t) => {
  const { headgate, simulator } = await stage(t);
  const picture = { type: 'media', mediaType: 'image/png', source: { url: 'https://example.org/a.png' } } as const;
  await headgate.ask({ model: MODELS[2]!, turns: [{ role: 'user', content: [{ type: 'text', text: 'This?' }, picture] }] });
  assert.match(JSON.stringify(simulator.requests[0]!.body), /This\?.*example\.org/);
});

test('a call that comes to nothing throws its failure, with the id it is booked under', async (t) => {
  const { headgate, booked } = await stage(t, [{ fault: { status: 400, message: 'no such thing' } }]);
  await assert.rejects(headgate.ask({ model: 'chat/gpt-4.1', input: 'x' }), (error) => {
    assert.ok(error instanceof HeadgateError);
    assert.equal(error.failure.kind, 'invalid');
    assert.equal(error.failure.requestId, booked[0]!.callId);
    return true;
  });
});

test('questions that make no sense are refused before they are asked, by the name of the field', async (t) => {
  const { headgate, simulator } = await stage(t, [], { attribution: { feature: 'required' } });
  const wrong = {
    input: { model: MODELS[0]!, feature: 'f' },
    model: { model: '', input: 'x', feature: 'f' },
    feature: { model: MODELS[0]!, input: 'x' },
  };
  for (const [param, question] of Object.entries(wrong))
    await assert.rejects(headgate.ask(question), (error) => error instanceof HeadgateError && error.failure.param === param, param);
  assert.deepEqual(simulator.requests, []);
});

test('a configuration that cannot be used says everything that is wrong with it, by line', async () => {
  await assert.rejects(createHeadgate({ config: { providers: {}, models: { m: ['nobody/x'] } }, env: {} }), ConfigError);
  await assert.rejects(createHeadgate({ env: {} }), /there is nobody to call yet/);
});
