import type { ModelFacts } from '../../../model/facts.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { Impact } from '../../../model/loss.ts';
import type { Extra, Media, Part } from '../../../model/part.ts';
import { dataUrl } from '../../data-url.ts';
import { withoutContext } from '../../document-context.ts';
import type { Losses } from '../../losses.ts';
import { CHAT, given, own, spread } from '../fields.ts';
import type { Toolbox } from './encode-tools.ts';
import type { Marks } from './marks.ts';

/** What encoding any piece of one request needs. */
export interface Encoding {
  readonly facts: ModelFacts;
  readonly toolbox: Toolbox;
  readonly marks: Marks;
  readonly losses: Losses;
}

/** A part of a system, user or tool message, or the text of an assistant's. What Chat cannot say there is lost, and told. */
export function encodeContentPart(part: Part, path: string, { facts, marks, losses }: Encoding): JsonObject[] {
  switch (part.type) {
    case 'text': {
      if (part.citations?.length) losses.dropped(`${path}.citations`, part.citations, 'behavior', 'openai-chat takes no citations back');
      return [marks.put(spread({ type: 'text', text: part.text }, losses.extra(path, part.extra)), part.cache, path)];
    }
    case 'refusal':
      marks.later(part.cache, path);
      return [spread({ type: 'refusal', refusal: part.text }, losses.extra(path, part.extra))];
    case 'media':
      return encodeMedia(part, path, facts, losses).map((wire, i, all) =>
        marks.put(wire, i === all.length - 1 ? part.cache : undefined, path),
      );
    case 'opaque':
      if (part.dialect === CHAT) return [part.wire as JsonObject];
      losses.dropped(path, part.wire, 'content', `only ${part.dialect} understands this part`);
      return [];
    case 'reasoning':
    case 'toolCall':
    case 'toolResult':
      losses.dropped(path, part, 'content', `openai-chat has no ${part.type} here`);
      return [];
    default:
      return part satisfies never;
  }
}

type MediaPart = Part & Media;

function encodeMedia(part: MediaPart, path: string, facts: ModelFacts, losses: Losses): JsonObject[] {
  const { mediaType, source, name, detail } = part;
  const { context, extra } = withoutContext(part.extra);
  const rest = losses.extra(path, extra, MEDIA_IMPACTS);
  const lost = (note: string): JsonObject[] => {
    losses.dropped(path, part, 'content', note);
    return [];
  };
  const header = context === undefined ? [] : [{ type: 'text', text: [name, context].filter(Boolean).join('\n') }];
  if (context !== undefined)
    losses.changed(`${path}.extra.anthropic-messages.context`, context, 'behavior', 'told in a text part before it');

  if (mediaType.startsWith('image/')) {
    if ('fileId' in source) return lost('openai-chat takes no image by file id');
    if ('text' in source) return lost('openai-chat takes no image given as text');
    const url = 'url' in source ? source.url : dataUrl(mediaType, source.base64);
    if (name !== undefined) losses.dropped(`${path}.name`, name, 'none', 'an image has no name');
    return [...header, spread({ type: 'image_url', image_url: given({ url, detail }) }, rest)];
  }
  if (detail !== undefined) losses.dropped(`${path}.detail`, detail, 'none', 'only images have a detail');
  if (mediaType.startsWith('audio/')) {
    if (!('base64' in source)) return lost('openai-chat takes audio as base64 only');
    const format = mediaType === 'audio/mpeg' ? 'mp3' : mediaType.slice('audio/'.length);
    return [spread({ type: 'input_audio', input_audio: { data: source.base64, format } }, rest)];
  }
  if ('text' in source) {
    losses.changed(path, { mediaType, ...given({ name }) }, 'behavior', 'a text document is sent as a text part');
    const text = [name, context].filter((line) => line !== undefined);
    return [spread({ type: 'text', text: text.length > 0 ? `${text.join('\n')}\n\n${source.text}` : source.text }, rest)];
  }
  if ('fileId' in source) {
    const here = source.dialect === CHAT || (source.dialect === 'openai-responses' && facts.vendor === 'openai');
    if (!here) return lost(`a file of ${source.dialect} is not known here`);
    return [...header, spread({ type: 'file', file: given({ file_id: source.fileId, filename: name }) }, rest)];
  }
  if ('url' in source) {
    const { file_data: takesUrl, ...fields } = rest;
    if (takesUrl !== null) return lost('openai-chat takes no document by its address');
    return [...header, spread({ type: 'file', file: given({ file_data: source.url, filename: name }) }, fields)];
  }
  const filename = name ?? `document.${EXTENSIONS[mediaType] ?? 'bin'}`;
  return [...header, spread({ type: 'file', file: { file_data: dataUrl(mediaType, source.base64), filename } }, rest)];
}

const MEDIA_IMPACTS: Readonly<Record<string, Impact>> = { file_data: 'none' };

// A file name is required in effect: without one OpenAI answers 400.
const EXTENSIONS: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/plain': 'txt',
  'text/html': 'html',
  'text/csv': 'csv',
};

/** Our own fields of an extra that are wire fields: the markers our decoder leaves are not. */
export const ownFields = (extra: Extra | undefined, markers: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(own(extra)).filter(([key, value]) => !(value === null && markers.includes(key))));
