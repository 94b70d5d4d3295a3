import type { Asking } from '../lanes/lane.ts';
import type { Caller } from '../model/caller.ts';
import type { Failure, FailureKind } from '../model/failure.ts';
import type { Running, Sink } from '../model/sink.ts';
import type { World } from '../world/world.ts';
import type { AdminRooms } from './admin/rooms.ts';
import type { BatchDoors } from './batches/route.ts';

/** What the door needs from the rooms behind it. */
export interface DoorRooms {
  readonly world: World;
  readonly limits: DoorLimits;
  /** Starts a call; whatever becomes of it is told to the sink. */
  call(asking: Asking, sink: Sink): Running;
  /** Who shows this key, or `unauthenticated`. Asked without a key, a gateway that needs none answers `anonymous`. */
  authenticate(key: string | undefined): Caller | Failure;
  /** Hears of each call the door itself turns away, and why. */
  refused?(kind: FailureKind): void;
  /** Answers what is no endpoint of callers; undefined: there is nothing at that path. */
  page?(head: RequestHead): Page | undefined;
  /** What this caller may name as `model`, in the order to show. */
  models(caller: Caller): readonly ModelListing[];
  /** The model of a name that this caller can call, listed or not (`provider/model` is not). */
  model(id: string, caller: Caller): ModelListing | undefined;
  /** How long the answers to new batches and deferred calls are kept under their idempotency keys; absent: those count for nothing. */
  readonly idempotency?: { readonly windowMs: number } | undefined;
  /** What files and batches are kept in; absent: no ledger is kept. */
  readonly batches?: BatchDoors | undefined;
  /** What the admin API works on; absent: there is none. */
  readonly admin?: AdminRooms;
  /** Whether new calls are welcome: false while starting and while closing. */
  ready(): boolean;
}

/** How much one request may hold. */
export interface DoorLimits {
  /** Largest request body, in bytes, counted after unpacking. */
  readonly bodyBytesMax: number;
  /** Deepest nesting of a request's JSON. */
  readonly depthMax: number;
}

/** A whole answer for people or their tools, in no dialect. */
export interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A model as the model endpoints show it. */
export interface ModelListing {
  readonly id: string;
  /** Unix seconds; 0 where nobody knows. */
  readonly createdS: number;
  /** Who serves it first. */
  readonly provider: string;
  readonly displayName?: string;
  readonly contextTokens?: number;
  readonly outputTokensMax?: number;
}

/** A request before its body. */
export interface RequestHead {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  /** Lower-case names. */
  readonly headers: RequestHeaders;
}

export type RequestHeaders = { readonly [name: string]: string | readonly string[] | undefined };

/** A whole request. */
export interface DoorRequest extends RequestHead {
  readonly body: Buffer;
}

/** Where an answer's bytes go: a `Sink` that need not know how a dialect says no. */
export type Outlet = Omit<Sink, 'fail'>;
