import assert from 'node:assert/strict';
import test from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { durationText, table } from './print.ts';

test('a table lines its columns up and leaves no blanks at the ends of lines', () => {
  const lines = table(['NAME', 'N'], [['a', '1'], ['longer', '']]); // biome-ignore format: rows read as rows
  assert.deepEqual(lines.map(stripVTControlCharacters), ['NAME    N', 'a       1', 'longer']);
});

test('a table without rows is nothing', () => assert.deepEqual(table(['A'], []), []));

test('durations are shown as they are written', () => {
  assert.deepEqual([0, 1, 1500, 90_000, 600_000, 3_600_000].map(durationText), ['0s', '1ms', '1s500ms', '1m30s', '10m', '1h']);
});
