import type { Attempt, Target } from '../model/attempt.ts';
import type { Caller } from '../model/caller.ts';
import type { ModelFacts } from '../model/facts.ts';
import type { Failure } from '../model/failure.ts';
import type { Loss } from '../model/loss.ts';
import type { Machine } from '../model/machine.ts';
import type { ProviderOptions } from '../model/make-call.ts';
import type { Money } from '../model/money.ts';
import type { CallerDialect } from '../model/part.ts';
import type { Finish, ModelEvent } from '../model/reply.ts';
import type { ModelRequest } from '../model/request.ts';
import type { Usage } from '../model/usage.ts';
import type { BodyAccount } from './account.ts';
import type { Joint } from './joint.ts';
import type { Spans } from './scan.ts';
import type { Vault } from './vault.ts';

/** What is asked for: an answer, the size of a question, or vectors. */
export type Operation = 'generate' | 'count' | 'embed';

/** What a caller asked, with as much read as routing needs and the rest still in bytes. */
export interface Inbound {
  readonly operation: Operation;
  readonly dialect: CallerDialect;
  readonly body: Buffer;
  /**
   * The caller's headers that may go upstream, lower case. Relayed, they go along; translated, those
   * that change the request's meaning (`anthropic-beta`) are losses and the rest stay behind.
   */
  readonly headers: Readonly<Record<string, string>>;
  readonly head: Head;
  /** Fields to set in the body sent, by provider or vendor: each reaches its own and no other. Only callers in process have them. */
  readonly providerOptions?: ProviderOptions;
  /** `x-headgate-max-visible-tokens`: room for so much of the answer to be seen, over any limit in the body; only of `generate`. */
  readonly maxVisibleTokens?: number;
  /** The whole request in canonical form; decoded on first use, then kept. Throws `invalid`. */
  decode(): ModelRequest;
}

/** One call as asked: what, by whom, on what terms. */
export interface Asking {
  readonly inbound: Inbound;
  readonly caller: Caller;
  /** The caller's own words in `x-headgate-on-loss`, over those of the route. */
  readonly onLoss?: string;
  /** `x-headgate-deadline-ms`: the caller's own deadline, within that of the route. */
  readonly deadlineMs?: number;
  /** `idempotency-key`: the caller's name for this call, under which it may be asked for again and is made once. */
  readonly idempotencyKey?: string;
  /** `x-headgate-priority`: who waits and who is turned away when a provider has all it can take; `normal` unless told. */
  readonly priority?: 'high' | 'normal' | 'low';
  /** The first of the caller's `accept-language`, lower case. */
  readonly language?: string;
  /** Which side of its model's split the call is on, or that it is a copy only made to compare. */
  readonly arm?: Arm;
  /** Set when a copy of the call is made for its model's `shadow`. */
  readonly copied?: true;
  /** Hears what the call came to, once it is booked and before its end is told: for callers in process. */
  readonly booked?: (outcome: Booked) => void;
}

/** `control`: where calls go anyhow; `treatment`: where a share of them goes to try it; `shadow`: a copy nobody waits for. */
export type Arm = 'control' | 'treatment' | 'shadow';

/** What a call came to, as booked: nothing where none of its attempts was sent. */
export interface Booked {
  readonly callId: string;
  readonly attempts: readonly Attempt[];
  /** Asked and answered in all of them. */
  readonly tokens: number;
  /** Of all of them; null when one has no price. */
  readonly cost: Money | null;
}

/** Top-level facts of a request body, read without building the document. */
export interface Head {
  readonly model: string;
  readonly stream: boolean;
  readonly maxOutputTokens: number | undefined;
  readonly hasTools: boolean;
  /** On whose account the body says the call is. */
  readonly account: BodyAccount;
  /** `reasoning_effort`, where it is a top-level string (Chat). */
  readonly effort: string | undefined;
  readonly spans: Spans;
}

/** Where a request goes and what is known of it. */
export interface Way {
  readonly target: Target;
  readonly facts: ModelFacts;
  /** Unix seconds now, for answers that must bear a date. */
  readonly nowS: number;
  /** Whether the provider's streams may be asked for usage. */
  readonly includeUsage: boolean;
  /** Whether missing tool results are filled in and duplicates dropped, instead of refused. */
  readonly repair: boolean;
  /** Thoughts kept for callers whose dialect cannot hold them, and the account they are kept under. */
  readonly vault: Vault;
  readonly owner: string;
  /** What is lost already, before the request is put in the target's words. */
  readonly losses?: readonly Loss[];
  /** Whether thoughts are no content: held back until the first word or call, they can still be thrown away. */
  readonly holdsThoughts?: boolean;
  /** The answer so far, where another attempt may write on from where one broke off. */
  readonly joint?: Joint<Writer>;
}

/** How one request goes to one target and how the answer comes back. Pure but for the vault: bytes in, bytes and facts out. */
export type Lane = (inbound: Inbound, way: Way) => Outbound;

/** A request ready to send; `losses` are known before anything is sent. */
export interface Outbound {
  readonly path: string;
  /** Lower-case names; the network adds keys and lengths. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly losses: readonly Loss[];
  /** A fresh machine for a 2xx answer of this content type. */
  answer(contentType: string): AnswerMachine;
  /** The failure a non-2xx answer means; `nowMs` is Unix time, for answers that say a date. */
  failure(
    answer: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string },
    nowMs: number,
  ): Failure;
  /** The answer's body where none need be asked of a provider (a token count we estimate ourselves). */
  readonly local?: Buffer;
}

/** Upstream bytes in, what to deliver out — already in the caller's dialect. */
export interface AnswerMachine extends Machine<Buffer, Delivery> {
  /** What the caller is told the body is: `application/json` or `text/event-stream`. */
  readonly contentType: string;
  /** Bytes that end a delivered stream with an explicit error in the caller's dialect. */
  cut(failure: Failure): Buffer;
  readonly servedModel: string | undefined;
  /** What the provider has reported so far: of an answer that breaks off, all that is known. */
  readonly usage: Usage | undefined;
  /** Our own estimate of the tokens written so far, for answers that break off, or end, before the provider reports them. */
  readonly writtenTokens?: number | undefined;
  /** Set once the answer is complete though its connection is not: what still comes is passed on, what breaks now takes nothing away. */
  readonly whole?: End | undefined;
}

/** Events in, what to deliver out: the writing half of a translated answer. */
export interface Writer {
  push(event: ModelEvent): Iterable<Delivery>;
  cut(failure: Failure): Buffer;
  /** Adds to the report at the end of the answer. */
  note(loss: Loss): void;
}

/** `bytes` of a stream are whole events, so a comment may follow any of them. */
export type Delivery =
  /** `content`: the first such ends the right to try elsewhere. */
  | { readonly type: 'bytes'; readonly bytes: Buffer; readonly content: boolean }
  | End
  | { readonly type: 'fail'; readonly failure: Failure };

/** The answer is over, and nothing was wrong with it. */
export interface End {
  readonly type: 'end';
  readonly finish: Finish;
  readonly usage?: Usage;
  readonly losses: readonly Loss[];
}
