import { isList, isObject, type Json } from '../../../model/json.ts';
import type { Part } from '../../../model/part.ts';
import { cleanBase64, mediaTypeOf, parseDataUrl } from '../../data-url.ts';
import { refuse, type Taker, take } from '../../take.ts';
import { decodeMark } from '../cache-mark.ts';
import { CHAT, extraOf, given, own, restOf } from '../fields.ts';

/** A message's `content`: a string is one text part, `null` or nothing is none. */
export function decodeContent(fields: Taker): Part[] {
  const content = fields.maybe('content');
  if (content === undefined) return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!isList(content)) refuse(fields.at('content'), 'a string or a list of parts', content);
  return content.map((part, i) => decodePart(part, `${fields.at('content')}[${i}]`));
}

function decodePart(wire: Json, path: string): Part {
  const fields = take(wire, path);
  const type = fields.string('type');
  switch (type) {
    case 'text': {
      const text = fields.string('text');
      return { type: 'text', text, ...decodeMark(fields, wire), ...restOf(fields) };
    }
    case 'refusal': {
      const text = fields.string('refusal');
      return { type: 'refusal', text, ...restOf(fields) };
    }
    case 'image_url':
      return decodeImage(fields, wire);
    case 'input_audio':
      return decodeAudio(fields, wire);
    case 'file':
      return decodeFile(fields, wire);
    case 'thinking':
      return decodeThinking(wire) ?? { type: 'opaque', dialect: CHAT, wire };
    default:
      return { type: 'opaque', dialect: CHAT, wire };
  }
}

/** Mistral's server also takes the URL without its object. */
function decodeImage(fields: Taker, wire: Json): Part {
  const bare = isObject(wire) && typeof wire['image_url'] === 'string';
  const image = bare
    ? take({ url: fields.string('image_url') }, fields.at('image_url'))
    : take(fields.object('image_url'), fields.at('image_url'));
  const url = image.string('url');
  const detail = image.maybeString('detail');
  const data = parseDataUrl(url);
  return {
    type: 'media',
    mediaType: data?.mediaType ?? 'image/*',
    source: data ? { base64: data.base64 } : { url },
    ...given({ detail }),
    ...decodeMark(fields, wire),
    ...restOf(fields, { image_url: image }),
  };
}

function decodeAudio(fields: Taker, wire: Json): Part {
  const audio = take(fields.object('input_audio'), fields.at('input_audio'));
  const base64 = cleanBase64(audio.string('data'));
  const format = audio.string('format');
  return {
    type: 'media',
    mediaType: `audio/${format}`,
    source: { base64 },
    ...decodeMark(fields, wire),
    ...restOf(fields, { input_audio: audio }),
  };
}

/** `file_data` is a data URL or, as the types allow, bare base64; some compatible servers take a web address there. */
function decodeFile(fields: Taker, wire: Json): Part {
  const file = take(fields.object('file'), fields.at('file'));
  const fileId = file.maybeString('file_id');
  const name = file.maybeString('filename');
  const rest = () => ({ ...given({ name }), ...decodeMark(fields, wire), ...restOf(fields, { file }) });
  if (fileId !== undefined) return { type: 'media', mediaType: '*/*', source: { fileId, dialect: CHAT }, ...rest() };
  const written = file.maybeString('file_data') ?? refuse(file.path, 'an object with "file_data" or "file_id"', wire);
  if (/^https?:\/\//.test(written))
    return { ...linked(written), ...given({ name }), ...decodeMark(fields, wire), ...linkedRest(fields, file) };
  const data = parseDataUrl(written) ?? bareData(written);
  return { type: 'media', mediaType: data.mediaType, source: { base64: data.base64 }, ...rest() };
}

const linked = (url: string) =>
  ({ type: 'media', mediaType: /\.pdf($|[?#])/i.test(url) ? 'application/pdf' : '*/*', source: { url } }) as const;

/** OpenAI has no field for a document's address: the marker says that this server takes it in `file_data`. */
function linkedRest(fields: Taker, file: Taker) {
  const { extra } = restOf(fields, { file });
  return extraOf({ ...own(extra), file_data: null });
}

function bareData(written: string) {
  const base64 = cleanBase64(written);
  return { mediaType: mediaTypeOf(base64) ?? 'application/octet-stream', base64 };
}

/** Mistral's reasoning, which stands in the content: `{ type: 'thinking', thinking: [{ type: 'text', text }] }`. The marker says where it goes back to. */
export function decodeThinking(wire: Json): Part | undefined {
  if (!isObject(wire) || !isList(wire['thinking'])) return undefined;
  const texts = wire['thinking'].flatMap((chunk) =>
    isObject(chunk) && chunk['type'] === 'text' && typeof chunk['text'] === 'string' && Object.keys(chunk).length === 2
      ? [chunk['text']]
      : [],
  );
  if (texts.length !== wire['thinking'].length) return undefined;
  const { type: _, thinking: __, ...rest } = wire;
  return { type: 'reasoning', text: texts.join(''), ...extraOf({ ...rest, thinking: null }) };
}
