import type { Asking, Inbound } from '../lanes/lane.ts';
import type { Vault } from '../lanes/vault.ts';
import type { Attempt, Target } from '../model/attempt.ts';
import type { Network } from '../model/exchange.ts';
import type { ModelFacts } from '../model/facts.ts';
import type { Failure } from '../model/failure.ts';
import type { Money } from '../model/money.ts';
import type { Hedge } from '../policy/hedge.ts';
import type { RetryPolicy } from '../policy/next.ts';
import type { OnCut } from '../policy/on-cut.ts';
import type { OnLoss } from '../policy/on-loss.ts';
import type { World } from '../world/world.ts';
import type { Crowd } from './crowd.ts';
import type { Health } from './health.ts';

/** What the life of a call needs from the rooms below. */
export interface Rooms {
  readonly world: World;
  readonly network: Network;
  readonly vault: Vault;
  readonly health: Health;
  readonly crowd: Crowd;
  /**
   * Routes the call and sets aside what it may cost, or says why not; decides at once or later. May throw a
   * `HeadgateError`. Whoever was admitted is accounted for exactly once, sent or not.
   */
  admit(call: NewCall, decide: (outcome: Admission | Refusal) => void): void;
  /** What a provider said, without the keys it was called with: some quote them in their errors. */
  hideKeys(provider: string, said: string): string;
  /** Books a call that is over. Returns what its last attempt cost; null when that has no price. */
  account(call: FinishedCall): Money | null;
  /** Runs `work` once what was booked cannot be lost any more: callers see the end of an answer no sooner. At once unless told. */
  onceSafe?(work: () => void): void;
  /** The call's question as a target is to be sent it; as it was asked unless told. */
  sent?(asking: Asking, choice: Choice): Inbound;
  /** Calls of the same, 32 bits, go by the same key of a provider: where caches are a key's own. Absent: keys take turns. */
  affinity?(asking: Asking): number | undefined;
  /** Whether what is set aside for the call covers one more attempt there, `times` as dear (1 unless told), after those `past` or under way; always unless told. */
  covers?(callId: string, target: Target, past: readonly Attempt[], times?: number): boolean;
  /** How often calls are looked at, in milliseconds: how late a time-out may be noticed. 500 unless told. */
  watchEveryMs?(): number;
}

/** A call that is to be let in. */
export interface NewCall {
  readonly callId: string;
  readonly asking: Asking;
}

/** Why a call is not let in, and what its caller is told of its limits beside. */
export type Refusal = Failure & { readonly headers?: Readonly<Record<string, string>> };

/** Where a call may go, and by which rules. */
export interface Admission {
  /** At least one, preferred first. */
  readonly choices: readonly Choice[];
  readonly deadlineMs: number;
  readonly retry: RetryPolicy;
  readonly onLoss: OnLoss;
  readonly onCut: OnCut;
  readonly hedge?: Hedge;
  readonly repair: boolean;
  /** `retry`: an answer that reasoning ate is asked for once more, with a larger limit. */
  readonly onStarved?: 'retry';
  /** Told to the caller with the answer, whatever becomes of it: limits and what is left of them. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A target with what is known of it. */
export interface Choice {
  readonly target: Target;
  readonly facts: ModelFacts;
  readonly includeUsage: boolean;
  /** From the start of an attempt that streams to its first content, in milliseconds; absent: as long as it takes. */
  readonly firstContentMs?: number;
  /** How much longer the time-outs are with each further attempt; 1 unless told. */
  readonly timeoutGrowth?: number;
}

/** A call that is over. */
export interface FinishedCall extends NewCall {
  /** Those that were sent, in order; none for a call that was admitted and could not be sent anywhere. */
  readonly attempts: readonly Attempt[];
  /** What of the call's time was Headgate's own doing, in milliseconds. */
  readonly overheadMs: number;
}
