import { isObject, type JsonObject } from '../../model/json.ts';
import { badRequest } from './anthropic-refusal.ts';
import { type Refusal, textOf } from './rule.ts';

/** What is wrong with an image or document block at `at`, if it is one. */
export function mediaProblem(block: JsonObject, at: string): Refusal | undefined {
  const kind = block['type'];
  if (kind !== 'image' && kind !== 'document') return undefined;
  const source = block['source'];
  if (!isObject(source)) return badRequest(`${at}.${kind}.source: Input should be a valid dictionary`);
  const type = textOf(source['type']) ?? '';
  const path = `${at}.${kind}.source.${type}`;
  const types = kind === 'image' ? ['base64', 'url', 'file'] : ['base64', 'text', 'content', 'url', 'file'];
  if (!types.includes(type)) {
    return badRequest(
      `${at}.${kind}.source: Input tag '${type}' found using 'type' does not match any of the expected tags: ${types.map((tag) => `'${tag}'`).join(', ')}`,
    );
  }
  if (type === 'url') {
    return /^https?:\/\//.test(textOf(source['url']) ?? '') ? undefined : badRequest(`${path}.url: Only HTTPS URLs are supported.`);
  }
  if (type !== 'base64') return undefined;
  const mediaType = textOf(source['media_type']) ?? '';
  const taken = kind === 'image' ? IMAGES : ['application/pdf'];
  if (!taken.includes(mediaType)) {
    return badRequest(
      `${path}.media_type: Input should be ${taken
        .map((word) => `'${word}'`)
        .join(', ')
        .replace(/, ([^,]*)$/, ' or $1')}`,
    );
  }
  const data = textOf(source['data']);
  if (!data) return badRequest(`${path}.data: Field required`);
  if (!BASE64.test(data) || data.length % 4 === 1) return badRequest(`${path}.data: Invalid base64 data`);
  const seen = sniff(data);
  return kind === 'image' && seen && seen !== mediaType
    ? badRequest(`${path}.data: The image was specified using the ${mediaType} media type, but the image appears to be a ${seen} image`)
    : undefined;
}

const IMAGES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];
// Line breaks are refused (§5.14, 55).
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** The kind of picture the first bytes tell of; undefined when they tell nothing: tests use made-up pictures. */
function sniff(data: string): string | undefined {
  const head = Buffer.from(data.slice(0, 24), 'base64').toString('latin1');
  if (head.startsWith('\x89PNG')) return 'image/png';
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (head.startsWith('GIF8')) return 'image/gif';
  return head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP' ? 'image/webp' : undefined;
}
