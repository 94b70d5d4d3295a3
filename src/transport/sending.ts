import type { Exchange, Receiver } from '../model/exchange.ts';
import type { Failure } from '../model/failure.ts';
import type { Provider } from '../model/provider.ts';
import { createDecoder, type Decoder } from './decoder.ts';
import { brokenOff, closing, silence, tooSlow, unreachable, unreadable } from './failures.ts';
import type { Watch, Watched } from './watch.ts';

/** What carries the request: a connection of ours, or undici's where a proxy stands between. */
export interface Carrier {
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}
type WireHeaders = Record<string, string | string[] | undefined>;

/** One request and its answer: the carrier's callbacks on one side, the receiver's on the other. */
export class Sending implements Exchange, Watched {
  place = -1;
  readonly #provider: Provider;
  readonly #receiver: Receiver;
  readonly #watch: Watch;
  #carrier: Carrier | undefined;
  #decoder: Decoder | undefined;
  #phase: 'waiting' | 'asked' | 'answering' | 'over' = 'waiting';
  /** Set while the carrier may still call back at once, before the sender holds its exchange. */
  #dispatching = true;
  #paused = false;

  // Since when nothing has happened: noted at a look, so that the bytes themselves need not ask the time.
  #moved = true;
  #quietSinceMs = 0;

  /** `patience`: how much longer than usual the time-outs are. */
  constructor(provider: Provider, receiver: Receiver, watch: Watch, patience = 1) {
    this.#provider =
      patience === 1 ? provider : { ...provider, firstByteMs: provider.firstByteMs * patience, stallMs: provider.stallMs * patience };
    this.#receiver = receiver;
    this.#watch = watch;
    watch.add(this);
  }

  get asked(): boolean {
    return this.#carrier !== undefined;
  }

  /** The request has been handed over: from here on the receiver may be called. */
  dispatched(): void {
    this.#dispatching = false;
  }

  abort(): void {
    if (this.#phase === 'over') return;
    this.#leave();
    this.#hangUp();
  }

  pause(): void {
    if (this.#phase === 'over') return;
    this.#paused = true;
    if (this.#decoder) this.#decoder.pause();
    else this.#carrier?.pause();
  }

  resume(): void {
    if (this.#phase === 'over' || !this.#paused) return;
    this.#paused = false;
    this.#moved = true;
    if (this.#decoder) this.#decoder.resume();
    else this.#carrier?.resume();
  }

  look(nowMs: number, late: boolean): void {
    if (this.#moved || this.#paused || late) {
      this.#moved = false;
      this.#quietSinceMs = nowMs;
      return;
    }
    const { firstByteMs, stallMs } = this.#provider;
    if (nowMs - this.#quietSinceMs < (this.#phase === 'answering' ? stallMs : firstByteMs)) return;
    if (this.#phase === 'waiting') this.#fail(silence(this.#provider));
    else this.#fail(tooSlow(this.#provider, this.#phase === 'answering'));
  }

  // What the carrier calls.

  onRequestStart(carrier: Carrier): void {
    // Given up while it stood in line for a connection: it stays in the line, but it is not sent.
    if (this.#phase === 'over') return carrier.abort(NOBODY_WAITS);
    this.#carrier = carrier;
    this.#phase = 'asked';
    this.#moved = true;
  }

  onResponseStart(carrier: Carrier, status: number, headers: WireHeaders): void {
    if (this.#phase === 'over' || status < 200) return;
    this.#phase = 'answering';
    this.#moved = true;
    const flat = flattened(headers);
    const coding = flat['content-encoding'];
    if (coding === undefined || coding === 'identity') return this.#receiver.onHead(status, flat);
    const decoder = createDecoder(coding, carrier, {
      onData: (bytes) => {
        if (this.#phase === 'over') return;
        // What is still being unpacked is no silence: many small pieces take longer to unpack than to send.
        this.#moved = true;
        this.#receiver.onData(bytes);
      },
      onEnd: () => this.#end(),
      onError: () => this.#fail(brokenOff(this.#provider)),
    });
    if (!decoder) return this.#fail(unreadable(this.#provider, coding));
    this.#decoder = decoder;
    const { 'content-encoding': _, 'content-length': __, ...rest } = flat;
    this.#receiver.onHead(status, rest);
  }

  onResponseData(_carrier: Carrier, chunk: Buffer): void {
    if (this.#phase === 'over') return;
    this.#moved = true;
    if (this.#decoder) this.#decoder.write(chunk);
    else this.#receiver.onData(chunk);
  }

  onResponseEnd(): void {
    if (this.#phase === 'over') return;
    if (this.#decoder) this.#decoder.end();
    else this.#end();
  }

  onResponseError(_carrier: Carrier | null, error: Error): void {
    if (this.#phase === 'over') return;
    // The sender has no exchange to give up yet: it is told once it has.
    if (this.#dispatching) return queueMicrotask(() => this.onResponseError(null, error));
    const failure = this.#failureOf(error);
    this.#leave();
    this.#decoder?.destroy();
    this.#receiver.onError(failure);
  }

  #failureOf(error: Error & { code?: string }): Failure {
    if (CLOSING.has(error.code)) return closing(this.#provider);
    if (this.#phase === 'answering') return brokenOff(this.#provider, error.code);
    return unreachable(this.#provider, error, this.#phase === 'asked');
  }

  #end(): void {
    if (this.#phase === 'over') return;
    this.#leave();
    this.#receiver.onEnd();
  }

  #fail(failure: Failure): void {
    if (this.#phase === 'over') return;
    this.#leave();
    this.#hangUp();
    this.#receiver.onError(failure);
  }

  #leave(): void {
    this.#phase = 'over';
    this.#watch.remove(this);
  }

  #hangUp(): void {
    this.#decoder?.destroy();
    this.#carrier?.abort(NOBODY_WAITS);
  }
}

const CLOSING = new Set<string | undefined>(['closing', 'UND_ERR_DESTROYED', 'UND_ERR_CLOSED']);

const NOBODY_WAITS = new Error('given up');

/** One string a name: repeated fields are one list to HTTP (RFC 9110 §5.3), and nobody below reads cookies. */
function flattened(headers: WireHeaders): Record<string, string> {
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'object') headers[name] = value.join(', ');
  }
  return headers as Record<string, string>;
}
