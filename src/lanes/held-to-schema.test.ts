import assert from 'node:assert/strict';
import test from 'node:test';
import { factsOf } from '../catalogue/index.ts';
import type { JsonObject } from '../model/json.ts';
import type { ModelRequest, Tool } from '../model/request.ts';
import { heldToSchema } from './held-to-schema.ts';

const object = (properties: JsonObject, required: readonly string[]): JsonObject => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const CLOSED = object({ city: { type: 'string' } }, ['city']);
const OPTIONAL = object({ city: { type: 'string' } }, []);

function held(more: Partial<ModelRequest>, model = 'gpt-6-sol') {
  const { request, losses } = heldToSchema({ model, stream: false, turns: [], ...more }, factsOf(model));
  return { ...request, told: losses.map(({ path, impact }) => `${path} ${impact}`) };
}
const format = (schema: JsonObject, model?: string) => {
  const { output, told } = held({ output: { type: 'schema', schema } }, model);
  return [output?.type === 'schema' ? output.strict : output, told];
};

test('Messages holds every answer to its schema: OpenAI is told to where it can, and what it cannot is told', () => {
  assert.deepEqual(format(CLOSED), [true, []]);
  const loose = [false, ['output.strict behavior']];
  assert.deepEqual(format(OPTIONAL), loose);
  assert.deepEqual(format({ anyOf: [CLOSED, CLOSED] }), loose, 'OpenAI takes objects only');
  assert.deepEqual(format(object({ at: { type: 'string', format: 'uri' } }, ['at'])), loose);
  assert.deepEqual(format(object({ at: { type: 'string', format: 'date-time' } }, ['at'])), [true, []]);
});

test('a strict tool whose schema OpenAI refuses is offered without', () => {
  const tools: Tool[] = [
    { name: 'a', parameters: CLOSED, strict: true },
    { name: 'b', parameters: OPTIONAL, strict: true },
    { name: 'c', parameters: OPTIONAL },
    { name: 'd', strict: true },
  ];
  const { tools: offered, told } = held({ tools });
  assert.deepEqual(
    offered?.map(({ strict }) => strict),
    [true, false, undefined, false],
  );
  assert.deepEqual(told, ['tools[1].strict behavior', 'tools[3].strict behavior']);
});

test('servers that are not OpenAI keep schemas in their own way', () => {
  const request: Partial<ModelRequest> = {
    output: { type: 'schema', schema: OPTIONAL },
    tools: [{ name: 'b', parameters: OPTIONAL, strict: true }],
  };
  const { output, tools, told } = held(request, 'llama-9');
  assert.deepEqual([output, tools, told], [request.output, request.tools, []]);
});
