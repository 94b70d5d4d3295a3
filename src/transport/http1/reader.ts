/** What a reader finds, in the order it finds it. */
export interface ReaderEvents {
  onHead(status: number, headers: Record<string, string>): void;
  onData(bytes: Buffer): void;
  /** The answer is whole. `keep`: the connection may carry another request. */
  onEnd(keep: boolean): void;
}

/** Not HTTP/1.1 as RFC 9112 has it, or not safely. What a lenient reader would guess at is refused: a wrong guess about where an answer ends hands one caller another's. */
export class MalformedAnswer extends Error {
  override readonly name = 'MalformedAnswer';
}

type State = 'head' | 'counted' | 'chunkSize' | 'chunkData' | 'chunkEnd' | 'trailer' | 'untilClose' | 'whole';

/** Longest head, and longest line of chunk sizes or trailers, in bytes. */
const HEAD_BYTES_MAX = 64 * 1024;
const LINE_BYTES_MAX = 8 * 1024;

/** Reads the answers of one connection, one after another. Throws `MalformedAnswer`; after that the connection is worth nothing. */
export class Reader {
  readonly #events: ReaderEvents;
  #state: State = 'whole';
  /** Bytes of the head or line under way. */
  #kept: Buffer | undefined;
  /** Bytes of the body or chunk still to come. */
  #left = 0;
  #keep = true;
  #trailerBytes = 0;
  #stopped = false;

  constructor(events: ReaderEvents) {
    this.#events = events;
  }

  /** A request has been sent: its answer may come. */
  expect(): void {
    this.#state = 'head';
  }

  /** Nobody listens any more. */
  stop(): void {
    this.#stopped = true;
  }

  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && !this.#stopped) {
      // What comes after an answer's end belongs to no request: the next one must not take it for its own.
      if (this.#isWhole) throw new MalformedAnswer('bytes nobody asked for');
      switch (this.#state) {
        case 'head':
          at = this.#head(bytes, at);
          break;
        case 'counted':
        case 'chunkData':
          at = this.#counted(bytes, at);
          break;
        case 'untilClose':
          this.#events.onData(at === 0 ? bytes : bytes.subarray(at));
          return;
        default:
          at = this.#line(bytes, at);
      }
      if (this.#isWhole) this.#events.onEnd(this.#keep && at === bytes.length);
    }
  }

