import { z } from 'zod';
import { LANGUAGE } from '../model/language.ts';
import type { Words } from './schema.ts';

const LANGUAGE_WORDS = 'a language such as "de" or "de-AT"';
/** What OpenAI's formats know; elsewhere pictures have none, which reads as `auto`. */
const IMAGE_DETAILS = ['auto', 'low', 'high', 'original'] as const;

/**
 * The settings of a model name that choose among targets by what a call is like, try others on a share of calls, or
 * copy calls. What values look like is handed in: the two files would need each other else.
 */
export function routingSettings(
  {
    count,
    flag,
    list,
    named,
    object,
    oneOf,
    share,
    text,
    whole,
  }: Pick<Words, 'count' | 'flag' | 'list' | 'named' | 'object' | 'oneOf' | 'text' | 'whole'> & {
    readonly share: Words['positive'];
  },
  target: z.ZodString,
) {
  const bounds = (what: string) =>
    object({ atLeast: whole(0, 1_000_000_000).optional(), atMost: whole(0, 1_000_000_000).optional() }).refine(
      ({ atLeast, atMost }) => atLeast !== undefined || atMost !== undefined,
      { error: `bounds of ${what}: atLeast, atMost or both` },
    );
  const oneOrMore = <T extends z.ZodType<string>>(word: T, what: string) => z.union([word.transform((one) => [one]), list(word, what)]);
  const words = (what: string) => oneOrMore(text(what), `a list of ${what}`);
  const when = object({
    pdf: flag().optional().describe('Whether it holds a PDF'),
    pdfPages: bounds('pages').optional().describe('Pages of its PDFs together; one that cannot be counted does not hold'),
    images: z
      .union([flag(), bounds('pictures')])
      .optional()
      .describe('Whether it holds pictures, or how many'),
    imageDetail: oneOrMore(oneOf(IMAGE_DETAILS), 'a list of details')
      .optional()
      .describe('The `detail` of all its pictures; `auto` where they name none'),
    audio: flag().optional().describe('Whether it holds sounds'),
    strictSchema: flag().optional().describe('Whether its answer must fit a JSON Schema strictly'),
    tools: flag().optional().describe('Whether it brings tools'),
    thinking: flag().optional().describe('Whether it asks for thinking: any effort but `none`'),
    stream: flag().optional().describe('Whether its answer is streamed'),
    inputTokens: bounds('tokens').optional().describe('Tokens of the question, about'),
    feature: words('features').optional().describe('`*` stands for any text'),
    user: words('users').optional().describe('`*` stands for any text'),
    tags: named(words('values'), 'a mapping of tags to values').optional().describe('Every one must fit'),
    language: oneOrMore(text(LANGUAGE_WORDS).regex(LANGUAGE, { error: LANGUAGE_WORDS }), 'a list of languages')
      .optional()
      .describe("The first of the caller's `accept-language`"),
  }).refine((written) => Object.values(written).some((value) => value !== undefined), { error: 'at least one condition' });
  const to = z.union([target.transform((one) => [one]), list(target, 'a list of targets')]);
  return {
    prefer: z
      .array(
        object({ when: when.describe('What a call must be like, all of it'), to: to.describe('Tried first, the targets after them') }),
        {
          error: 'a list of preferences',
        },
      )
      .optional()
      .describe('Where calls of some kind go first; the first that fits counts'),
    split: object({
      name: text('a name for the trial').describe('Calls are tagged `split: NAME/control` or `split: NAME/treatment`'),
      percent: share('a number from 0 to 100', 100).describe('Share of calls, in a hundred, that go to other targets first'),
      to: to.describe('Those targets'),
      by: oneOf(['call', 'user']).optional().describe('Whether each call is drawn, or each user once and for all; call'),
    })
      .optional()
      .describe('Tries other targets on a share of the calls'),
    shadow: object({
      to: to.describe('Where copies go'),
      percent: share('a number from 0 to 100', 100).describe('Share of calls, in a hundred, that are copied'),
      concurrencyMax: count().optional().describe('Copies under way at most; further calls are not copied; 8'),
    })
      .optional()
      .describe('Sends copies of calls elsewhere, to compare what they cost and how they end; nobody is answered with them'),
  };
}
