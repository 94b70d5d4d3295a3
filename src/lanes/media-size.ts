import type { Media, Part } from '../model/part.ts';
import { MEDIA_TOKENS } from './estimate.ts';
import { isPdf, pagesOf } from './pdf-pages.ts';

/** No vendor's image takes more: of OpenAI's the largest measured is 14,364 tokens, Anthropic's end below 5,000. */
const IMAGE_TOKENS_MAX = 16_384;
/** A page of a document is its text (Anthropic says 3,000 tokens at most) and an image of it. */
const PAGE_TOKENS_MAX = 3000 + 4784;
const PAGE_TOKENS = 2500;
/** Pages of a document whose page tree cannot be read: the most that providers take of one. */
const PAGES_MAX = 100;
const PAGES = 10;
/** Ten tokens a second (OpenAI), in the thinnest encoding of speech there is, 500 bytes a second. */
const SOUND_BYTES_PER_TOKEN = 50;

/** What a picture, document or sound may take in tokens; `bytes` of the request are its own and no text. */
export function mediaSize({ mediaType, source }: Media): { readonly bytes: number; readonly most: number; readonly likely: number } {
  // Text given as a document is billed as the text it is.
  if ('text' in source) return { bytes: 0, most: 0, likely: 0 };
  const base64 = 'base64' in source ? source.base64 : '';
  const bytes = base64.length;
  if (mediaType.startsWith('image/')) return { bytes, most: IMAGE_TOKENS_MAX, likely: MEDIA_TOKENS };
  if (mediaType.startsWith('audio/')) {
    const most = Math.ceil((bytes * 3) / 4 / SOUND_BYTES_PER_TOKEN);
    return { bytes, most, likely: most / 4 };
  }
  const pages = base64 === '' ? undefined : pagesOf(base64);
  // A document that is no PDF is text, if anything: its bytes bound it.
  const text = base64 === '' || isPdf(base64) ? 0 : bytes;
  return { bytes, most: text + (pages ?? PAGES_MAX) * PAGE_TOKENS_MAX, likely: text / 4 + (pages ?? PAGES) * PAGE_TOKENS };
}

/** Pictures, documents and sounds, those in tool results included. */
export const mediaIn = (parts: readonly Part[]): Media[] =>
  parts.flatMap((part) => (part.type === 'media' ? [part] : part.type === 'toolResult' ? mediaIn(part.content) : []));
