import assert from 'node:assert/strict';
import test from 'node:test';
import { problemText } from '../../src/config/problems.ts';
import { readConfig } from '../../src/config/read.ts';

const read = (smart: string) =>
  readConfig(`providers:\n  p: { dialect: openai, apiKey: k }\nmodels:\n  smart: { targets: [p/a], ${smart} }\n`, {});

test('one condition, target or word may stand without its list', () => {
  const found = read('prefer: [{ when: { feature: x, imageDetail: low }, to: p/b }], split: { name: t, percent: 5, to: p/b }');
  if ('problems' in found) assert.fail(found.problems.map((problem) => problemText(problem)).join('\n'));
  const { prefer, split } = found.config.models.get('smart')!;
  const to = [{ provider: 'p', model: 'b', weight: 1 }];
  assert.deepEqual(prefer, [{ when: { feature: ['x'], imageDetail: ['low'] }, to }]);
  assert.deepEqual(split, { name: 't', share: 0.05, by: 'call', to });
});

const WRONG: readonly (readonly [string, RegExp])[] = [
  ['prefer: [{ when: {}, to: p/b }]', /models\.smart\.prefer\[0\]\.when must be at least one condition/],
  ['prefer: [{ when: { pfd: true }, to: p/b }]', /models\.smart\.prefer\[0\]\.when\.pfd.*pdf/],
  ['prefer: [{ when: { pdf: true }, to: q/b }]', /models\.smart\.prefer\[0\]\.to.*"q"/],
  ['prefer: [{ when: { pdfPages: { atLeast: 9, atMost: 3 } }, to: p/b }]', /pdfPages can never hold: atLeast 9 is above atMost 3/],
  ['prefer: [{ when: { pdfPages: {} }, to: p/b }]', /pdfPages must be bounds of pages: atLeast, atMost or both/],
  [
    'prefer: [{ when: { pdf: false, pdfPages: { atLeast: 1 } }, to: p/b }]',
    /when\.pdfPages can never hold: there are no pages where pdf is/,
  ],
  ['prefer: [{ when: { pdfPages: { atMost: 0 } }, to: p/b }]', /when\.pdfPages can never hold: a PDF has a page at least/],
  ['prefer: [{ when: { images: false, imageDetail: low }, to: p/b }]', /when\.imageDetail can never hold: images asks for calls without/],
  ['prefer: [{ when: { images: { atMost: 0 }, imageDetail: low }, to: p/b }]', /when\.imageDetail can never hold: images asks for calls/],
  ['prefer: [{ when: { imageDetail: lo }, to: p/b }]', /when\.imageDetail must be "auto" or "low" or "high" or "original".*, got "lo"/],
  [
    'prefer: [{ when: { imageDetail: [low, hi] }, to: p/b }]',
    /when\.imageDetail\[1\] must be "auto" or "low" or "high" or "original", got "hi"/,
  ],
  ['prefer: [{ when: { language: de_AT }, to: p/b }]', /when\.language must be a language such as "de" or "de-AT".*, got "de_AT"/],
  ['prefer: [{ when: { language: [de, de_AT] }, to: p/b }]', /when\.language\[1\] must be a language such as "de" or "de-AT", got "de_AT"/],
  ['prefer: [{ when: { language: [] }, to: p/b }]', /when\.language must be a list of languages/],
  ['split: { name: t, percent: 500, to: p/b }', /models\.smart\.split\.percent must be a number from 0 to 100/],
  ['strategy: cheap', /models\.smart\.strategy must be "ordered" or "weighted" or "cheapest" or "fastest" or "sticky"/],
];
for (const [written, expected] of WRONG)
  test(`${written} is refused by name`, () => {
    const found = read(written);
    assert.ok('problems' in found);
    assert.match(found.problems.map((problem) => problemText(problem)).join('\n'), expected);
  });
