import assert from 'node:assert/strict';
import test from 'node:test';
import { toSubset } from './schema.ts';

test('a schema in the subset stays as it is', () => {
  const schema = {
    type: 'object',
    properties: { name: { type: 'string', format: 'email' }, tags: { type: 'array', items: { enum: ['a', 'b'] }, minItems: 1 } },
    required: ['name'],
    additionalProperties: false,
  };
  assert.deepEqual(toSubset(schema), { schema, moved: [] });
});

test('bounds that every whole number of JavaScript keeps, which Zod writes on each, are left out of descriptions', () => {
  const bounds = { minimum: -9007199254740991, maximum: 9007199254740991 };
  const schema = { type: 'object', properties: { n: { type: 'integer', ...bounds } }, additionalProperties: false };
  assert.deepEqual(toSubset(schema), {
    schema: { ...schema, properties: { n: { type: 'integer' } } },
    moved: ['/properties/n/minimum (safe)', '/properties/n/maximum (safe)'],
  });
});

test('what the compiler does not know moves into descriptions, and is named', () => {
  const schema = {
    type: 'object',
    properties: {
      age: { type: 'integer', minimum: 0, description: 'Years.' },
      id: { type: 'string', pattern: '^a', format: 'ulid' },
      list: { type: 'array', items: { type: 'string' }, minItems: 3 },
    },
  };
  assert.deepEqual(toSubset(schema), {
    schema: {
      type: 'object',
      properties: {
        age: { type: 'integer', description: 'Years.\n\n{minimum: 0}' },
        id: { type: 'string', description: '{pattern: "^a", format: "ulid"}' },
        list: { type: 'array', items: { type: 'string' }, description: '{minItems: 3}' },
      },
      additionalProperties: false,
    },
    moved: [
      '/properties/age/minimum',
      '/properties/id/pattern',
      '/properties/id/format',
      '/properties/list/minItems',
      '/additionalProperties',
    ],
  });
});

test('oneOf becomes anyOf, definitions become $defs, and every object in them is closed', () => {
  const schema = {
    oneOf: [{ $ref: '#/definitions/a' }, { type: 'null' }],
    definitions: { a: { type: 'object', properties: { x: { type: 'number' } }, required: ['x'], additionalProperties: false } },
  };
  assert.deepEqual(toSubset(schema), {
    schema: {
      anyOf: [{ $ref: '#/$defs/a' }, { type: 'null' }],
      $defs: { a: { type: 'object', properties: { x: { type: 'number' } }, required: ['x'], additionalProperties: false } },
    },
    moved: [],
  });
});

const IMPOSSIBLE: Readonly<Record<string, [schema: Parameters<typeof toSubset>[0], why: string]>> = {
  'a map with free keys': [{ type: 'object', additionalProperties: { type: 'string' } }, 'the root is a map with free keys'],
  'any object': [{ type: 'object', properties: { x: { type: 'object' } } }, '/properties/x is a map with free keys'],
  'key patterns': [{ type: 'object', patternProperties: { '^a': {} } }, '/patternProperties'],
  negation: [{ not: { type: 'null' } }, '/not'],
  'a schema of true': [{ type: 'array', items: true }, '/items is no schema object'],
  'recursion through itself': [{ type: 'object', properties: { next: { $ref: '#' } } }, 'the schema is recursive'],
  'recursion through a definition': [
    { $ref: '#/$defs/node', $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } } },
    'the schema is recursive',
  ],
  'too many optional properties': [
    { type: 'object', properties: Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`p${i}`, { type: 'string' }])) },
    '25 optional properties, 24 are taken',
  ],
};

for (const [what, [schema, impossible]] of Object.entries(IMPOSSIBLE)) {
  test(`${what} cannot be said`, () => assert.deepEqual(toSubset(schema), { impossible }));
}

test('a definition used twice is not recursion', () => {
  const point = { type: 'object', properties: { x: { type: 'number' } }, additionalProperties: false };
  const schema = {
    type: 'object',
    properties: { from: { $ref: '#/$defs/point' }, to: { $ref: '#/$defs/point' } },
    additionalProperties: false,
    $defs: { point },
  };
  assert.deepEqual(toSubset(schema), { schema, moved: [] });
});
