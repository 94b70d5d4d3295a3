import { invalid } from '../../../model/failure.ts';
import type { Json, JsonObject } from '../../../model/json.ts';
import type { MediaSource, Part } from '../../../model/part.ts';
import { mediaTypeOf, parseDataUrl } from '../../data-url.ts';
import { type Taker, take } from '../../take.ts';
import { decodeAnnotation } from '../annotations.ts';
import { decodeMark } from '../cache-mark.ts';
import { extraOf } from '../fields.ts';

/** Which text part a message's sender writes: the model `output_text`, everyone else `input_text`. */
export type TextType = 'input_text' | 'output_text';

/** A string, or a list of content parts, as parts. Parts of unknown types are kept whole. */
export function decodeContent(wire: Json | undefined, path: string, spoken: TextType): Part[] {
  if (typeof wire === 'string') return [{ type: 'text', text: wire }];
  if (wire === undefined || wire === null) return [];
  if (!Array.isArray(wire)) invalid(`${path} must be a string or a list of content parts, got ${typeof wire}`, path);
  return (wire as readonly Json[]).map((part, i) => decodePart(part, `${path}[${i}]`, spoken));
}

/** One content part of a message or of a tool's output. */
export function decodePart(wire: Json, path: string, spoken: TextType): Part {
  const fields = take(wire, path);
  const part = wire as JsonObject;
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
      return decodeText(fields, part, spoken);
    case 'refusal':
      fields.leave('type');
      return { type: 'refusal', text: fields.string('refusal'), ...fields.rest('openai-responses') };
    case 'input_image':
      return decodeImage(fields, part);
    case 'input_file':
      return decodeFile(fields, part);
    default:
      return { type: 'opaque', dialect: 'openai-responses', wire };
  }
}

function decodeText(fields: Taker, part: JsonObject, spoken: TextType): Part {
  const text = fields.string('text');
  // A type that is not its sender's stays beside the text, so that it goes back as it came.
  if (part['type'] === spoken) fields.leave('type');
  const annotations = part['annotations'];
  const cited = Array.isArray(annotations) && annotations.length > 0;
  if (cited) fields.leave('annotations');
  return {
    type: 'text',
    text,
    ...(cited && { citations: annotations.map((each, i) => decodeAnnotation(each, `${fields.path}.annotations[${i}]`)) }),
    ...decodeMark(fields, part),
    ...fields.rest('openai-responses'),
  };
}

function decodeImage(fields: Taker, part: JsonObject): Part {
  fields.leave('type');
  const detail = fields.maybeString('detail');
  const url = fields.maybeString('image_url');
  const fileId = url === undefined ? fields.maybeString('file_id') : undefined;
  if (url === undefined && fileId === undefined) invalid(`${fields.path} must have image_url or file_id, got neither`, fields.path);
  const inline = url === undefined ? undefined : parseDataUrl(url);
  return {
    type: 'media',
    mediaType: inline?.mediaType ?? 'image/*',
    source: inline ? { base64: inline.base64 } : url !== undefined ? { url } : stored(fileId!),
    ...(detail !== undefined && { detail }),
    ...decodeMark(fields, part),
    ...fields.rest('openai-responses'),
  };
}

function decodeFile(fields: Taker, part: JsonObject): Part {
  const name = fields.maybeString('filename');
  const detail = fields.maybeString('detail');
  const found = decodeFileSource(fields);
  // An image or a sound given as a file stays a file: its type is kept beside it.
  if (!/^(image|audio)\//.test(found.mediaType)) fields.leave('type');
  return {
    type: 'media',
    ...found,
    ...(name !== undefined && { name }),
    ...(detail !== undefined && { detail }),
    ...decodeMark(fields, part),
    ...fields.rest('openai-responses'),
  };
}

function decodeFileSource(fields: Taker): { mediaType: string; source: MediaSource } {
  const data = fields.maybeString('file_data');
  if (data !== undefined) {
    const inline = parseDataUrl(data);
    if (inline) return { mediaType: inline.mediaType, source: { base64: inline.base64 } };
    // Bare base64 is taken too.
    return { mediaType: mediaTypeOf(data) ?? '*/*', source: { base64: data } };
  }
  const url = fields.maybeString('file_url');
  if (url !== undefined) return { mediaType: '*/*', source: { url } };
  const fileId = fields.maybeString('file_id');
  if (fileId !== undefined) return { mediaType: '*/*', source: stored(fileId) };
  return invalid(`${fields.path} must have file_data, file_url or file_id, got none of them`, fields.path);
}

const stored = (fileId: string): MediaSource => ({ fileId, dialect: 'openai-responses' });

/** Marks a turn whose content holds a part we do not know, so that the part is not taken for an item of its own. */
export const contentMarker = (parts: readonly Part[]): JsonObject =>
  parts.some(({ type }) => type === 'opaque') ? { type: 'message' } : {};

/** Adds fields of this dialect to a part. */
export function withExtra(part: Part, fields: JsonObject): Part {
  const own = part.extra?.['openai-responses'];
  const { extra } = extraOf({ ...own, ...fields });
  return extra ? { ...part, extra: { ...part.extra, ...extra } } : part;
}
