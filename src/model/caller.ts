import type { KeyLimits, KeyScopes } from './key.ts';

/** Who is asking and on whose account. */
export interface Caller {
  /** The gateway key's id, or `anonymous`. Never the key itself. */
  readonly key: string;
  readonly feature?: string;
  readonly user?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Whether a call that names no feature is refused. */
  readonly featureRequired?: boolean;
  /** What the key may ask for, and how much it may take; absent: everything. */
  readonly scopes?: KeyScopes;
  readonly limits?: KeyLimits;
}
