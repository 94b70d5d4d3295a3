import type { Meter } from './usage.ts';

/** How large a call may become, known before it is sent. */
export interface Size {
  readonly inputTokens: {
    /** It cannot be more, but for what a provider's own tools fetch. */
    readonly most: number;
    /** About what it will be. */
    readonly likely: number;
  };
  readonly outputTokensMax: number;
  /** What its tokens may be billed as. */
  readonly inputMeters: readonly Meter[];
  readonly outputMeters: readonly Meter[];
  /** Tiers and regions it may be served in, in the provider's words; `undefined`: the usual one. */
  readonly tiers: readonly (string | undefined)[];
  readonly regions: readonly (string | undefined)[];
  /** Uses of tools billed by the piece, at most, by the wire's own name. */
  readonly fees: { readonly [name: string]: number };
}
