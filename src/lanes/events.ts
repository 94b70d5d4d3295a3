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
export const EVENT_BYTES_MAX = 32 * 1024 * 1024;

/** Knows both line ends in use, LF and CRLF; throws a RangeError on an event over `EVENT_BYTES_MAX`. */
export function eventCutter(): EventCutter {
  let pending: Buffer[] = [];
  let pendingBytes = 0;

  return {
    push(chunk) {
      const bytes = pendingBytes === 0 ? chunk : Buffer.concat([...pending, chunk]);
      // Only the new bytes can complete an event; three old ones may begin its blank line.
      const ends = endsOf(bytes, Math.max(0, pendingBytes - 3));
      const whole = ends.at(-1) ?? 0;
      const left = bytes.subarray(whole);
      if (left.length > EVENT_BYTES_MAX) throw new RangeError('server-sent event too long');
      if (whole === 0) {
        // Joined only when complete, so that a large event in many chunks is not copied each time.
        pending.push(chunk);
        pendingBytes += chunk.length;
        if (pending.length > 64) pending = [Buffer.concat(pending)];
        return undefined;
      }
      pending = left.length > 0 ? [left] : [];
      pendingBytes = left.length;
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
