import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import test from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { durationText, paint, table } from './print.ts';

test('a table lines its columns up and leaves no blanks at the ends of lines', () => {
  const lines = table(['NAME', 'N'], [['a', '1'], ['longer', '']]); // biome-ignore format: rows read as rows
  assert.deepEqual(lines.map(stripVTControlCharacters), ['NAME    N', 'a       1', 'longer']);
});

test('a table without rows is nothing', () => assert.deepEqual(table(['A'], []), []));

test('durations are shown as they are written', () => {
  assert.deepEqual([0, 1, 1500, 90_000, 600_000, 3_600_000].map(durationText), ['0s', '1ms', '1s500ms', '1m30s', '10m', '1h']);
});

test('colour is for terminals', () => {
  const forced = process.env['FORCE_COLOR'];
  delete process.env['FORCE_COLOR'];
  const stream = (isTTY: boolean) => Object.assign(new PassThrough(), { isTTY, getColorDepth: () => 8 }) as unknown as NodeJS.WriteStream;
  assert.deepEqual(
    [paint('red', 'x', stream(true)), paint('red', 'x', stream(false))].map((text) => text === 'x'),
    [false, true],
  );
  if (forced !== undefined) process.env['FORCE_COLOR'] = forced;
});
