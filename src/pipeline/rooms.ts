import type { Asking } from '../lanes/lane.ts';
import type { Vault } from '../lanes/vault.ts';
import type { Attempt, Target } from '../model/attempt.ts';
import type { Network } from '../model/exchange.ts';
import type { ModelFacts } from '../model/facts.ts';
import type { Failure } from '../model/failure.ts';
import type { Money } from '../model/money.ts';
import type { RetryPolicy } from '../policy/next.ts';
import type { OnLoss } from '../policy/on-loss.ts';
import type { World } from '../world/world.ts';

/** What the life of a call needs from the rooms below. */
export interface Rooms {
  readonly world: World;
  readonly network: Network;
  readonly vault: Vault;
  readonly retry: RetryPolicy;
  /** Routes the call, or says why not. May throw a `HeadgateError`. */
  admit(asked: Asking): Admission | Failure;
  /** What a provider said, without the keys it was called with: some quote them in their errors. */
  hideKeys(provider: string, said: string): string;
  /** Books a call that is over, before its caller sees the end. Returns what its last attempt cost; null when that has no price. */
  account(call: FinishedCall): Money | null;
}

export interface Admission {
  /** At least one, preferred first. */
  readonly choices: readonly Choice[];
  readonly deadlineMs: number;
  readonly onLoss: OnLoss;
  readonly repair: boolean;
}

/** A target with what is known of it. */
export interface Choice {
  readonly target: Target;
  readonly facts: ModelFacts;
  readonly includeUsage: boolean;
}

export interface FinishedCall {
  readonly callId: string;
  readonly asking: Asking;
  /** Those that were sent, in order. */
  readonly attempts: readonly Attempt[];
}
