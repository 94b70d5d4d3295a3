import assert from 'node:assert/strict';
import test from 'node:test';
import { decimal, plain } from './decimal.ts';

const PLAIN: readonly [string | number, string][] = [
  [1e-7, '0.0000001'],
  [1.25e-7, '0.000000125'],
  [0.1, '0.1'],
  [3, '3'],
  [1e21, '1000000000000000000000'],
  ['2e-1', '0.2'],
  ['12.5E1', '125'],
  ['12.5e+0', '12.5'],
  ['1234.5e-2', '12.345'],
  ['3.75', '3.75'],
  ['1e9999', '1e9999'],
  ['two', 'two'],
];

for (const [number, expected] of PLAIN) test(`${number} is ${expected}`, () => assert.equal(plain(number), expected));

test('a decimal by itself has no exponent', () => {
  assert.throws(() => decimal('1e-7', 'input'), /input must be a decimal such as "3.75", got "1e-7"/);
  assert.deepEqual(decimal(plain(1e-7), 'input'), { value: 1n, scale: 7 });
});
