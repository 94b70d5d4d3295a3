import assert from 'node:assert/strict';
import test, { after, type TestContext } from 'node:test';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { jsonSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/json-schema';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { generateText, Output, streamText } from 'ai';
import { Ajv } from 'ajv';
import { ContentFilterFinishReasonError } from 'openai/core/error';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import type { LossNote } from '../../src/dialects/losses.ts';
import type { JsonObject } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';
import { startGateway, TARGETS } from './gateway.ts';
import { anthropicAt, lossesOf, openaiAt, TALKS } from './talks.ts';
import { fetchAt } from './way.ts';

const { url, simulator } = await startGateway({ after } as Pick<TestContext, 'after'>);
const CALLERS = Object.keys(TALKS) as DialectName[];
const lost = (losses: readonly LossNote[]) => losses.map(({ path, impact }) => `${path}: ${impact}`);

const Trip = z.object({
  city: z.string(),
  nights: z.int(),
  kind: z.enum(['business', 'holiday']),
  stops: z.array(z.object({ place: z.string(), sure: z.boolean() })),
  note: z.string().nullable(),
});
const TRIP = z.toJSONSchema(Trip, { target: 'draft-7' }) as JsonObject;

const messages = [{ role: 'user' as const, content: 'Plan a trip to Oslo.' }];

/** Each SDK's own way to ask for a value of a schema and have it parsed. */
const parsers: readonly [string, (model: string) => Promise<unknown>][] = [
  [
    'openai chat, parse',
    async (model) => {
      const body = { model, messages, response_format: zodResponseFormat(Trip, 'trip') };
      return (await openaiAt(url).chat.completions.parse(body)).choices[0]!.message.parsed;
    },
  ],
  [
    'openai chat, streamed and parsed',
    async (model) => {
      const body = { model, messages, response_format: zodResponseFormat(Trip, 'trip') };
      return (await openaiAt(url).chat.completions.stream(body).finalChatCompletion()).choices[0]!.message.parsed;
    },
  ],
  [
    'openai responses, parse',
    async (model) => {
      const body = { model, input: messages, text: { format: zodTextFormat(Trip, 'trip') } };
      return (await openaiAt(url).responses.parse(body)).output_parsed;
    },
  ],
  [
    'openai responses, streamed and parsed',
    async (model) => {
      const body = { model, input: messages, text: { format: zodTextFormat(Trip, 'trip') } };
      return (await openaiAt(url).responses.stream(body).finalResponse()).output_parsed;
    },
  ],
  [
    'anthropic, parse',
    async (model) => {
      const body = { model, max_tokens: 2000, messages, output_config: { format: zodOutputFormat(Trip) } };
      return (await anthropicAt(url).messages.parse(body)).parsed_output;
    },
  ],
  [
    'anthropic, streamed and parsed',
    async (model) => {
      const body = { model, max_tokens: 2000, messages, output_config: { format: zodOutputFormat(Trip) } };
      return (await anthropicAt(url).messages.stream(body).finalMessage()).parsed_output;
    },
  ],
  ...(
    [
      ['ai sdk, openai chat', (model: string) => createOpenAI({ baseURL: `${url}/v1`, fetch: fetchAt(url), apiKey: 'k' }).chat(model)],
      [
        'ai sdk, openai responses',
        (model: string) => createOpenAI({ baseURL: `${url}/v1`, fetch: fetchAt(url), apiKey: 'k' }).responses(model),
      ],
      ['ai sdk, anthropic', (model: string) => createAnthropic({ baseURL: `${url}/v1`, fetch: fetchAt(url), apiKey: 'k' })(model)],
    ] as const
  ).flatMap(([name, modelAt]): [string, (model: string) => Promise<unknown>][] => {
    const options = (model: string) => ({
      model: modelAt(model),
      prompt: 'Plan a trip to Oslo.',
      maxRetries: 0,
      output: Output.object({ schema: Trip }),
    });
    return [
      [`${name}, object`, async (model) => (await generateText(options(model))).output],
      [`${name}, streamed object`, async (model) => streamText(options(model)).output],
    ];
  }),
];

for (const [name, parse] of parsers) {
  for (const [dialect, model] of Object.entries({ ...TARGETS, newest: 'claude/claude-opus-5-5' })) {
    test(`${name} → ${dialect}: what comes back is the value asked for`, async () => {
      const value = await parse(model);
      assert.deepEqual(Trip.parse(value), value);
      assert.equal(simulator.requests.at(-1)!.status, 200);
    });
  }
}

/** A schema in each dialect's words. */
function asking(caller: DialectName, schema: JsonObject, strict = true): object {
  if (caller === 'openai-chat') return { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict } } };
  if (caller === 'openai-responses') return { text: { format: { type: 'json_schema', name: 'answer', schema, strict } } };
  return { output_config: { format: { type: 'json_schema', schema } } };
}

