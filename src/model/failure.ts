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
  /** How long the provider asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The provider's id for the request. */
  readonly requestId?: string;
  /** What the provider said, whole: a caller who speaks the same dialect gets it unchanged. */
  readonly wire?: { readonly dialect: DialectName; readonly body: Json };
}

interface Nature {
  /** Where another try makes sense: here again, only at another target, or nowhere. */
  readonly retry: 'here' | 'elsewhere' | 'never';
  /** Whether it speaks against the target's health. */
  readonly trips: boolean;
  /** Status we answer our own caller with. */
  readonly status: number;
}

/** The whole of what each failure means to retry, breaker and caller, on one screen. */
export const FAILURES = {
  // The caller's doing.
  invalid: { retry: 'never', trips: false, status: 400 },
  /** The body is too large in bytes. */
  oversized: { retry: 'elsewhere', trips: false, status: 413 },
  /** The prompt is too long in tokens: only a larger window can help. */
  tooLong: { retry: 'elsewhere', trips: false, status: 400 },
  /** Refused for safety; never routed around by default. */
  filtered: { retry: 'never', trips: false, status: 400 },
  cancelled: { retry: 'never', trips: false, status: 499 },
  // The target's doing.
  /** Our key is wrong there, or may not do this. */
  denied: { retry: 'elsewhere', trips: true, status: 502 },
  /** The provider does not know the model (or the thing asked for). */
  missing: { retry: 'elsewhere', trips: false, status: 404 },
  /** Out of credit or over a spending cap; waiting does not help. */
  exhausted: { retry: 'elsewhere', trips: true, status: 429 },
  throttled: { retry: 'here', trips: false, status: 429 },
  overloaded: { retry: 'here', trips: true, status: 503 },
  broken: { retry: 'here', trips: true, status: 502 },
  // The road between.
  unreachable: { retry: 'here', trips: true, status: 502 },
  slow: { retry: 'here', trips: true, status: 504 },
  /** The answer broke off after some of it was delivered. */
  interrupted: { retry: 'never', trips: true, status: 502 },
  // Our own refusal.
  unauthenticated: { retry: 'never', trips: false, status: 401 },
  /** The gateway key is good, and may not do this. */
  forbidden: { retry: 'never', trips: false, status: 403 },
  unroutable: { retry: 'never', trips: false, status: 404 },
  /** What was asked cannot be carried to the target without losing what the caller told us not to lose. */
  lossy: { retry: 'elsewhere', trips: false, status: 400 },
  /** The idempotency key stands for another request. */
  reused: { retry: 'never', trips: false, status: 422 },
  overBudget: { retry: 'never', trips: false, status: 402 },
  limited: { retry: 'never', trips: false, status: 429 },
  closing: { retry: 'never', trips: false, status: 503 },
} as const satisfies Record<string, Nature>;

export type FailureKind = keyof typeof FAILURES;

/** The one error class. Thrown only to unwind; boundaries turn it back into its failure. */
export class HeadgateError extends Error {
  override readonly name = 'HeadgateError';
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
