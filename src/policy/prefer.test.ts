import assert from 'node:assert/strict';
import test from 'node:test';
import type { Traits } from '../model/traits.ts';
import { unmet, type When } from './prefer.ts';

const NOTHING: Traits = {
  inputTokens: 100,
  tools: false,
  stream: false,
  images: 0,
  imageDetails: [],
  pdfs: 0,
  pdfPages: 0,
  audio: false,
  strictSchema: false,
  thinking: false,
  feature: undefined,
  user: undefined,
  tags: {},
  language: undefined,
};

const CASES: readonly (readonly [When, Partial<Traits>, string | undefined])[] = [
  [{ pdf: true }, { pdfs: 1 }, undefined],
  [{ pdf: true }, {}, 'pdf: there is none'],
  [{ pdf: false }, { pdfs: 1 }, 'pdf: there is some'],
  [{ pdfPages: { atMost: 100 } }, { pdfs: 1, pdfPages: 100 }, undefined],
  [{ pdfPages: { atMost: 100 } }, { pdfs: 2, pdfPages: 101 }, 'pdfPages: 101 is above 100'],
  [{ pdfPages: { atMost: 100 } }, {}, 'pdfPages: there is no PDF'],
  [{ pdfPages: { atLeast: 1 } }, { pdfs: 1, pdfPages: undefined }, 'pdfPages: cannot be told'],
  [{ images: true, strictSchema: true }, { images: 1, strictSchema: true }, undefined],
  [{ images: true, strictSchema: true }, { images: 1 }, 'strictSchema: there is none'],
  [{ images: { atLeast: 2 } }, { images: 1 }, 'images: 1 is below 2'],
  [{ imageDetail: ['low'] }, { images: 2, imageDetails: ['low', 'low'] }, undefined],
  [{ imageDetail: ['low'] }, { images: 2, imageDetails: ['low', 'auto'] }, 'imageDetail: one is "auto"'],
  [{ imageDetail: ['low'] }, {}, 'imageDetail: there are no images'],
  [{ inputTokens: { atLeast: 300_000 } }, { inputTokens: 299_999 }, 'inputTokens: 299999 is below 300000'],
  [{ inputTokens: { atLeast: 300_000 } }, { inputTokens: 300_000 }, undefined],
  [{ thinking: true }, {}, 'thinking: there is none'],
  [{ tools: true, audio: false }, { tools: true }, undefined],
  [{ stream: true }, {}, 'stream: it does not stream'],
  [{ feature: ['search-*', 'ask'] }, { feature: 'search-web' }, undefined],
  [{ feature: ['search-*', 'ask'] }, { feature: 'asking' }, 'feature: "asking" is not among search-*, ask'],
  [{ user: ['ann'] }, {}, 'user: the call names none'],
  [{ tags: { team: ['red', 'blue'] } }, { tags: { team: 'blue' } }, undefined],
  [{ tags: { team: ['red'], tier: ['gold'] } }, { tags: { team: 'red' } }, 'tags: tier: the call names none'],
  [{ language: ['de'] }, { language: 'de-at' }, undefined],
  [{ language: ['DE-at'] }, { language: 'de-at' }, undefined],
  [{ language: ['DE'] }, { language: 'de-at' }, undefined],
  [{ language: ['de'] }, { language: 'den' }, 'language: "den" is not among de'],
];

for (const [when, traits, expected] of CASES)
  test(`${JSON.stringify(when)} of ${JSON.stringify(traits)}: ${expected ?? 'holds'}`, () => {
    assert.equal(unmet(when, { ...NOTHING, ...traits }), expected);
  });
