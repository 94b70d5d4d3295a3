import type { JsonObject } from '../../model/json.ts';
import type { Extra, Media } from '../../model/part.ts';
import type { Losses } from '../losses.ts';
import type { Block } from './cache-mark.ts';
import { NAME, ownExtra, present } from './name.ts';

/** A media part: `extra.source` is the wire's own source where the canonical one does not say it whole. */
export type MediaPart = Media & { readonly extra?: Extra };

/** An image or document block; undefined, with a `content` loss, for what Messages cannot show a model. */
export function encodeMedia(media: MediaPart, path: string, losses: Losses): Block | undefined {
  const { mediaType, name, detail } = media;
  const type = mediaType.split(';', 1)[0]!.trim().toLowerCase();
  const refused = (why: string): undefined => losses.dropped(path, media, 'content', why) as undefined;
  if (type.startsWith('audio/')) return refused('Messages takes no audio');
  if (type.startsWith('video/')) return refused('Messages takes no video');
  if ('fileId' in media.source && media.source.dialect !== NAME)
    return refused(`a file of ${media.source.dialect} is unknown to Anthropic`);
  if (detail !== undefined)
    losses.dropped(`${path}.detail`, detail, detail === 'auto' ? 'none' : 'behavior', 'Messages has no level of detail for images');
  if (type.startsWith('image/')) {
    const source = imageSource(media, type, path, losses);
    if (!source) return refused(`Messages takes images as ${IMAGES.join(', ')}`);
    if (name !== undefined) losses.dropped(`${path}.name`, name, 'none', 'Messages has no names for images');
    return { type: 'image', source };
  }
  const source = documentSource(media, type, path, losses);
  return source ? present({ type: 'document', source, title: name }) : refused('Messages takes documents as PDF or text');
}

const IMAGES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

function imageSource({ source }: MediaPart, type: string, path: string, losses: Losses): JsonObject | undefined {
  if ('url' in source) return { type: 'url', url: source.url };
  if ('fileId' in source) return { type: 'file', file_id: source.fileId };
  if ('text' in source) return undefined;
  const data = unspaced(source.base64);
  // Anthropic compares the bytes with the type and answers 400; callers often name the wrong one.
  const real = sniff(data) ?? (type === 'image/jpg' || type === 'image/pjpeg' ? 'image/jpeg' : type);
  if (!IMAGES.includes(real)) return undefined;
  if (real !== type) losses.changed(`${path}.mediaType`, type, 'none', `the image is ${real}`);
  return { type: 'base64', media_type: real, data };
}

function documentSource({ source, extra }: MediaPart, type: string, path: string, losses: Losses): JsonObject | undefined {
  const verbatim = ownExtra(extra)['source'];
  if (verbatim !== undefined) return verbatim as JsonObject;
  if ('url' in source) return { type: 'url', url: source.url };
  if ('fileId' in source) return { type: 'file', file_id: source.fileId };
  const isText = TEXTS.test(type);
  if (isText && type !== 'text/plain') losses.changed(`${path}.mediaType`, type, 'none', 'Messages takes text documents as text/plain');
  if ('text' in source) return { type: 'text', media_type: 'text/plain', data: source.text };
  const data = unspaced(source.base64);
  if (type === 'application/pdf' || sniff(data) === 'application/pdf') return { type: 'base64', media_type: 'application/pdf', data };
  return isText ? { type: 'text', media_type: 'text/plain', data: Buffer.from(data, 'base64').toString('utf8') } : undefined;
}

const TEXTS = /^(text\/.+|application\/(json|xml|yaml|x-yaml|javascript|x-ndjson))$/;

// Anthropic refuses line breaks inside base64, which many encoders put there.
const unspaced = (base64: string) => (/\s/.test(base64) ? base64.replace(/\s+/g, '') : base64);

/** The type that the first bytes show, in base64. */
const sniff = (data: string): string | undefined => SIGNATURES.find(([start]) => data.startsWith(start))?.[1];
const SIGNATURES: readonly (readonly [string, string])[] = [
  ['/9j/', 'image/jpeg'],
  ['iVBORw0KGgo', 'image/png'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
  ['JVBERi0', 'application/pdf'],
];
