import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';

/** What programs import, and where it is declared. */
const ENTRIES = {
  headgate: 'src/index.ts',
  'headgate/ai-sdk': 'src/library/ai-sdk/index.ts',
  'headgate/model': 'src/model/index.ts',
  'headgate/dialects': 'src/dialects/index.ts',
  'headgate/simulator': 'src/simulator/index.ts',
} as const;
const PAGE = 'docs/api.md';

interface Declared {
  readonly name: string;
  readonly doc: string;
  readonly code: string;
}

/** Names an entry exports, with the files they come from. */
function* exportsOf(entry: string): Generator<readonly [name: string, file: string]> {
  const source = readFileSync(entry, 'utf8');
  for (const [, names, from] of source.matchAll(/export (?:type )?\{([^}]+)\} from '([^']+)'/g))
    for (const name of names!.split(','))
      if (name.trim() !== '') yield [name.trim().replace(/^type /, ''), path.join(path.dirname(entry), from!)];
  for (const [, name] of source.matchAll(/^export (?:async )?(?:interface|type|class|const|function) (\w+)/gm)) yield [name!, entry];
}

/** The docstring and the declaration of a name, without its body. */
function declared(name: string, file: string): Declared {
  const source = readFileSync(file, 'utf8');
  const found = new RegExp(`^export (?:async )?(interface|type|class|const|function)\\*? ${name}\\b`, 'm').exec(source);
  if (!found) throw new Error(`${file} does not declare ${name}`);
  const before = source.slice(0, found.index).trimEnd();
  const begins = before.endsWith('*/') ? before.lastIndexOf('/**') : -1;
  const doc = begins < 0 ? '' : plain(before.slice(begins));
  return {
    name,
    doc,
    code: source
      .slice(found.index, endOf(source, found.index, found[1]!))
      .replace(/ \{$/, ';')
      .trim(),
  };
}

const plain = (doc: string): string =>
  doc
    .replace(/^\/\*\*\s?|\s*\*\/$/g, '')
    .replace(/^ *\* ?/gm, '')
    .replace(/\s*\n\s*/g, ' ')
    .trim();

/** Where a declaration ends: of a function before its body, of a class after it. */
function endOf(source: string, from: number, kind: string): number {
  let depth = 0;
  for (let at = from; at < source.length; at += 1) {
    const letter = source[at]!;
    if (source.startsWith('/*', at)) at = source.indexOf('*/', at) + 1;
    else if (source.startsWith('//', at)) at = source.indexOf('\n', at);
    else if (letter === "'" || letter === '`') at = source.indexOf(letter, at + 1);
    else if (letter === '(' || letter === '[') depth += 1;
    else if (letter === ')' || letter === ']') depth -= 1;
    else if (letter === '{') {
      // Only a body stands after a blank at depth 0: types of parameters are within brackets.
      if (depth === 0 && kind === 'function' && /[\w>\]] $/.test(source.slice(at - 2, at))) return at + 1;
      depth += 1;
    } else if (letter === '}') {
      depth -= 1;
      if (depth === 0 && (kind === 'interface' || kind === 'class')) return at + 1;
    } else if (letter === ';' && depth === 0) return at + 1;
    else if (kind === 'const' && depth === 0 && source.startsWith(' =>', at)) return at;
  }
  throw new Error('a declaration without an end');
}

function page(): string {
  const parts = ['# API reference', '', '<!-- Written from the docstrings: UPDATE=1 node --test test/docs/api-reference.test.ts -->', ''];
  for (const [name, entry] of Object.entries(ENTRIES)) {
    parts.push(`## \`${name}\``, '');
    const all = [...exportsOf(entry)].map(([one, file]) => declared(one, file)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name: title, doc, code } of all)
      parts.push(`### \`${title}\``, '', ...(doc === '' ? [] : [doc, '']), '```ts', code, '```', '');
  }
  return `${parts.join('\n').trimEnd()}\n`;
}

test('docs/api.md is what the docstrings say (UPDATE=1 writes it anew)', () => {
  const written = page();
  if (process.env['UPDATE']) writeFileSync(PAGE, written);
  assert.equal(readFileSync(PAGE, 'utf8'), written);
});

test('everything a program may import says what it is', () => {
  const silent = Object.values(ENTRIES).flatMap((entry) => [...exportsOf(entry)].filter(([name, file]) => declared(name, file).doc === ''));
  assert.deepEqual(
    silent.map(([name]) => name),
    [],
  );
});