const closed = { type: 'object', additionalProperties: false } as const;
const line = { ...closed, properties: { sku: { type: 'string' }, count: { type: 'integer' } }, required: ['sku', 'count'] };

/** Schemas, whether OpenAI's strict mode takes them, and what a Messages target loses of them. */
const SCHEMAS: readonly [string, JsonObject, boolean, readonly string[]][] = [
  ['nested, with an enum and lists', TRIP, true, []],
  [
    'with definitions',
    {
      ...closed,
      $defs: { line },
      properties: { lines: { type: 'array', items: { $ref: '#/$defs/line' } }, first: { $ref: '#/$defs/line' } },
      required: ['lines', 'first'],
    },
    true,
    [],
  ],
  ['with an optional field', { ...closed, properties: { a: { type: 'string' }, b: { type: 'number' } }, required: ['a'] }, false, []],
  [
    'with bounds no grammar can hold',
    {
      ...closed,
      properties: { age: { type: 'integer', minimum: 18, maximum: 65 }, code: { type: 'string', pattern: '^[A-Z]{2}$' } },
      required: ['age', 'code'],
    },
    true,
    ['output.schema: behavior'],
  ],
  [
    'with alternatives',
    { ...closed, properties: { v: { anyOf: [{ type: 'string' }, line, { type: 'null' }] }, c: { const: 'x' } }, required: ['v', 'c'] },
    true,
    [],
  ],
];
const ajv = new Ajv({ strict: false });

for (const caller of CALLERS) {
  for (const [dialect, model] of Object.entries(TARGETS)) {
    for (const [what, schema, strict, losses] of SCHEMAS) {
      // The vendor's own 400: Messages takes no bounds, and here it is asked as the caller wrote it; Zod bounds every whole number.
      if (caller === dialect && caller === 'anthropic-messages' && (losses.length > 0 || schema === TRIP)) continue;
      for (const stream of [false, true]) {
        test(`${caller} → ${dialect}${stream ? ', streamed' : ''}: a schema ${what} gives a value that fits it`, async () => {
          const talk = TALKS[caller](url, { stream });
          talk.say('Fill it in.');
          const answer = await talk.ask(model, asking(caller, schema, strict));
          // A model that is only told of a bound may overstep it, as the simulator does.
          const bounded = dialect === 'anthropic-messages' && losses.length > 0;
          if (!bounded) assert.ok(ajv.validate(schema, JSON.parse(answer.text)), `${answer.text}: ${ajv.errorsText()}`);
          // Who speaks Messages counts on his schema being kept.
          const unkept = caller === 'anthropic-messages' && !strict ? ['output.strict: behavior'] : [];
          assert.deepEqual(lost(answer.losses), dialect === 'anthropic-messages' ? losses : unkept);
        });
      }
    }
  }
}

