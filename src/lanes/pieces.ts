import { HeadgateError } from '../model/failure.ts';

/** Longest answer in one piece, in bytes: far beyond any model's, and short of filling the memory. */
export const ANSWER_BYTES_MAX = 256 * 1024 * 1024;

/** Keeps the pieces of an answer until it is whole. `add` throws `broken` on one over `ANSWER_BYTES_MAX`. */
export function pieces(): { add(piece: Buffer): void; joined(): Buffer } {
  const all: Buffer[] = [];
  let bytes = 0;
  return {
    add(piece) {
      bytes += piece.length;
      if (bytes > ANSWER_BYTES_MAX)
        throw new HeadgateError({ kind: 'broken', message: `the provider's answer is larger than ${ANSWER_BYTES_MAX} bytes` });
      all.push(piece);
    },
    joined: () => (all.length === 1 ? all[0]! : Buffer.concat(all)),
  };
}
