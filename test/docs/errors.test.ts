import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { FAILURE_ROWS } from '../../src/dialects/failures/table.ts';
import { whenText } from '../../src/dialects/failures/when-text.ts';
import { FAILURES } from '../../src/model/failure.ts';

const FILE = 'docs/errors.md';
const cell = (text: string) => text.replaceAll('|', '\\|');
const code = (text: string) => (text === 'anything else' ? text : `\`\`${text.replaceAll('|', '\\|')}\`\``);

const TABLES: Readonly<Record<string, readonly string[]>> = {
  kinds: [
    '| kind | retried | health | key | our status |',
    '|---|---|---|---|---|',
    ...Object.entries(FAILURES).map(
      ([kind, { retry, trips, parks, status }]) =>
        `| ${kind} | ${retry} | ${trips ? 'trips' : ''} | ${parks === 'no' ? '' : parks} | ${status} |`,
    ),
  ],
  rows: [
    '| row | kind | when | source |',
    '|---|---|---|---|',
    ...FAILURE_ROWS.map(({ id, kind, when, source }) => `| ${id} | ${kind} | ${code(whenText(when))} | ${cell(source)} |`),
  ],
};

for (const [name, lines] of Object.entries(TABLES)) {
  test(`the table of ${name} in docs/errors.md is the one the decoders read (UPDATE=1 writes it anew)`, () => {
    const page = readFileSync(FILE, 'utf8');
    const [, head, tail] = new RegExp(`^([\\s\\S]*<!-- ${name} -->\\n\\n)[\\s\\S]*?(\\n\\n<!-- end of ${name} -->[\\s\\S]*)$`).exec(page)!;
    const current = `${head}${lines.join('\n')}${tail}`;
    if (process.env['UPDATE']) writeFileSync(FILE, current);
    assert.equal(readFileSync(FILE, 'utf8'), current);
  });
}
