/** A `data:` URL taken apart: a plain lower-case MIME type and clean base64. */
export interface DataUrl {
  readonly mediaType: string;
  readonly base64: string;
}

/**
 * Reads a `data:` URL as they come in the wild: charset and other parameters, upper-case MIME types,
 * `image/jpg`, line breaks in the base64, and percent-encoded text instead of base64. Undefined when it is none.
 */
export function parseDataUrl(url: string): DataUrl | undefined {
  // The data is cut off first: a pattern over megabytes of base64 costs more than the rest of the decoding.
  const comma = url.indexOf(',');
  if (comma < 0) return undefined;
  const head = /^\s*data:([^;,]*)((?:;[^,]*)?)$/i.exec(url.slice(0, comma));
  if (!head) return undefined;
  const data = url.slice(comma + 1);
  const base64 = /;\s*base64\s*$/i.test(head[2]!) ? cleanBase64(data) : Buffer.from(percentDecoded(data)).toString('base64');
  return { mediaType: plainMediaType(head[1]!) || mediaTypeOf(base64) || 'text/plain', base64 };
}

/** `dataUrl('image/png', 'iVBO…')` is `data:image/png;base64,iVBO…`. */
export const dataUrl = (mediaType: string, base64: string): string => `data:${mediaType};base64,${base64}`;

/** Base64 without the line breaks some encoders insert: Anthropic refuses them. */
export const cleanBase64 = (base64: string): string => (/\s/.test(base64) ? base64.replace(/\s+/g, '') : base64);

/** The MIME type the first bytes give away, for the formats models read; undefined for any other. */
export function mediaTypeOf(base64: string): string | undefined {
  return MAGIC.find(([start]) => base64.startsWith(start))?.[1];
}

const MAGIC: readonly (readonly [string, string])[] = [
  ['JVBERi0', 'application/pdf'],
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
];

function plainMediaType(type: string): string {
  const plain = type.trim().toLowerCase();
  return plain === 'image/jpg' ? 'image/jpeg' : plain;
}

function percentDecoded(data: string): string {
  try {
    return decodeURIComponent(data);
  } catch {
    return data;
  }
}