  get #isWhole(): boolean {
    return this.#state === 'whole';
  }

  /** The connection has ended. True: that was the answer's own end. */
  close(): boolean {
    if (this.#state !== 'untilClose') return false;
    this.#state = 'whole';
    this.#events.onEnd(false);
    return true;
  }

  #head(bytes: Buffer, from: number): number {
    const seen = this.#kept ? Buffer.concat([this.#kept, bytes.subarray(from)]) : from === 0 ? bytes : bytes.subarray(from);
    const end = seen.indexOf('\r\n\r\n');
    if (end < 0 || end > HEAD_BYTES_MAX) {
      if (seen.length > HEAD_BYTES_MAX) throw new MalformedAnswer(`a head of more than ${HEAD_BYTES_MAX} bytes`);
      if (!'HTTP/1.'.startsWith(seen.toString('latin1', 0, 7))) throw new MalformedAnswer('not HTTP/1.1');
      this.#kept = seen;
      return bytes.length;
    }
    const used = end + 4 - (this.#kept?.length ?? 0);
    this.#kept = undefined;
    this.#frame(seen.toString('latin1', 0, end));
    return from + used;
  }

  /** Reads a head, and from it how its body ends (RFC 9112 §6.3). */
  #frame(head: string): void {
    const { status, headers, minor } = parseHead(head);
    if (status === 101) throw new MalformedAnswer('an upgrade nobody asked for');
    // 100 Continue, 103 Early Hints: the answer itself is still to come.
    if (status < 200) return;
    const length = headers['content-length'];
    const coding = headers['transfer-encoding'];
    const connection = headers['connection']?.toLowerCase() ?? '';
    this.#keep = minor === 1 ? !/(^|,)\s*close\s*(,|$)/.test(connection) : /(^|,)\s*keep-alive\s*(,|$)/.test(connection);
    if (coding !== undefined) {
      if (length !== undefined || coding.toLowerCase() !== 'chunked' || minor === 0)
        throw new MalformedAnswer('an answer framed in two ways');
      this.#state = 'chunkSize';
    } else if (length !== undefined) {
      if (!/^\d{1,15}$/.test(length)) throw new MalformedAnswer('a length that is no number');
      this.#left = Number(length);
      this.#state = 'counted';
    } else {
      this.#state = 'untilClose';
      this.#keep = false;
    }
    if (status === 204 || status === 304) {
      // They have no body whatever their head says; one that says otherwise may be followed by anything.
      this.#keep &&= coding === undefined && this.#left === 0;
      this.#left = 0;
      this.#state = 'counted';
    }
    this.#events.onHead(status, headers);
    if (this.#state === 'counted' && this.#left === 0) this.#state = 'whole';
  }

  #counted(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#left -= end - at;
    const whole = this.#left === 0;
    if (whole && this.#state === 'chunkData') this.#state = 'chunkEnd';
    this.#events.onData(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
    if (whole && this.#state === 'counted') this.#state = 'whole';
    return end;
  }

  /** Chunk sizes, the ends of chunks, and trailers. */
  #line(bytes: Buffer, from: number): number {
    const feed = bytes.indexOf(LF, from);
    const part = bytes.subarray(from, feed < 0 ? bytes.length : feed + 1);
    const line = this.#kept ? Buffer.concat([this.#kept, part]) : part;
    if (line.length > LINE_BYTES_MAX) throw new MalformedAnswer(`a line of more than ${LINE_BYTES_MAX} bytes`);
    if (feed < 0) {
      this.#kept = line;
      return bytes.length;
    }
    this.#kept = undefined;
    if (line.length < 2 || line[line.length - 2] !== CR) throw new MalformedAnswer('a line that does not end in CR LF');
    this.#take(line.toString('latin1', 0, line.length - 2));
    return feed + 1;
  }

  #take(line: string): void {
    switch (this.#state) {
      case 'chunkSize': {
        const size = CHUNK_SIZE.exec(line)?.[1];
        if (size === undefined) throw new MalformedAnswer('a chunk without a size');
        this.#left = Number.parseInt(size, 16);
        this.#trailerBytes = 0;
        this.#state = this.#left === 0 ? 'trailer' : 'chunkData';
        return;
      }
      case 'chunkEnd':
        if (line !== '') throw new MalformedAnswer('a chunk longer than its size');
        this.#state = 'chunkSize';
        return;
      default:
        if (line === '') {
          this.#state = 'whole';
          return;
        }
        this.#trailerBytes += line.length;
        if (this.#trailerBytes > LINE_BYTES_MAX || !/^[!#$%&'*+.^`|~\w-]+:/.test(line)) throw new MalformedAnswer('a malformed trailer');
    }
  }
}

const CR = 0x0d;
const LF = 0x0a;
// Twelve digits are 256 TiB: enough, and exact as a number.
const CHUNK_SIZE = /^([0-9a-fA-F]{1,12})(?:;[\t\x20-\x7e\x80-\xff]*)?$/;

function parseHead(head: string): { status: number; headers: Record<string, string>; minor: 0 | 1 } {
  let end = head.indexOf('\r\n');
  if (end < 0) end = head.length;
  const start = /^HTTP\/1\.([01]) (\d{3})(?: [^\r\n\0]*)?$/.exec(head.slice(0, end));
  if (!start) throw new MalformedAnswer('not HTTP/1.1');
  const headers: Record<string, string> = {};
  while (end < head.length) {
    const from = end + 2;
    end = head.indexOf('\r\n', from);
    if (end < 0) end = head.length;
    const colon = head.indexOf(':', from);
    if (colon < 0 || colon >= end) throw new MalformedAnswer('a header without a colon');
    const name = headerName(head.slice(from, colon));
    const value = head.slice(colon + 1, end).trim();
    if (UNFIT.test(value)) throw new MalformedAnswer('a header with control characters');
    // Fields given twice are one list; of a length or a framing that would be a contradiction, and is caught as one.
    const before = headers[name];
    headers[name] = typeof before === 'string' ? `${before}, ${value}` : value;
  }
  return { status: Number(start[2]), headers, minor: start[1] === '1' ? 1 : 0 };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNFIT = /[\0-\x08\x0a-\x1f\x7f]/;

/** Names as they have been written so far, and what they are in lower case: a provider writes the same few in every answer. */
const names = new Map<string, string>();
const NAMES_MAX = 500;

function headerName(written: string): string {
  const known = names.get(written);
  if (known !== undefined) return known;
  if (!/^[!#$%&'*+.^`|~\w-]+$/.test(written)) throw new MalformedAnswer('a header name that is none');
  // A copy: a piece of a longer string would keep the whole head in memory.
  const copy = Buffer.from(written, 'latin1').toString('latin1');
  const name = copy.toLowerCase();
  if (name === '__proto__') throw new MalformedAnswer('a header name that is none');
  if (names.size < NAMES_MAX) names.set(copy, name);
  return name;
}
