import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { readConfig } from '../../src/config/read.ts';
import { jsonSchema } from '../../src/config/schema.ts';

const FILE = 'headgate.schema.json';
const current = `${JSON.stringify(jsonSchema(), null, 2)}\n`;

test('the published schema is the one the reader checks with (UPDATE=1 writes it anew)', () => {
  if (process.env['UPDATE']) writeFileSync(FILE, current);
  assert.equal(readFileSync(FILE, 'utf8'), current);
});

test('the published schema takes the example and refuses what the reader refuses', () => {
  const accepts = new Ajv2020({ strict: false }).compile(jsonSchema());
  const example = parse(readFileSync('examples/headgate.yaml', 'utf8'));
  assert.equal(accepts(example), true, JSON.stringify(accepts.errors));
  assert.equal(accepts({ server: { port: '${PORT}' } }), true);
  for (const wrong of [{ severs: {} }, { server: { port: 'x' } }, { defaults: { deadline: 120 } }, { models: { m: 'no-slash' } }]) {
    assert.equal(accepts(wrong), false, JSON.stringify(wrong));
  }
});

test('the example configuration is good', () => {
  const read = readConfig(readFileSync('examples/headgate.yaml', 'utf8'), { OPENAI_API_KEY: 'a', ANTHROPIC_API_KEY: 'b' });
  assert.deepEqual('problems' in read ? read.problems : [], []);
});

test('every setting is told of in docs/configuration.md', () => {
  const page = readFileSync('docs/configuration.md', 'utf8');
  const settings = new Set(keysOf(jsonSchema()));
  assert.deepEqual(
    [...settings].filter((key) => !page.includes(`\`${key}\``)),
    [],
  );
});

/** Every key any object of the schema takes. */
function keysOf(node: unknown): string[] {
  if (node === null || typeof node !== 'object') return [];
  const own = 'properties' in node && node.properties ? Object.keys(node.properties) : [];
  return [...own, ...Object.values(node).flatMap(keysOf)];
}
