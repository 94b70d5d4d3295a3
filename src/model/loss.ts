import type { Json } from './json.ts';

/**
 * Something the source said that the target's dialect cannot say, with what it said: wire and
 * losses together still hold everything the source held.
 */
export interface Loss {
  /** Where in the canonical request or reply, e.g. `turns[2].parts[0].seal`. */
  readonly path: string;
  readonly value: Json;
  readonly kind: 'dropped' | 'changed';
  readonly impact: Impact;
  readonly note: string;
}

/**
 * What the caller may notice: words or pictures gone missing (`content`), how the model acts
 * (`behavior`), the bill (`cost`), or nothing at all (`none`: ids, statuses and other bookkeeping,
 * kept in the report so that it is complete, left out of counts and lists shown to callers).
 */
export const IMPACTS = ['content', 'behavior', 'cost', 'none'] as const;
/** What a loss is worth: part of what was said, how it is answered, or only what it costs; `none` changes nothing. */
export type Impact = (typeof IMPACTS)[number];

/** A wire value, and what it could not carry. */
export interface Encoded<T> {
  readonly wire: T;
  readonly losses: readonly Loss[];
}
