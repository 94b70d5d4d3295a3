import type { Json } from '../model/json.ts';

/** Bytes of text to a token, for want of a better count: about right for English and code, too few for other scripts. */
export const BYTES_PER_TOKEN = 4;

/** A picture or a document, whatever its size. */
export const MEDIA_TOKENS = 1500;

/** One token for every four bytes of what is said; pictures and documents by a flat 1,500. */
export function estimateTokens(value: Json): number {
  if (typeof value === 'string') return isMedia(value) ? MEDIA_TOKENS : Math.ceil(Buffer.byteLength(value) / BYTES_PER_TOKEN);
  if (value === null || typeof value !== 'object') return 0;
  return Object.values(value).reduce((sum: number, child) => sum + estimateTokens(child as Json), 0);
}

const isMedia = (text: string): boolean => text.startsWith('data:') || (text.length > 1000 && /^[A-Za-z0-9+/=_-]{1000}/.test(text));

/** The same of a body's bytes; of one that is no JSON, because it broke off, by its length. */
export function estimateBodyTokens(body: Uint8Array): number {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
  try {
    return estimateTokens(JSON.parse(text) as Json);
  } catch {
    return Math.ceil(body.byteLength / BYTES_PER_TOKEN);
  }
}

/** Adds up how much a stream has said, without reading it. */
export interface Written {
  /** One more piece: `bytes` of an event that carries text, or of the text itself. */
  add(bytes: number): void;
  /** At least one for each piece, as OpenAI sends every token by itself. */
  readonly tokens: number;
}

/** Text by its length. */
export const writtenText = (): Written => written((bytes) => bytes);

/**
 * Events by their length: all of a stream are alike but for their text, so the shortest shows what is
 * around it, and what the others are longer by is what they say.
 */
export function writtenEvents(): Written {
  return written((bytes, count, least) => bytes - count * (least - 1));
}

function written(textBytes: (bytes: number, count: number, least: number) => number): Written {
  let count = 0;
  let sum = 0;
  let least = Number.POSITIVE_INFINITY;
  return {
    add(bytes) {
      count += 1;
      sum += bytes;
      if (bytes < least) least = bytes;
    },
    get tokens() {
      return count === 0 ? 0 : Math.max(count, Math.ceil(textBytes(sum, count, least) / BYTES_PER_TOKEN));
    },
  };
}