const MAP = { type: 'object', properties: { prices: { type: 'object', additionalProperties: { type: 'number' } } }, required: ['prices'] };
for (const caller of ['openai-chat', 'openai-responses'] as const) {
  for (const stream of [false, true]) {
    test(`${caller} → Claude${stream ? ', streamed' : ''}: a schema that cannot be said there is asked for in words, and reported`, async () => {
      simulator.script([{ reply: { text: '{"prices":{"tea":2.5}}' } }]);
      const talk = TALKS[caller](url, { stream });
      talk.say('Prices?');
      const answer = await talk.ask('claude/claude-sonnet-5', asking(caller, MAP, false));
      simulator.script([]);
      assert.deepEqual(lost(answer.losses), ['output: behavior']);
      assert.ok(ajv.validate(MAP, JSON.parse(answer.text)));
      const { output_config, system } = simulator.requests.at(-1)!.body as { output_config?: unknown; system: { text: string }[] };
      assert.equal(output_config, undefined);
      assert.ok(system.at(-1)!.text.includes(JSON.stringify(MAP)));
    });
    test(`${caller} → every target${stream ? ', streamed' : ''}: JSON of any form`, async () => {
      for (const [dialect, model] of Object.entries(TARGETS)) {
        simulator.script(dialect === 'anthropic-messages' ? [{ reply: { text: '{"any":"thing"}' } }] : []);
        const talk = TALKS[caller](url, { stream });
        talk.say('Give me JSON.');
        const any = { type: 'json_object' };
        const answer = await talk.ask(model, caller === 'openai-chat' ? { response_format: any } : { text: { format: any } });
        simulator.script([]);
        assert.equal(typeof JSON.parse(answer.text), 'object');
        assert.deepEqual(lost(answer.losses), dialect === 'anthropic-messages' ? ['output: behavior'] : []);
      }
    });
  }
}

test('Anthropic’s helper for plain schemas parses what an OpenAI model answered', async () => {
  const format = jsonSchemaOutputFormat({
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  } as const);
  for (const model of Object.values(TARGETS)) {
    const done = await anthropicAt(url).messages.parse({ model, max_tokens: 2000, messages, output_config: { format } });
    assert.equal(typeof done.parsed_output?.city, 'string');
  }
});

for (const caller of CALLERS) {
  for (const [dialect, model] of Object.entries(TARGETS)) {
    if (caller === dialect && caller === 'anthropic-messages') continue;
    test(`${caller} → ${dialect}: arguments of a strict tool fit its schema`, async () => {
      const talk = TALKS[caller](url, { tools: [{ name: 'book_trip', schema: TRIP, strict: true }] });
      talk.say('Call book_trip.');
      const { calls, losses } = await talk.ask(model);
      assert.ok(ajv.validate(TRIP, JSON.parse(calls[0]!.arguments)), ajv.errorsText());
      assert.deepEqual(lost(losses), []);
      assert.ok(JSON.stringify(simulator.requests.at(-1)!.body).includes('"strict":true'));
    });
  }
}

for (const stream of [false, true]) {
  test(`openai chat, parse${stream ? ', streamed' : ''}: a refusal instead of the value is what the SDK says it is`, async () => {
    for (const [dialect, model] of Object.entries(TARGETS)) {
      simulator.script([{ reply: { refusal: 'I would rather not.' } }]);
      const { completions } = openaiAt(url).chat;
      const body = { model, messages, response_format: zodResponseFormat(Trip, 'trip') };
      const asked = stream ? completions.stream(body).finalChatCompletion() : completions.parse(body);
      // Claude's refusals are its filter's, and the SDK has an error for those; a model that declines in words says so.
      if (dialect === 'anthropic-messages') await assert.rejects(asked, ContentFilterFinishReasonError);
      else {
        const { message } = (await asked).choices[0]!;
        assert.deepEqual([message.parsed, message.refusal], [null, 'I would rather not.']);
      }
      simulator.script([]);
    }
  });
}

for (const model of [TARGETS['openai-chat'], TARGETS['openai-responses']]) {
  test(`Anthropic’s strictness → ${model}: asked for where OpenAI can, told where it cannot, and never a 400`, async () => {
    const object = (required: string[]) => ({
      type: 'object' as const,
      properties: { city: { type: 'string' } },
      required,
      additionalProperties: false,
    });
    const ask = async (required: string[]) => {
      const answer = await anthropicAt(url).messages.create({
        model,
        max_tokens: 2000,
        messages: [{ role: 'user', content: 'Where is it?' }],
        output_config: { format: { type: 'json_schema', schema: object(required) } },
        tools: [{ name: 'look', strict: true, input_schema: object(required) }],
      });
      const stricts = JSON.stringify(simulator.requests.at(-1)!.body).match(/"strict":(true|false)/g);
      return [stricts, lossesOf(answer).map(({ path }) => path)];
    };
    assert.deepEqual(await ask(['city']), [['"strict":true', '"strict":true'], []]);
    assert.deepEqual(await ask([]), [
      ['"strict":false', '"strict":false'],
      ['output.strict', 'tools[0].strict'],
    ]);
  });
}
