import type { Dispatcher } from 'undici';
import type { Exchange, Receiver } from '../model/exchange.ts';
import type { Failure } from '../model/failure.ts';
import type { Provider } from '../model/provider.ts';
import { createDecoder, type Decoder } from './decoder.ts';
import { brokenOff, closing, silence, tooSlow, unreachable, unreadable } from './failures.ts';
import type { Watch, Watched } from './watch.ts';

type Controller = Dispatcher.DispatchController;
type WireHeaders = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/** One request and its answer: undici's callbacks on one side, the receiver's on the other. */
export class Sending implements Exchange, Watched, Dispatcher.DispatchHandler {
  place = -1;
  readonly #provider: Provider;
  readonly #receiver: Receiver;
  readonly #watch: Watch;
  #controller: Controller | undefined;
  #decoder: Decoder | undefined;
  #phase: 'waiting' | 'asked' | 'answering' | 'over' = 'waiting';
  /** Set while undici may still call back from within `dispatch`, before the sender holds its exchange. */
  #dispatching = true;
  #paused = false;

  // Since when nothing has happened: noted at a look, so that the bytes themselves need not ask the time.
  #moved = true;
  #quietSinceMs = 0;

  constructor(provider: Provider, receiver: Receiver, watch: Watch) {
    this.#provider = provider;
    this.#receiver = receiver;
    this.#watch = watch;
    watch.add(this);
  }

  /** `dispatch` has returned: from here on the receiver may be called. */
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
    else this.#controller?.pause();
  }

  resume(): void {
    if (this.#phase === 'over' || !this.#paused) return;
    this.#paused = false;
    this.#moved = true;
    if (this.#decoder) this.#decoder.resume();
    else this.#controller?.resume();
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

  // What undici calls.

  onRequestStart(controller: Controller): void {
    // Given up while it stood in line for a connection: undici cannot take it out of the line, but it is not sent.
    if (this.#phase === 'over') return controller.abort(NOBODY_WAITS);
    this.#controller = controller;
    this.#phase = 'asked';
    this.#moved = true;
  }

  onResponseStart(controller: Controller, status: number, headers: WireHeaders): void {
    if (this.#phase === 'over' || status < 200) return;
    this.#phase = 'answering';
    this.#moved = true;
    const flat = flattened(headers);
    const coding = flat['content-encoding'];
    if (coding === undefined || coding === 'identity') return this.#receiver.onHead(status, flat);
    const decoder = createDecoder(coding, controller, {
      onData: (bytes) => this.#phase === 'over' || this.#receiver.onData(bytes),
      onEnd: () => this.#end(),
      onError: () => this.#fail(brokenOff(this.#provider)),
    });
    if (!decoder) return this.#fail(unreadable(this.#provider, coding));
    this.#decoder = decoder;
    const { 'content-encoding': _, 'content-length': __, ...rest } = flat;
    this.#receiver.onHead(status, rest);
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
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

  onResponseError(_controller: Controller | null, error: Error): void {
    if (this.#phase === 'over') return;
    // The sender has no exchange to give up yet: it is told once it has.
    if (this.#dispatching) return queueMicrotask(() => this.onResponseError(null, error));
    const failure = this.#failureOf(error);
    this.#leave();
    this.#decoder?.destroy();
    this.#receiver.onError(failure);
  }

  #failureOf(error: Error & { code?: string }): Failure {
    if (error.code === 'UND_ERR_DESTROYED' || error.code === 'UND_ERR_CLOSED') return closing(this.#provider);
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
    this.#controller?.abort(NOBODY_WAITS);
  }
}

const NOBODY_WAITS = new Error('given up');

/** One string a name: repeated fields are one list to HTTP (RFC 9110 §5.3), and nobody below reads cookies. */
function flattened(headers: WireHeaders): Record<string, string> {
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'object') headers[name] = value.join(', ');
  }
  return headers as Record<string, string>;
}
