import type { Traits } from '../model/traits.ts';
import { fits } from './scopes.ts';

/** Bounds of a number, both within; at least one is set. */
export interface Bounds {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** What a request must be like: all that is named must hold. Lists are alternatives; patterns take `*` for any text. */
export interface When {
  readonly pdf?: boolean;
  readonly pdfPages?: Bounds;
  readonly images?: boolean | Bounds;
  /** Every picture has one of these; a request without pictures does not hold. */
  readonly imageDetail?: readonly string[];
  readonly audio?: boolean;
  readonly strictSchema?: boolean;
  readonly tools?: boolean;
  readonly thinking?: boolean;
  readonly stream?: boolean;
  readonly inputTokens?: Bounds;
  readonly feature?: readonly string[];
  readonly user?: readonly string[];
  /** By name; each named tag must have one of its values. */
  readonly tags?: Readonly<Record<string, readonly string[]>>;
  /** Such as `de`, which `de-AT` fits too; in whichever case. */
  readonly language?: readonly string[];
}

/** The first condition a request does not meet, in words such as `pdf: there is none`; undefined when all hold. */
export function unmet(when: When, traits: Traits): string | undefined {
  for (const name of Object.keys(when) as (keyof When)[]) {
    const why = CONDITIONS[name](when[name] as never, traits);
    if (why !== undefined) return `${name}: ${why}`;
  }
  return undefined;
}

type Condition<T> = (wanted: NonNullable<T>, traits: Traits) => string | undefined;

const isThere = (wanted: boolean, there: boolean): string | undefined =>
  wanted === there ? undefined : there ? 'there is some' : 'there is none';

const within = ({ atLeast, atMost }: Bounds, number: number | undefined): string | undefined => {
  if (number === undefined) return 'cannot be told';
  if (atLeast !== undefined && number < atLeast) return `${number} is below ${atLeast}`;
  return atMost !== undefined && number > atMost ? `${number} is above ${atMost}` : undefined;
};

const oneOf = (patterns: readonly string[], value: string | undefined): string | undefined =>
  value !== undefined && patterns.some((pattern) => fits(pattern, value))
    ? undefined
    : value === undefined
      ? 'the call names none'
      : `"${value}" is not among ${patterns.join(', ')}`;

const CONDITIONS: { readonly [N in keyof When]-?: Condition<When[N]> } = {
  pdf: (wanted, { pdfs }) => isThere(wanted, pdfs > 0),
  pdfPages: (bounds, { pdfs, pdfPages }) => (pdfs === 0 ? 'there is no PDF' : within(bounds, pdfPages)),
  images: (wanted, { images }) => (typeof wanted === 'boolean' ? isThere(wanted, images > 0) : within(wanted, images)),
  imageDetail(details, { imageDetails }) {
    if (imageDetails.length === 0) return 'there are no images';
    const other = imageDetails.find((detail) => !details.includes(detail));
    return other === undefined ? undefined : `one is "${other}"`;
  },
  audio: (wanted, { audio }) => isThere(wanted, audio),
  strictSchema: (wanted, { strictSchema }) => isThere(wanted, strictSchema),
  tools: (wanted, { tools }) => isThere(wanted, tools),
  thinking: (wanted, { thinking }) => isThere(wanted, thinking),
  stream: (wanted, { stream }) => (wanted === stream ? undefined : stream ? 'it streams' : 'it does not stream'),
  inputTokens: (bounds, { inputTokens }) => within(bounds, inputTokens),
  feature: (patterns, { feature }) => oneOf(patterns, feature),
  user: (patterns, { user }) => oneOf(patterns, user),
  tags(wanted, { tags }) {
    for (const [name, patterns] of Object.entries(wanted)) {
      const why = oneOf(patterns, tags[name]);
      if (why !== undefined) return `${name}: ${why}`;
    }
    return undefined;
  },
  language(languages, { language }) {
    if (language === undefined) return 'the call names none';
    const holds = (one: string) => language === one || language.startsWith(`${one}-`);
    return languages.some((one) => holds(one.toLowerCase())) ? undefined : `"${language}" is not among ${languages.join(', ')}`;
  },
};
