/**
 * Whether the data of an event (its bytes, without the blank line) is whole JSON: a stream that is passed on
 * untouched must not pass on what no reader could read. The many events that carry a piece of text are
 * small and flat, and told by a pattern in less than half the time parsing takes; every other is parsed.
 */
export function isWholeEvent(bytes: Buffer): boolean {
  // One character a byte is all the pattern needs, and cheaper than decoding.
  if (bytes.length <= PLAIN_BYTES_MAX && PLAIN.test(bytes.toString('latin1'))) return true;
  const data = bytes
    .toString()
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5))
    .join('\n');
  try {
    JSON.parse(data);
    return true;
  } catch {
    return data.trim() === '' || data.trim() === '[DONE]';
  }
}

/** Longer ones are parsed: the pattern keeps a place for every escape it passes. */
const PLAIN_BYTES_MAX = 16 * 1024;

const STRING = '"[^"\\\\\\r\\n]*(?:\\\\["\\\\/bfnrtu][^"\\\\\\r\\n]*)*"';
const SCALAR = `(?:${STRING}|-?\\d+|null|true|false|\\[\\])`;
const FLAT = `\\{"\\w+": ?${SCALAR}(?:, ?"\\w+": ?${SCALAR})*\\}`;
const VALUE = `(?:${SCALAR}|${FLAT})`;

/** One object of scalars and of objects of scalars, in one line. */
const PLAIN = new RegExp(`^(?:event: ?\\S+\\r?\\n)?data: ?\\{"\\w+": ?${VALUE}(?:, ?"\\w+": ?${VALUE})* ?\\}\\s*$`);
