import type { Charge } from '../accounting/charge.ts';
import type { Pricer } from '../accounting/pricer.ts';
import type { UsageRecord } from '../accounting/record.ts';
import type { Asking } from '../lanes/lane.ts';
import type { Target } from '../model/attempt.ts';
import type { DeferredCall } from '../model/deferred.ts';
import type { Network, OutgoingRequest } from '../model/exchange.ts';
import type { ModelFacts } from '../model/facts.ts';
import type { Failure } from '../model/failure.ts';
import type { Money } from '../model/money.ts';
import type { Running, Sink } from '../model/sink.ts';
import type { OnLoss } from '../policy/on-loss.ts';
import type { Ask } from '../store/ask.ts';
import type { Chunk } from '../store/chunks.ts';
import type { World } from '../world/world.ts';

/** What jobs need of the rooms beside them. */
export interface BatchRooms {
  readonly world: World;
  readonly network: Network;
  readonly ask: Ask;
  readonly pricer: () => Pricer;
  /** Where a line of a job goes, or why nowhere. Throws `invalid` when it cannot be read. */
  place(asking: Asking): Place | Failure;
  /** Makes one call the ordinary way. */
  call(asking: Asking, sink: Sink): Running;
  /** Books rows, and runs `work` once they cannot be lost any more. */
  book(rows: readonly UsageRecord[], asked: Asking['inbound'], work: () => void): void;
  /** Keeps how far a chunk is while it is being looked after; false when somebody else does by now. */
  keep(chunk: Chunk): Promise<boolean>;
  /** Does what holds many lines in memory, one such thing of a provider after another. */
  turn<T>(provider: string, work: () => Promise<T>): Promise<T>;
  /** The lines of an answer, some at a time. */
  lines(request: OutgoingRequest): AsyncIterable<readonly Buffer[]>;
  /** Resolves once everything booked is in the database. */
  flush(): Promise<void>;
  readonly funds: Funds;
  readonly hooks: Hooks;
  /** Jobs cannot be looked after, or can be again. */
  tell(state: 'failing' | 'recovered', message: string): void;
}

/** Where a line goes. */
export interface Place {
  readonly target: Target;
  readonly facts: ModelFacts;
  readonly onLoss: OnLoss;
  readonly repair: boolean;
  /** Whose batch API takes it; absent: none does, and it is asked like any other call. */
  readonly batch?: 'openai' | 'anthropic';
  /** Keys of the provider; a batch is seen by the one it was handed in with. */
  readonly keys: number;
}

/** What a line may take. */
export interface LineFunds {
  readonly inputTokens: number;
  /** About the most it costs; null where its model has no price. */
  readonly likely: Money | null;
  readonly wants: readonly FundsWant[];
}

/** What a line adds to an account, at the most. */
export interface FundsWant {
  readonly account: Charge['account'];
  readonly scope: Readonly<Record<string, string>>;
  readonly limit: bigint;
  readonly amount: Money;
  /** Whether the budget only tells when it is exceeded. */
  readonly soft: boolean;
}

/** Budgets, for jobs. */
export interface Funds {
  /** What a line may take there, or why it may not. Periods are those of `atMs`. */
  line(asking: Asking, place: Place, channel: 'sync' | 'batch', atMs: number): LineFunds | Failure;
  /** Sets aside what all the lines of a job may take, or says why not. */
  hold(job: string, wants: readonly FundsWant[], expiresMs: number): Promise<Failure | undefined>;
  /** Under which name that stands in the store. */
  holderOf(job: string): string;
  /** What a row charges. */
  charges(job: string, row: UsageRecord, wants: readonly FundsWant[]): readonly Charge[];
}

/** Whom callers may have told of answers. */
export interface Hooks {
  names(): readonly string[];
  /** Tells of a call that has its outcome; whether that was heard. Never rejects. */
  tell(name: string, call: DeferredCall): Promise<boolean>;
}
