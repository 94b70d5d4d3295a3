import { FAILURES, type Failure } from '../model/failure.ts';
import type { Sink } from '../model/sink.ts';

type Headers = Readonly<Record<string, string>>;

/** What a tape tells whoever keeps it. */
interface TapeListener {
  /** So many more bytes are held. False: there is no room, and what all readers have heard may go. */
  grew(bytes: number): boolean;
  over(): void;
}

/**
 * An answer while it is given and afterwards: everything said so far, and those who hear it, each at a pace
 * and place of their own. Whoever comes late hears all from the beginning and then follows.
 */
export class Tape implements Sink {
  readonly #listener: TapeListener;
  readonly #readers = new Set<Reader>();
  #head: { readonly status: number; readonly headers: Headers } | undefined;
  #failure: { readonly failure: Failure; readonly headers: Headers } | undefined;
  #pieces: Uint8Array[] = [];
  /** Pieces let go of, before the first that is held. */
  #gone = 0;
  #whole = true;
  #ended = false;
  #drained = () => {};

  constructor(listener: TapeListener) {
    this.#listener = listener;
  }

  /** Everything said is still held: one who comes now would hear all of it. */
  get whole(): boolean {
    return this.#whole;
  }

  get over(): boolean {
    return this.#ended;
  }

  /** A provider itself refused the request, so that asking again would be answered the same. */
  get refusedForGood(): boolean {
    const failure = this.#failure?.failure;
    return failure?.status !== undefined && FINAL.has(failure.kind) && FAILURES[failure.kind].status < 500;
  }

  /** Lets `sink` hear the answer from its beginning; `more` are headers for it alone. Returns what ends the listening. */
  join(sink: Sink, more: Headers): () => void {
    const reader: Reader = { sink, more, next: 0, headed: false, behind: false };
    this.#readers.add(reader);
    sink.onDrained(() => {
      reader.behind = false;
      this.#tell(reader);
      if (this.#isHeard()) this.#drained();
    });
    this.#tell(reader);
    return () => {
      this.#readers.delete(reader);
      this.#trim();
      // The one who leaves may be the one everybody waited for.
      if (this.#isHeard()) this.#drained();
    };
  }

  get heard(): number {
    return this.#readers.size;
  }

  head(status: number, headers: Headers): void {
    this.#head = { status, headers };
    this.#tellAll();
  }

  write(bytes: Uint8Array): boolean {
    this.#add(bytes);
    this.#tellAll();
    return this.#isHeard();
  }

  end(bytes?: Uint8Array): void {
    if (bytes?.length) this.#add(bytes);
    this.#finish();
  }

  fail(failure: Failure, headers: Headers): void {
    this.#failure = { failure, headers };
    this.#finish();
  }

  onDrained(work: () => void): void {
    this.#drained = work;
  }

  #add(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    if (!this.#listener.grew(bytes.length)) this.#whole = false;
  }

  #finish(): void {
    this.#ended = true;
    this.#tellAll();
    this.#listener.over();
  }

  #tellAll(): void {
    for (const reader of this.#readers) this.#tell(reader);
    this.#trim();
  }

  /** Tells one reader what it has not heard, until it can take no more. */
  #tell(reader: Reader): void {
    if (!this.#readers.has(reader)) return;
    if (this.#failure) {
      this.#readers.delete(reader);
      reader.sink.fail(this.#failure.failure, { ...this.#failure.headers, ...reader.more });
      return;
    }
    if (!this.#head) return;
    if (!reader.headed) {
      reader.headed = true;
      reader.sink.head(this.#head.status, { ...this.#head.headers, ...reader.more });
    }
    const until = this.#gone + this.#pieces.length;
    // The last piece of an answer goes with its end: an answer in one piece is then given with its length.
    while (!reader.behind && reader.next < until - (this.#ended ? 1 : 0)) {
      reader.next += 1;
      reader.behind = !reader.sink.write(this.#pieces[reader.next - 1 - this.#gone]!);
    }
    if (!this.#ended || reader.behind) return;
    this.#readers.delete(reader);
    reader.sink.end(reader.next < until ? this.#pieces[reader.next - this.#gone] : undefined);
    if (this.#readers.size === 0) this.#pack();
  }

  /** Puts the pieces together: each may be a small view of a large buffer that it keeps alive. */
  #pack(): void {
    if (!this.#whole || this.#pieces.length === 0) return;
    const all = new Uint8Array(this.#pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of this.#pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [all];
  }

  /** Whether more may come: while everything is held the fastest reader sets the pace, afterwards the slowest. */
  #isHeard(): boolean {
    const behind = [...this.#readers].filter((reader) => reader.behind).length;
    return this.#whole ? behind < Math.max(1, this.#readers.size) : behind === 0;
  }

  /** Lets go of what every reader has heard, once not everything can be held. */
  #trim(): void {
    if (this.#whole) return;
    const heard = Math.min(this.#gone + this.#pieces.length, ...[...this.#readers].map(({ next }) => next));
    const gone = this.#pieces.splice(0, heard - this.#gone);
    this.#gone = heard;
    this.#listener.grew(-gone.reduce((sum, { length }) => sum + length, 0));
  }
}

interface Reader {
  readonly sink: Sink;
  readonly more: Headers;
  /** The next piece to tell, counted from the beginning. */
  next: number;
  headed: boolean;
  behind: boolean;
}

const FINAL: ReadonlySet<Failure['kind']> = new Set(['invalid', 'oversized', 'tooLong', 'filtered']);
