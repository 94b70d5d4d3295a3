import type { Json } from './json.ts';
import type { DialectName } from './part.ts';

/** Why a call, or one attempt at it, came to nothing — sorted by what to do about it. */
export interface Failure {
  readonly kind: FailureKind;
  readonly message: string;
  /** The provider's own code, e.g. `context_length_exceeded`. */
  readonly code?: string;
  /** The provider's own type, e.g. `rate_limit_error`. */
  readonly type?: string;
  /** The field at fault, e.g. `messages[2].content`. */
  readonly param?: string;
  /** HTTP status the provider answered with, if it answered. */
  readonly status?: number;
  /** How long the provider asked us to wait, in milliseconds; 0: it may be asked again at once. As asked: caps are the policy's. */
  readonly retryAfterMs?: number;
  /** Word on another try (`x-should-retry`): the provider's own, over `retry: 'here'` both ways, or ours to our caller. */
  readonly shouldRetry?: boolean;
  /** The row of the taxonomy that sorted what the provider said, e.g. `openai.insufficient_quota`; `headgate explain-error` tells it. */
  readonly rule?: string;
  /** The provider's id for the request. */
  readonly requestId?: string;
  /** What the provider said, whole: a caller who speaks the same dialect gets it unchanged. */
  readonly wire?: { readonly dialect: DialectName; readonly body: Json };
}

interface Nature {
  /** Where another try makes sense: here again, only at another target, only at one with a larger window, or nowhere. */
  readonly retry: 'here' | 'elsewhere' | 'larger' | 'never';
  /** Whether it speaks against the target's health. */
  readonly trips: boolean;
  /** Whether the key it came to is set aside: until a probe shows that it works again, for as long as the provider asks to wait, or not. */
  readonly parks: 'probe' | 'wait' | 'no';
  /** Status we answer our own caller with. */
  readonly status: number;
}

/** The whole of what each failure means to retry, breaker and caller, on one screen. */
export const FAILURES = {
  // The caller's doing.
  invalid: { retry: 'never', trips: false, parks: 'no', status: 400 },
  /** Too large in bytes, or larger than a limit per minute will ever let through. */
  oversized: { retry: 'elsewhere', trips: false, parks: 'no', status: 413 },
  /** The prompt is too long in tokens: only a larger window can help. */
  tooLong: { retry: 'larger', trips: false, parks: 'no', status: 400 },
  /** Refused for safety; never routed around by default. */
  filtered: { retry: 'never', trips: false, parks: 'no', status: 400 },
  cancelled: { retry: 'never', trips: false, parks: 'no', status: 499 },
  // The target's doing.
  /** Our key is wrong there, or may not do this: told of at once. The key rests, not the target: others may be good. */
  denied: { retry: 'elsewhere', trips: false, parks: 'probe', status: 502 },
  /** The provider does not know the model (or the thing asked for). */
  missing: { retry: 'elsewhere', trips: false, parks: 'no', status: 404 },
  /** Out of credit or over a spending cap; waiting does not help. */
  exhausted: { retry: 'elsewhere', trips: false, parks: 'probe', status: 429 },
  throttled: { retry: 'here', trips: false, parks: 'wait', status: 429 },
  overloaded: { retry: 'here', trips: true, parks: 'no', status: 503 },
  broken: { retry: 'here', trips: true, parks: 'no', status: 502 },
  // The road between.
  unreachable: { retry: 'here', trips: true, parks: 'no', status: 502 },
  slow: { retry: 'here', trips: true, parks: 'no', status: 504 },
  /** The answer broke off after some of it was delivered. */
  interrupted: { retry: 'never', trips: true, parks: 'no', status: 502 },
  // Our own refusal.
  unauthenticated: { retry: 'never', trips: false, parks: 'no', status: 401 },
  /** The gateway key is good, and may not do this. */
  forbidden: { retry: 'never', trips: false, parks: 'no', status: 403 },
  unroutable: { retry: 'never', trips: false, parks: 'no', status: 404 },
  /** What was asked cannot be carried to the target without losing what the caller told us not to lose. */
  lossy: { retry: 'elsewhere', trips: false, parks: 'no', status: 400 },
  /** The idempotency key stands for another request. */
  reused: { retry: 'never', trips: false, parks: 'no', status: 422 },
  overBudget: { retry: 'never', trips: false, parks: 'no', status: 402 },
  limited: { retry: 'never', trips: false, parks: 'no', status: 429 },
  /** A provider has all it is given to do at once, and enough wait already. */
  crowded: { retry: 'elsewhere', trips: false, parks: 'no', status: 503 },
  closing: { retry: 'never', trips: false, parks: 'no', status: 503 },
} as const satisfies Record<string, Nature>;

/** Anthropic's code for a `thread` it cannot go on with, upon which its SDK sends the conversation whole. */
export const NO_THREAD = 'thread_unsupported_request';

/** Why there is no answer: what is retried where, and which status callers get, follow from it (docs/errors.md). */
export type FailureKind = keyof typeof FAILURES;

/** The one error class. Thrown only to unwind; boundaries turn it back into its failure. */
export class HeadgateError extends Error {
  override readonly name: string = 'HeadgateError';
  readonly failure: Failure;
  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options);
    this.failure = failure;
  }
}

/** Leaves a decoder: the caller's request is wrong at `param`. */
export function invalid(message: string, param?: string): never {
  throw new HeadgateError({ kind: 'invalid', message, ...(param !== undefined && { param }) });
}

/** The failure behind anything thrown; an error that is not ours is a bug of ours, and says no more than its name. */
export const failureOf = (error: unknown): Failure =>
  error instanceof HeadgateError
    ? error.failure
    : { kind: 'broken', message: `internal error (${error instanceof Error ? error.name : typeof error})` };
