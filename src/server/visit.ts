import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Running } from '../model/sink.ts';
import { type Door, tooLarge } from './door.ts';
import { headerText } from './header-text.ts';
import type { Refusal } from './native-sink.ts';
import type { Outlet, RequestHead } from './rooms.ts';

/** After an early no, this much more of the body is read and thrown away, so that the caller gets to read the answer. */
const LINGER_BYTES = 8 * 1024 * 1024;

/** How long a finished answer may wait for a reader who does not read, in milliseconds. */
const UNREAD_MS = 60_000;

/** Larger answers gain nothing from being copied behind their head. */
const ONE_WRITE_MAX = 64 * 1024;

const EMPTY = Buffer.alloc(0);

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

function hangUp(this: Socket): void {
  this.destroy();
}

/** One request on a socket, and where its answer goes. */
export class Visit implements Outlet, RequestHead {
  /** The one before it on the same socket that is still here: a client may send the next request without waiting. */
  earlier: Visit | undefined;
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly socket: Socket;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #left: (visit: Visit) => void;
  #running: Running | undefined;
  /** The whole body has been read. */
  #asked = false;
  #status = 0;
  #fields: string[] = [];
  #begun = false;
  #over = false;

  constructor(request: IncomingMessage, response: ServerResponse, left: (visit: Visit) => void) {
    this.method = request.method ?? '';
    this.target = request.url ?? '';
    this.headers = request.headers;
    this.socket = request.socket;
    this.#request = request;
    this.#response = response;
    this.#left = left;
    response.sendDate = false;
  }

  /** Enters, reads the body, and asks as soon as the declared bytes are in, which is a turn of the loop before the stream's end. */
  run(door: Door, awaitsContinue: boolean): void {
    const take = door.enter(this, this);
    if (!take) return;
    if (take.feed) {
      if (awaitsContinue) this.#response.writeContinue();
      // Left where it is when nobody reads on: an early no is still to be read by the caller.
      this.#endWithSocket();
      const running = take.feed(this.#request.iterator({ destroyOnReturn: false }));
      if (!this.#over) this.#running = running;
      return;
    }
    const declared = Number(this.headers['content-length'] ?? -1);
    if (declared > door.bodyBytesMax) return door.refuse(this, tooLarge(door.bodyBytesMax), this);
    if (awaitsContinue) this.#response.writeContinue();

    let first: Buffer | undefined;
    let all: Buffer[] | undefined;
    let got = 0;
    const ask = (): void => {
      if (this.#asked || this.#over) return;
      this.#asked = true;
      const body = all ? Buffer.concat(all) : (first ?? EMPTY);
      first = all = undefined;
      const running = take(body);
      if (!this.#over) this.#running = running;
    };
    this.#request.on('data', (bytes: Buffer) => {
      if (this.#asked || this.#over) return;
      got += bytes.length;
      if (got > door.bodyBytesMax) {
        first = all = undefined;
        return door.refuse(this, tooLarge(door.bodyBytesMax), this);
      }
      if (!first) first = bytes;
      else if (all) all.push(bytes);
      else all = [first, bytes];
      if (got === declared) ask();
    });
    if (declared <= 0) this.#request.on('end', ask);
  }

  /** Whoever reads the body as it comes is to hear of the caller's going: Node tells nobody once an answer was given. */
  #endWithSocket(): void {
    const end = () => void this.#request.destroy();
    this.socket.once('close', end);
    this.#request.once('close', () => this.socket.off('close', end));
  }

  /** The caller has gone: what still runs is called off. */
  gone(): void {
    if (this.#over) return;
    this.#over = true;
    this.#running?.cancel();
    this.#running = undefined;
  }

  /** Says why the request cannot be read to its end. False: it was, or something has been said already. */
  spoiled(door: Door, refusal: Refusal): boolean {
    if (this.#asked || this.#begun || this.#over) return false;
    door.refuse(this, refusal, this);
    return true;
  }

  /** The connection is not kept after this answer, and it says so; one that has begun can no longer say it. */
  closeAfter(): void {
    if (!this.#begun) this.#response.shouldKeepAlive = false;
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    const fields: string[] = [];
    for (const name in headers) fields.push(name, headers[name]!);
    this.#fields = fields;
    this.#status = status;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#over) return true;
    if (!this.#begun) this.#begin();
    return this.#response.write(bytes);
  }

  end(bytes: Uint8Array = EMPTY): void {
    if (this.#over) return;
    if (this.#begun) this.#response.end(bytes);
    else {
      this.#fields.push('content-length', String(bytes.length));
      this.#begin();
      // Node writes head and body in one call when both are text; Latin-1 is every byte as it is.
      if (bytes.length < ONE_WRITE_MAX) this.#response.end(latin1(bytes), 'latin1');
      else this.#response.end(bytes);
    }
    this.#over = true;
    this.#running = undefined;
    if (!this.#asked && !this.#request.complete) this.#linger();
    if (this.socket.writableNeedDrain) {
      // One listener however many answers a connection carries: handed to `setTimeout` it would stay, each time.
      this.socket.off('timeout', hangUp).once('timeout', hangUp).setTimeout(UNREAD_MS);
    }
    this.#left(this);
  }

  onDrained(work: () => void): void {
    this.#response.on('drain', work);
  }

  #begin(): void {
    this.#begun = true;
    try {
      this.#response.writeHead(this.#status, this.#fields);
    } catch {
      // Node refuses letters a header cannot hold; looking for them first would cost every other answer.
      this.#response.writeHead(this.#status, this.#fields.map(headerText));
    }
  }

  /** Closing on a caller who still sends would reset the connection, the answer with it. */
  #linger(): void {
    let got = 0;
    this.#request.on('data', (bytes: Buffer) => {
      got += bytes.length;
      if (got > LINGER_BYTES) this.socket.destroy();
    });
  }
}
