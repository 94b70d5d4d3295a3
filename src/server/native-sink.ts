import { dialectOf } from '../dialects/registry.ts';
import type { Failure } from '../model/failure.ts';
import type { DialectName } from '../model/part.ts';
import type { Sink } from '../model/sink.ts';
import type { World } from '../world/world.ts';
import type { Outlet } from './rooms.ts';

type Headers = Readonly<Record<string, string>>;

/** A no of the door's own, with an HTTP status that no kind of failure has. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly param?: string;
  readonly headers?: Headers;
}

/** Gives an outlet the manners of a dialect: its name for the request's id, its form of an error. */
export class NativeSink implements Sink {
  readonly dialect: DialectName;
  readonly #outlet: Outlet;
  readonly #world: World;

  constructor(outlet: Outlet, dialect: DialectName, world: World) {
    this.#outlet = outlet;
    this.dialect = dialect;
    this.#world = world;
  }

  head(status: number, headers: Headers): void {
    const own: Record<string, string> = { ...headers };
    own[ID_HEADER[this.dialect]] ??= headers['x-headgate-call-id'] ?? this.#refusalId();
    if (headers['content-type']?.startsWith('text/event-stream')) {
      // nginx holds a stream back until its buffer is full unless told not to; other caches ask the first.
      own['cache-control'] = 'no-cache';
      own['x-accel-buffering'] = 'no';
    }
    this.#outlet.head(status, own);
  }

  write(bytes: Uint8Array): boolean {
    return this.#outlet.write(bytes);
  }

  end(bytes?: Uint8Array): void {
    this.#outlet.end(bytes);
  }

  onDrained(work: () => void): void {
    this.#outlet.onDrained(work);
  }

  fail(failure: Failure, headers: Headers): void {
    this.#tell(failure, headers);
  }

  /** Turns away who showed no key that counts. */
  deny(failure: Failure): undefined {
    this.fail(failure, failure.kind === 'unauthenticated' ? { 'www-authenticate': 'Bearer' } : {});
  }

  refuse({ status, headers, ...said }: Refusal): undefined {
    // Only Anthropic has a type for what is not there; OpenAI's code for what is missing speaks of models.
    const kind = status === 413 ? 'oversized' : status === 404 && this.dialect === 'anthropic-messages' ? 'missing' : 'invalid';
    this.#tell({ kind, ...said }, headers, status);
  }

  /** Anthropic's errors bear the id in the body too: the same as in the header, which is the one to ask us about. */
  #tell(failure: Failure, headers: Headers = {}, status?: number): void {
    const requestId = headers['x-headgate-call-id'] ?? this.#refusalId();
    const native = dialectOf(this.dialect).encodeFailure({ ...failure, requestId });
    const own = { [ID_HEADER[this.dialect]]: requestId, 'content-type': 'application/json' };
    this.head(status ?? native.status, { ...native.headers, ...headers, ...own });
    this.#outlet.end(Buffer.from(native.body));
  }

  /** An answer that belongs to no call still gets an id, so that it can be asked about. */
  #refusalId(): string {
    return `door_${this.#world.now().toString(36)}${this.#world.random().toString(36).slice(2, 10)}`;
  }
}

/** What each vendor's SDK reads as the id of a request. */
const ID_HEADER: Readonly<Record<DialectName, string>> = {
  'openai-chat': 'x-request-id',
  'openai-responses': 'x-request-id',
  'anthropic-messages': 'request-id',
};
