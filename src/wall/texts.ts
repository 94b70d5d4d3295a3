/** Sixty tokens, each its own word, so that whose answer it is, and how much of it, can be read off any piece. */
const words = (initial: string) => Array.from({ length: 60 }, (_, index) => `${initial}${String(index + 1).padStart(2, '0')}`).join(' ');

/** What each upstream says when it is well: words, model and usage are its own. */
export const ANSWERS = {
  primary: { text: words('p'), model: 'sim-primary', usage: { input: 101, output: 60 } },
  fallback: { text: words('f'), model: 'sim-fallback', usage: { input: 202, output: 60 } },
} as const;

export type Role = keyof typeof ANSWERS;

export const ROLES = ['primary', 'fallback'] as const satisfies readonly Role[];

/** The dialects the wall is built in, by the vendor who speaks it. */
export const VENDORS = ['openai', 'anthropic'] as const;
export type Vendor = (typeof VENDORS)[number];

/** Events of a stream before the one that holds the first token. */
export const PREAMBLE_EVENTS: Readonly<Record<Vendor, number>> = { openai: 1, anthropic: 3 };

/** Whose fallback a model has: its own vendor's, or, crossed, the other's, where every answer must be translated. */
export const fallbackVendor = (vendor: Vendor, crossed: boolean): Vendor => (crossed === (vendor === 'openai') ? 'anthropic' : 'openai');
