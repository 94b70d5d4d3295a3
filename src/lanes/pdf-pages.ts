import { inflateSync } from 'node:zlib';

/** Packed objects are opened up to so many streams, each to at most so many bytes: a page tree is small. */
const STREAMS_MAX = 64;
const UNPACKED_BYTES_MAX = 4 * 1024 * 1024;

/** `%PDF`. */
export const isPdf = (base64: string): boolean => base64.startsWith('JVBERi');

/** Pages of a PDF by its page tree, which lies open or is packed in object streams; undefined where neither can be read. */
export function pagesOf(base64: string): number | undefined {
  const bytes = Buffer.from(base64, 'base64');
  return pagesIn(bytes.toString('latin1')) ?? pagesIn(packedObjects(bytes));
}

function pagesIn(text: string): number | undefined {
  const counts = [...text.matchAll(/\/Count\s+(\d{1,6})/g)].map(([, count]) => Number(count));
  const leaves = text.match(/\/Type\s*\/Page(?![a-zA-Z])/g)?.length ?? 0;
  const most = Math.max(leaves, ...counts, 0);
  return most > 0 ? most : undefined;
}

/** What object streams hold (since PDF 1.5), one after another. */
function packedObjects(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  let unpacked = '';
  let streams = 0;
  for (const found of text.matchAll(/\/Type\s*\/ObjStm[^>]*>*[^>]*?stream\r?\n/g)) {
    streams += 1;
    if (streams > STREAMS_MAX) break;
    try {
      unpacked += inflateSync(bytes.subarray(found.index + found[0].length), { maxOutputLength: UNPACKED_BYTES_MAX }).toString('latin1');
    } catch {
      // Encrypted, or packed in a way of its own: the next may not be.
    }
  }
  return unpacked;
}
