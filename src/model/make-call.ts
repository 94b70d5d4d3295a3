import type { Target } from './attempt.ts';
import type { Caller } from './caller.ts';
import type { JsonObject } from './json.ts';
import type { Loss } from './loss.ts';
import type { Money } from './money.ts';
import type { ModelEvent } from './reply.ts';
import type { ModelRequest } from './request.ts';
import type { Usage } from './usage.ts';

/** Makes a call in process: asked in canonical form, answered as events. Rooms that make calls are handed one of these. */
export type MakeCall = (request: ModelRequest, terms: CallTerms) => CallAnswer;

/** On whose account and on what terms; what is absent is as the route says. */
export interface CallTerms {
  readonly caller: Caller;
  /** Aborted: the call ends, and what was spent is booked. */
  readonly signal?: AbortSignal;
  /** The caller's own deadline in milliseconds, within that of the route. */
  readonly deadlineMs?: number;
  /** The caller's own words on losses, as in `x-headgate-on-loss`. */
  readonly onLoss?: string;
  readonly priority?: 'high' | 'normal' | 'low';
  readonly idempotencyKey?: string;
  readonly providerOptions?: ProviderOptions;
  /** Room for so many tokens of the answer to be seen, whatever is reasoned before; over the request's `maxOutputTokens`. */
  readonly maxVisibleTokens?: number;
}

/**
 * Fields for the top of the body that is sent, in the wire's own words and in the place of ours, by the name of
 * a provider or of a vendor (`openai`, `anthropic`). Each reaches its own and no other.
 */
export type ProviderOptions = { readonly [provider: string]: JsonObject };

/** The events of one answer, to be read once. A failure is the last event (`fail`); reading throws for nothing else. Leaving early ends the call. */
export interface CallAnswer extends AsyncIterable<ModelEvent> {
  /** What was lost so far: by the first event, all that the way to the provider lost. */
  readonly losses: readonly Loss[];
  /** What became of the call, once it is booked. Never rejects. */
  readonly receipt: Promise<Receipt>;
}

/** What a call came to. */
export interface Receipt {
  /** Empty where the caller left before the call was let in. */
  readonly callId: string;
  /** How many attempts were sent; none where an earlier call's answer is given again under its idempotency key. */
  readonly attempts: number;
  /** Whose answer it was, if one came. */
  readonly target?: Target;
  readonly servedModel?: string;
  /** Of the answer alone. */
  readonly usage?: Usage;
  /** Asked and answered in all its attempts; absent where nothing was booked. */
  readonly tokens?: number;
  /** What all its attempts cost; null when one of them has no price. */
  readonly cost: Money | null;
  readonly losses: readonly Loss[];
}

/** A call in process as it is kept until it is made: in jobs and among deferred calls, as JSON. */
export type WrittenCall = { readonly request: ModelRequest } & Pick<CallTerms, 'providerOptions' | 'maxVisibleTokens'>;
