import type { JsonObject } from './json.ts';

/**
 * What tokens are billed as. Meters never overlap, so a cost is a dot product; codecs do the
 * subtracting, because only they know what their wire's totals include.
 */
export const METERS = [
  'input',
  'cacheRead',
  'cacheWrite5m',
  'cacheWrite30m',
  'cacheWrite1h',
  'cacheWrite12h',
  'audioInput',
  'imageInput',
  'output',
  'audioOutput',
  'imageOutput',
] as const;
/** What tokens are counted as; each is counted once. */
export type Meter = (typeof METERS)[number];
/** Tokens by meter; what is absent is 0. */
export type Tokens = { readonly [M in Meter]?: number };

/** What an answer used, as its provider reported it. */
export interface Usage {
  /** Zero meters are left out. */
  readonly tokens: Tokens;
  /** Of the output tokens, how many were reasoning. Billed as output; kept for people to see. */
  readonly reasoningTokens?: number;
  /** Server-side tool uses billed by the piece, by the wire's own name, e.g. `web_search_requests`. */
  readonly fees?: { readonly [name: string]: number };
  /** The tier that served it, in the provider's words. */
  readonly tier?: string;
  /** Where it was processed, in the provider's words (Messages' `inference_geo`): some regions cost more. */
  readonly region?: string;
  /** Inference billed beside these tokens, such as a compaction or another model's part of the work (Messages' `iterations`). */
  readonly parts?: readonly UsagePart[];
  /** What the codec assumed in order to sort tokens into meters, e.g. `cache_write_ttl:5m`. */
  readonly assumed?: readonly string[];
  /** The provider's own usage object, as it came. */
  readonly wire?: JsonObject;
}

/** Tokens that `Usage.tokens` does not hold, and whose model they were. */
export interface UsagePart {
  /** The provider's word for it, e.g. `compaction`. */
  readonly kind: string;
  /** Absent: the model that served the answer. */
  readonly model?: string;
  readonly tokens: Tokens;
}

/** How long a prefix that is written to a provider's cache is kept, shortest first, and what its tokens are billed as. */
export const CACHE_LIVES = [
  { minutes: 5, meter: 'cacheWrite5m' },
  { minutes: 30, meter: 'cacheWrite30m' },
  { minutes: 60, meter: 'cacheWrite1h' },
  { minutes: 720, meter: 'cacheWrite12h' },
] as const satisfies readonly { readonly minutes: number; readonly meter: Meter }[];

/** The tokens of a question that were written to a cache, for however long. */
export const cacheWriteTokens = ({ tokens }: Pick<Usage, 'tokens'>): number =>
  (tokens.cacheWrite5m ?? 0) + (tokens.cacheWrite30m ?? 0) + (tokens.cacheWrite1h ?? 0) + (tokens.cacheWrite12h ?? 0);

/** The tokens of what was asked: everything but what the model wrote. */
export const inputTokens = ({ tokens }: Usage): number => INPUT_METERS.reduce((sum, meter) => sum + (tokens[meter] ?? 0), 0);
const INPUT_METERS = METERS.filter((meter) => !/output/i.test(meter));

/** The tokens the model wrote, reasoning included. */
export const outputTokens = ({ tokens }: Usage): number => (tokens.output ?? 0) + (tokens.audioOutput ?? 0) + (tokens.imageOutput ?? 0);

/** Whether it says anything: a report in words nobody knows, such as `{}`, is none, and to take it for zeros would make an answer free. */
export function isReport({ tokens, fees, parts, wire }: Usage): boolean {
  for (const _ in tokens) return true;
  return fees !== undefined || parts !== undefined || wire === undefined || COUNTERS.some((name) => wire[name] === 0);
}

const COUNTERS = ['prompt_tokens', 'completion_tokens', 'input_tokens', 'output_tokens'];
