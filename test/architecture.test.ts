import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';

/** Which room may import which; arrows point down, rooms on one level do not know each other. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  model: [],
  world: [],
  dialects: ['model'],
  catalogue: ['model'],
  lanes: ['model', 'dialects'],
  policy: ['model'],
  accounting: ['model'],
  transport: ['model', 'world'],
  store: ['model', 'world', 'policy', 'accounting'],
  limits: ['model', 'world', 'lanes', 'policy', 'accounting', 'store'],
  pipeline: ['model', 'world', 'lanes', 'policy', 'accounting'],
  server: ['model', 'world', 'dialects', 'lanes', 'store', 'accounting'],
  monitor: ['model', 'world', 'policy', 'accounting', 'store'],
  simulator: ['model', 'world', 'dialects', 'catalogue'],
  config: ['model', 'dialects', 'policy', 'accounting', 'catalogue'],
  wall: ['model', 'world', 'config', 'headgate.ts', 'simulator', 'accounting'],
  batch: ['model', 'world', 'dialects', 'lanes', 'policy', 'accounting', 'store'],
  tools: ['model'],
  library: ['model', 'dialects', 'config', 'estimate-call.ts', 'headgate.ts', 'tools', 'world'],
  cli: [
    'model',
    'catalogue',
    'dialects',
    'config',
    'estimate-call.ts',
    'explain-route.ts',
    'headgate.ts',
    'local-admin.ts',
    'simulator',
    'transport',
    'accounting',
    'limits',
    'monitor',
    'store',
    'policy',
    'wall',
    'world',
  ],
};

/** Where the outside world may be touched; everything else is handed it as a `World` or a value. */
const WORLDLY = ['src/world/', 'src/cli/', 'src/transport/', 'src/store/'];
const FORBIDDEN = /\b(Date\.now|Math\.random|performance\.now)\b|(?<![.\w])(fetch|setTimeout|setInterval)\(/;

const sources = globSync('src/**/*.ts').filter((file) => !file.endsWith('.test.ts'));

test('arrows point one way', () => {
  const wrong: string[] = [];
  for (const file of sources) {
    const room = file.split(path.sep)[1]!;
    if (room.endsWith('.ts')) continue; // The assembly, which knows everyone.
    for (const [, target] of readFileSync(file, 'utf8').matchAll(/(?:from|import\() ?'(\.[^']+)'/g)) {
      const other = path.relative('src', path.resolve(path.dirname(file), target!)).split(path.sep)[0]!;
      if (other !== room && !MAY_IMPORT[room]?.includes(other)) wrong.push(`${file} -> ${other}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('every room is in the table', () => {
  const rooms = new Set(sources.map((file) => file.split(path.sep)[1]!).filter((room) => !room.endsWith('.ts')));
  assert.deepEqual(
    [...rooms].filter((room) => !(room in MAY_IMPORT)),
    [],
  );
});

test('clock, chance and network come from the world', () => {
  const wrong = sources.filter(
    (file) => !WORLDLY.some((room) => file.startsWith(room)) && FORBIDDEN.test(stripped(readFileSync(file, 'utf8'))),
  );
  assert.deepEqual(wrong, []);
});

const stripped = (source: string) => source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
