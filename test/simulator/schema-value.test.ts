import assert from 'node:assert/strict';
import test from 'node:test';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/model/json.ts';
import { spell } from '../../src/simulator/reply/schema-text.ts';
import { valueFor } from '../../src/simulator/reply/schema-value.ts';

const ajv = new Ajv({
  strict: false,
  formats: {
    date: /^\d{4}-\d\d-\d\d$/,
    'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
    email: /^[^@]+@[^@]+$/,
    uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    uri: /^https:/,
  },
});

const SCHEMAS: Readonly<Record<string, JsonObject>> = {
  'nested objects and lists': {
    type: 'object',
    properties: {
      items: { type: 'array', minItems: 3, items: { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] } },
    },
    required: ['items'],
  },
  'a reference, and one to itself': {
    $defs: {
      node: {
        type: 'object',
        properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
        required: ['name', 'children'],
      },
    },
    $ref: '#/$defs/node',
  },
  'variants that recurse': {
    $defs: { list: { anyOf: [{ type: 'object', properties: { next: { $ref: '#/$defs/list' } }, required: ['next'] }, { type: 'null' }] } },
    $ref: '#/$defs/list',
  },
  'several schemas at once': {
    allOf: [
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
      { properties: { b: { const: 7 } }, required: ['b'] },
    ],
  },
  'one of several': { oneOf: [{ type: 'integer', minimum: 5 }, { type: 'string' }] },
  'a nullable type': { type: ['null', 'string'], minLength: 3 },
  'a tight range': { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 },
  'a multiple below zero': { type: 'integer', multipleOf: 5, maximum: -3, minimum: -12 },
  'distinct items': { type: 'array', items: { type: 'string' }, minItems: 3, uniqueItems: true },
  'distinct choices': { type: 'array', items: { enum: ['a', 'b', 'c'] }, minItems: 3, uniqueItems: true },
  'a tuple': { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }], minItems: 2 },
  'a long string': { type: 'string', minLength: 200 },
  'a short string': { type: 'string', maxLength: 3 },
  formats: {
    type: 'object',
    properties: {
      when: { type: 'string', format: 'date-time' },
      who: { type: 'string', format: 'email' },
      id: { type: 'string', format: 'uuid' },
    },
    required: ['when', 'who', 'id'],
  },
  'a pattern': { type: 'object', properties: { plate: { type: 'string', pattern: '^[A-Z]{2}-\\d{3,4}(X|Y)?$' } }, required: ['plate'] },
};

for (const [name, schema] of Object.entries(SCHEMAS)) {
  test(`a made-up value fits ${name}`, () => {
    const value = valueFor(schema);
    assert.ok(ajv.validate(schema, value), `${JSON.stringify(value)}: ${ajv.errorsText()}`);
  });
}

test('a made-up value fits any schema of objects, lists, choices and bounded values', () => {
  const text = fc
    .record({ minLength: fc.nat(30) })
    .chain(({ minLength }) => fc.nat(30).map((more) => ({ type: 'string', minLength, maxLength: minLength + more })));
  const number = fc
    .record({ minimum: fc.integer({ min: -50, max: 50 }), span: fc.nat(40), type: fc.constantFrom('integer', 'number') })
    .map(({ minimum, span, type }) => ({ type, minimum, maximum: minimum + span }));
  const choice = fc
    .uniqueArray(fc.oneof(fc.string(), fc.integer(), fc.boolean()), { minLength: 1, maxLength: 4 })
    .map((values) => ({ enum: values }));
  const { schema } = fc.letrec<{ schema: Json }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      text,
      number,
      choice,
      fc.constant({ type: 'boolean' }),
      fc.tuple(tie('schema'), fc.nat(4)).map(([items, minItems]) => ({ type: 'array', items, minItems })),
      fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
      fc
        .dictionary(
          fc.string({ minLength: 1, maxLength: 5 }).filter((key) => key !== '__proto__'),
          tie('schema'),
          { maxKeys: 4 },
        )
        .map((properties) => ({
          type: 'object',
          properties,
          required: Object.keys(properties).slice(1),
          additionalProperties: false,
        })),
    ),
  }));
  fc.assert(
    fc.property(schema, (any) => {
      const value = valueFor(any as JsonObject);
      assert.ok(new Ajv({ strict: false }).validate(any as JsonObject, value), JSON.stringify(value));
    }),
    { numRuns: 150 },
  );
});

test('words and numbers of the prompt find their place', () => {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' }, a: { type: 'integer' }, b: { type: 'number' }, unit: { enum: ['celsius', 'kelvin'] } },
  };
  assert.deepEqual(valueFor(schema, { words: ['Oslo', 'Kelvin'], numbers: [2, 3.5] }), { city: 'Oslo', a: 2, b: 3.5, unit: 'kelvin' });
});

test('simple patterns are spelled', () => {
  assert.deepEqual(['^a+b{2,3}$', '(?:x|y)z', '[^a]\\d\\w?', 'a.c'].map(spell), ['abb', 'xz', '00', 'aac']);
});
