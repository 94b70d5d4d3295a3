import type { Socket } from 'node:net';
import { Reader, type ReaderEvents } from './reader.ts';

/** A request and whoever waits for its answer. */
export interface Errand {
  /** The whole head, its last empty line included. */
  readonly head: string;
  readonly body: Uint8Array | undefined;
  readonly handler: ErrandHandler;
  /** How much longer than usual a connection for it may take to open; 1 unless told. */
  readonly patience?: number | undefined;
}

/** The callbacks of undici's dispatch, which this stands in for. */
export interface ErrandHandler {
  onRequestStart(connection: Connection): void;
  onResponseStart(connection: Connection, status: number, headers: Record<string, string>): void;
  onResponseData(connection: Connection, bytes: Buffer): void;
  onResponseEnd(): void;
  onResponseError(connection: Connection | null, error: Error): void;
}

/** A body up to this size is copied behind its head, so that both leave in one piece. */
const COPY_BYTES_MAX = 16 * 1024;

/** One socket, carrying one errand at a time. */
export class Connection implements ReaderEvents {
  readonly #socket: Socket;
  readonly #reader = new Reader(this);
  readonly #free: (connection: Connection) => void;
  readonly #gone: (connection: Connection) => void;
  #errand: Errand | undefined;
  #sent = false;
  #paused = false;
  #closed = false;

  /** `free` hears each time another errand may be given, `gone` once when none may any more. */
  constructor(socket: Socket, idleMs: number, free: (connection: Connection) => void, gone: (connection: Connection) => void) {
    this.#socket = socket;
    this.#free = free;
    this.#gone = gone;
    socket.setNoDelay(true);
    // Counts from the last byte either way: what is busy is left to the watch, what is idle is let go.
    socket.setTimeout(idleMs, () => this.#errand === undefined && socket.destroy());
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('end', () => this.#ended());
    socket.on('error', (error) => this.#broke(error));
    socket.on('close', () => this.#broke(new Error('closed')));
  }

  /** False: it closed while it lay idle. */
  get usable(): boolean {
    return !this.#closed && this.#socket.writable;
  }

  run(errand: Errand): void {
    this.#errand = errand;
    this.#sent = false;
    errand.handler.onRequestStart(this);
    // Given up in the meantime: it was not sent, and the connection is as good as before.
    if (this.#errand !== errand) return;
    this.#sent = true;
    this.#socket.ref();
    this.#reader.expect();
    const { head, body } = errand;
    if (!body) this.#socket.write(head, 'latin1');
    else if (body.length <= COPY_BYTES_MAX) {
      const both = Buffer.allocUnsafe(head.length + body.length);
      both.write(head, 'latin1');
      both.set(body, head.length);
      this.#socket.write(both);
    } else {
      this.#socket.cork();
      this.#socket.write(head, 'latin1');
      this.#socket.write(body);
      this.#socket.uncork();
    }
  }

  /** Gives the errand up. Once it is sent, the road is closed: the answer would come all the same. */
  abort(): void {
    if (this.#errand === undefined) return;
    this.#errand = undefined;
    if (this.#sent) this.destroy();
    else this.#free(this);
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#socket.resume();
  }

  destroy(error?: Error): void {
    this.#reader.stop();
    this.#socket.destroy();
    if (error) this.#broke(error);
  }

  // What the reader finds.

  onHead(status: number, headers: Record<string, string>): void {
    this.#errand?.handler.onResponseStart(this, status, headers);
  }

  onData(bytes: Buffer): void {
    this.#errand?.handler.onResponseData(this, bytes);
  }

  onEnd(keep: boolean): void {
    const errand = this.#errand;
    this.#errand = undefined;
    errand?.handler.onResponseEnd();
    if (this.#paused) this.resume();
    // An answer before the whole request was taken leaves the rest of it in the way.
    if (!keep || this.#socket.writableLength > 0) return this.destroy();
    this.#socket.unref();
    this.#free(this);
  }

  #read(bytes: Buffer): void {
    try {
      this.#reader.push(bytes);
    } catch (error) {
      // A malformed answer, or a fault of whoever hears it: either way it ends here, told to its own errand and no other.
      this.destroy(error as Error);
    }
  }

  #ended(): void {
    if (!this.#errand || !this.#reader.close()) this.#broke(new Error('closed'));
    this.#socket.destroy();
  }

  #broke(error: Error): void {
    if (!this.#closed) {
      this.#closed = true;
      this.#gone(this);
    }
    const errand = this.#errand;
    this.#errand = undefined;
    errand?.handler.onResponseError(this, error);
  }
}
