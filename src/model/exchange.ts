import type { Failure } from './failure.ts';

/** The network as the pipeline sees it: one request out, one answer back in callbacks, nothing allocated per promise. */
export interface Network {
  /** Sends at once. Throws a `HeadgateError` where there is nothing to send it with. Exactly one of `onEnd` and `onError` ends the exchange, unless it was aborted: then neither comes. */
  send(request: OutgoingRequest, receiver: Receiver): Exchange;
}

/** A request to a provider, before its address and key are put to it. */
export interface OutgoingRequest {
  /** Name of the provider whose address, keys, headers and time-outs apply. */
  readonly provider: string;
  readonly method: 'GET' | 'POST';
  /** Below the provider's base URL, with a leading slash and any query. */
  readonly path: string;
  /** Lower-case names. The network adds the provider's own headers and key, host, length and accept-encoding. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Which of the provider's keys it is sent with, by its place; absent: they take turns. */
  readonly key?: number;
  /** How much longer than usual its time-outs are; 1 unless told. */
  readonly patience?: number;
}

/** Who hears what comes back. */
export interface Receiver {
  onHead(status: number, headers: Readonly<Record<string, string>>): void;
  onData(bytes: Buffer): void;
  onEnd(): void;
  /** `unreachable` (never connected), `slow` (a time-out; its message says which), `interrupted` (broke off) or `broken`. */
  onError(failure: Failure): void;
}

/** A request on its way. */
export interface Exchange {
  /** Whether the request is on its way to the provider, or was; before that it waits for a connection. */
  readonly asked: boolean;
  /** Gives up and closes the road; no callback comes after it. */
  abort(): void;
  /** Stops reading until `resume`: the far side waits. */
  pause(): void;
  resume(): void;
}
