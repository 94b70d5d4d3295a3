import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { csvRecords } from './csv.ts';
import { csvLine } from './usage-text.ts';

const read = async (pieces: readonly string[]) => (await Array.fromAsync(csvRecords(pieces, 'x.csv'))).map(({ cells }) => cells);

test('whatever cells hold, and wherever the text is cut, they are read as they were written', async () => {
  const cells = fc.array(fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é') }), { minLength: 2, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.array(cells, { maxLength: 4 }), fc.nat(200), async (rows, cut) => {
      const text = rows.map((row) => `${row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\r\n`).join('');
      assert.deepEqual(await read([text.slice(0, cut), text.slice(cut)]), rows);
    }),
  );
});

test('what this project writes it reads', async () => {
  assert.deepEqual(await read([`${csvLine(['a', 'b, "c"', ''])}\n`]), [['a', 'b, "c"', '']]);
});

test('lines are counted as editors count them, empty ones are passed over', async () => {
  const records = await Array.fromAsync(csvRecords(['\uFEFFa,b\n\n"x\ny",1\nz,2'], 'x.csv'));
  assert.deepEqual(
    records.map(({ number, cells }) => [number, ...cells]),
    [
      [1, 'a', 'b'],
      [3, 'x\ny', '1'],
      [5, 'z', '2'],
    ],
  );
});

test('a quote that is never closed is an error with its line, also in a cell of several', async () => {
  await assert.rejects(read(['a,b\n"x,1\ny,2\n']), { message: 'x.csv:2: the quote is never closed' });
  await assert.rejects(read(['a,b\n"x\ny","z,1\n']), { message: 'x.csv:3: the quote is never closed' });
  assert.deepEqual(await read(['a\n"x"']), [['a'], ['x']]);
});
