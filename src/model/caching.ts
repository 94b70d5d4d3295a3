/** A stretch of what a question says before its turns, in the order it is cached: a tool, a part of the instructions, a leading system message. */
export interface Segment {
  /** `tools[2]`, `instructions[0]`, `turns[0].parts[0]`. */
  readonly place: string;
  readonly text: string;
}

/** The places of a question at which a prefix may end: after what stands before its turns, then after each turn. */
export interface Prefixes {
  /** A digest of all up to there. */
  readonly digests: readonly string[];
  /** Tokens up to there, about. */
  readonly tokens: readonly number[];
}

/** What to ask of a provider's cache for one question. */
export interface CachePlan {
  /** Where a prefix is to end, which of `Prefixes`, and how long it is to be kept; first to last, at most four. */
  readonly marks: readonly { readonly at: number; readonly minutes: number }[];
  /** The provider is to write nothing unasked. */
  readonly explicit: boolean;
}
