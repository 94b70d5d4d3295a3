import { crc32 } from 'node:zlib';

/*
 * A journal is text: one record a line, each `RS checksum length JSON LF`. RS is the control character that
 * begins a record in JSON text sequences (RFC 7464). JSON always escapes it, so that nothing a caller sends
 * can look like the beginning of a record, and a reader finds the next one after any damage.
 */

const RS = 0x1e;
const LF = 0x0a;
const SPACE = 0x20;
/** RS, eight hexadecimal digits of CRC-32, a space, eight of the JSON's length in bytes, a space. */
const HEAD_BYTES = 19;
/** No record is longer: a length beyond it is damage. */
const JSON_BYTES_MAX = 64 * 1024 ** 2;

/** Writes records into a buffer of its own, to be appended in one piece. */
export interface RecordWriter {
  add(value: unknown): void;
  /** What was added since the last `take`. Good until something is added again. */
  take(): Uint8Array;
}

export function recordWriter(): RecordWriter {
  let buffer = Buffer.allocUnsafe(64 * 1024);
  let end = 0;
  return {
    add(value) {
      const json = JSON.stringify(value);
      // One UTF-16 unit takes three bytes at most.
      const needed = end + HEAD_BYTES + json.length * 3 + 1;
      if (needed > buffer.length) {
        const larger = Buffer.allocUnsafe(needed * 2);
        buffer.copy(larger, 0, 0, end);
        buffer = larger;
      }
      const from = end + HEAD_BYTES;
      const length = buffer.write(json, from);
      buffer[end] = RS;
      writeHex(buffer, end + 1, crc32(buffer.subarray(from, from + length)));
      buffer[end + 9] = SPACE;
      writeHex(buffer, end + 10, length);
      buffer[end + 18] = SPACE;
      end = from + length;
      buffer[end++] = LF;
    },
    take() {
      const bytes = buffer.subarray(0, end);
      end = 0;
      return bytes;
    },
  };
}

const DIGITS = Buffer.from('0123456789abcdef');

/** Eight digits, written one by one: making a string of them takes longer than the checksum. */
function writeHex(buffer: Buffer, at: number, number: number): void {
  for (let place = 0; place < 8; place += 1) buffer[at + place] = DIGITS[(number >>> (28 - place * 4)) & 15]!;
}

/** A stretch of bytes; `to` is the first that is not part of it. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** What was found in a stretch of a segment. */
export interface Scan {
  readonly records: readonly (Stretch & { readonly value: unknown })[];
  /** What is no record, or was one: each begins where a record should. */
  readonly damaged: readonly Stretch[];
  /** Up to here the bytes are understood. */
  readonly end: number;
  /** How many bytes from `end` the next record takes, when it is not all there. */
  readonly wanted?: number;
}

/**
 * Reads records from the beginning of `bytes`, at most `recordsMax`, and goes on past those that are damaged.
 * `left`: how many bytes there are in the file from there on; what would need more is cut off, not to be waited for.
 */
export function scan(bytes: Buffer, left: number, recordsMax = Number.POSITIVE_INFINITY): Scan {
  const records: (Stretch & { value: unknown })[] = [];
  const damaged: Stretch[] = [];
  let at = 0;
  while (at < bytes.length && records.length < recordsMax) {
    if (bytes[at] === LF) {
      at += 1;
      continue;
    }
    const next = recordAt(bytes, at, left);
    if (next === undefined) {
      const beginning = bytes.indexOf(RS, at + 1);
      const to = beginning < 0 ? bytes.length : beginning;
      damaged.push({ from: at, to });
      at = to;
    } else if ('wanted' in next) {
      return { records, damaged, end: at, wanted: next.wanted };
    } else {
      records.push(next);
      at = next.to;
    }
  }
  return { records, damaged, end: at };
}

function recordAt(bytes: Buffer, at: number, left: number): (Stretch & { value: unknown }) | { wanted: number } | undefined {
  if (bytes[at] !== RS || at + HEAD_BYTES > left) return undefined;
  if (at + HEAD_BYTES > bytes.length) return { wanted: HEAD_BYTES };
  const length = number(bytes, at + 10);
  const from = at + HEAD_BYTES;
  const to = from + length;
  if (!(length <= JSON_BYTES_MAX) || to > left) return undefined;
  if (to > bytes.length) return { wanted: HEAD_BYTES + length };
  if (crc32(bytes.subarray(from, to)) !== number(bytes, at + 1)) return undefined;
  return { from: at, to: bytes[to] === LF ? to + 1 : to, value: JSON.parse(bytes.toString('utf8', from, to)) };
}

const number = (bytes: Buffer, at: number): number => Number(`0x${bytes.toString('latin1', at, at + 8)}`);

/** Whether a damaged stretch began as a record, or is what another left behind. */
export const beginsRecord = (bytes: Buffer, { from }: Stretch): boolean => bytes[from] === RS;
