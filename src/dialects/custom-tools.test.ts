import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { unwrapInput, wrapInput } from './custom-tools.ts';

const unwrapped = (pieces: readonly string[]): string => {
  const machine = unwrapInput();
  return pieces.map((piece) => machine.push(piece)).join('') + machine.end();
};

/** The text cut at the given places, in code units: also inside escapes and surrogate pairs. */
function cut(text: string, places: readonly number[]): string[] {
  const at = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  return [...at, text.length].map((end, i) => text.slice(i === 0 ? 0 : at[i - 1], end));
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\u0000', '😀', 'é', '/', 'u', 'd') }),
);
const escapedEverywhere = (text: string) =>
  `{ "input" :\n"${[...Array(text.length).keys()].map((i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}" }`;

test('what was wrapped comes out, wherever the pieces are cut', () => {
  fc.assert(
    fc.property(anyText, fc.array(fc.nat(500)), fc.boolean(), (text, places, escaped) => {
      const json = escaped ? escapedEverywhere(text) : wrapInput(text);
      assert.equal((JSON.parse(json) as { input: string }).input, text);
      assert.equal(unwrapped(cut(json, places)), text);
    }),
  );
});

test('a pair of surrogates is never handed over in halves', () => {
  const machine = unwrapInput();
  assert.deepEqual([machine.push('{"input":"a\\ud83d'), machine.push('\\ude00b"}'), machine.end()], ['a', '😀b', '']);
});

test('text comes out as it comes in, not at the end', () => {
  const machine = unwrapInput();
  assert.deepEqual(
    [machine.push('{"input":"ls'), machine.push(' -la\\'), machine.push('n'), machine.push('"}'), machine.end()],
    ['ls', ' -la', '\n', '', ''],
  );
});

test('arguments of another form come out whole', () => {
  assert.deepEqual(
    [
      ['ls -la'],
      ['{"cmd":', '"ls"}'],
      ['{"why":"x","inp', 'ut":"ls"}'],
      ['{"input":42}'],
      [''],
      ['{"input":"cut o'],
      ['{"input":"^\\d+$"}'],
    ].map(unwrapped),
    ['ls -la', '{"cmd":"ls"}', 'ls', '{"input":42}', '', 'cut o', '^\\d+$'],
  );
});
