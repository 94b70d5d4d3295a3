/** Cuts a byte stream into whole server-sent events, each with the blank line that ends it. */
export interface EventCutter {
  /**
   * The whole events now complete, as one buffer (the very chunk, uncopied, when it held nothing else),
   * and where in it each ends; undefined when none is complete.
   */
  push(chunk: Buffer): { readonly bytes: Buffer; readonly ends: readonly number[] } | undefined;
  /** What is left when the stream is over: an event without its blank line, or nothing. */
  rest(): Buffer;
}

/** An event longer than this is no event: the stream is broken, or an attack on memory. */
const EVENT_BYTES_MAX = 32 * 1024 * 1024;

/** Up to this many bytes of an unfinished event are joined with what comes, to be searched in one go. */
const JOINED_BYTES_MAX = 64 * 1024;
const PIECES_MAX = 64;

/** Knows both line ends in use, LF and CRLF; throws a RangeError on an event over `EVENT_BYTES_MAX`. */
export function eventCutter(): EventCutter {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let piecesMax = PIECES_MAX;
  /** The last bytes of a long event: they may begin its blank line. */
  let tail: Buffer = EMPTY;

  function keep(chunk: Buffer): undefined {
    pending.push(chunk);
    pendingBytes += chunk.length;
    if (pendingBytes > EVENT_BYTES_MAX) throw new RangeError('server-sent event too long');
    if (pending.length <= piecesMax) return;
    // Ever more seldom, so that a long event in many small chunks is not copied each time.
    pending = [Buffer.concat(pending)];
    piecesMax *= 2;
  }

  return {
    push(chunk) {
      if (pendingBytes > JOINED_BYTES_MAX) {
        const seam = Buffer.concat([tail, chunk]);
        tail = seam.subarray(-3);
        if (endsOf(seam, 0).length === 0) return keep(chunk);
      }
      const bytes = pendingBytes === 0 ? chunk : Buffer.concat([...pending, chunk]);
      // Only the new bytes can complete an event; three old ones may begin its blank line.
      const ends = endsOf(bytes, Math.max(0, pendingBytes - 3));
      const whole = ends.at(-1) ?? 0;
      if (whole === 0) {
        tail = bytes.subarray(-3);
        return keep(chunk);
      }
      const left = bytes.subarray(whole);
      pending = [];
      pendingBytes = 0;
      piecesMax = PIECES_MAX;
      tail = left.subarray(-3);
      if (left.length > 0) keep(left);
      return { bytes: left.length > 0 ? bytes.subarray(0, whole) : bytes, ends };
    },
    rest() {
      const left = Buffer.concat(pending);
      pending = [];
      pendingBytes = 0;
      return left;
    },
  };
}

const EMPTY = Buffer.alloc(0);
const LF_LF = Buffer.from('\n\n');
const CRLF_CRLF = Buffer.from('\r\n\r\n');

function endsOf(bytes: Buffer, from: number): number[] {
  const ends: number[] = [];
  for (const blank of [LF_LF, CRLF_CRLF]) {
    for (let at = bytes.indexOf(blank, from); at >= 0; at = bytes.indexOf(blank, at + blank.length)) ends.push(at + blank.length);
    // A stream keeps to one kind of line end; the second is looked for only when the first is absent.
    if (ends.length > 0) break;
  }
  return ends;
}
