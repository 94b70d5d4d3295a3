import { isList, isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { MediaSource, Part, PartBody, Seal } from '../../model/part.ts';
import { unwrapSeal } from '../seal.ts';
import { refuse, type Taker, take } from '../take.ts';
import { takeMark } from './cache-mark.ts';
import { decodeCitation } from './citations.ts';
import { entryOf, extraOf, NAME, ownExtra } from './name.ts';

/** Content as parts: a string, or a list of blocks. */
export function decodeParts(wire: Json | undefined, path: string): Part[] {
  if (typeof wire === 'string') return [{ type: 'text', text: wire }];
  if (!isList(wire)) refuse(path, 'a string or a list of content blocks', wire);
  return wire.map((block, i) => decodePart(block, `${path}[${i}]`));
}

/** One content block. A block no other dialect could say (server tools, tomorrow's) stays whole, as `opaque`. */
export function decodePart(wire: Json, path: string): Part {
  const block = take(wire, path);
  const decode = entryOf(BLOCKS, block.string('type'));
  const body = decode?.(block);
  if (!body) return { type: 'opaque', dialect: NAME, wire };
  const { cache, kept } = takeMark(block);
  const { extra: _, ...said } = body as Part;
  const extra = { ...ownExtra((body as Part).extra), ...kept, ...ownExtra(block.rest(NAME).extra) };
  return { ...said, ...(cache && { cache }), ...extraOf(extra) };
}

type Decode = (block: Taker) => PartBody | (PartBody & { readonly extra?: Part['extra'] }) | undefined;

const BLOCKS: Readonly<Record<string, Decode>> = {
  text(block) {
    const text = block.string('text');
    const citations = block.maybeList('citations')?.map((citation, i) => decodeCitation(citation, `${block.at('citations')}[${i}]`)) ?? [];
    return { type: 'text', text, ...(citations.length > 0 && { citations }) };
  },
  thinking(block) {
    const data = block.maybeString('signature');
    return { type: 'reasoning', text: block.string('thinking'), ...(data && { seal: sealOf(data) }) };
  },
  redacted_thinking(block) {
    const data = block.string('data');
    return { type: 'reasoning', text: '', seal: unwrapSeal(data) ?? { by: NAME, data, redacted: true } };
  },
  tool_use(block) {
    const caller = block.maybeObject('caller');
    return {
      type: 'toolCall',
      id: block.string('id'),
      name: block.string('name'),
      arguments: JSON.stringify(block.maybeObject('input') ?? {}),
      // A call by the model itself, as nearly all are, need not be said.
      ...(caller && !isDirect(caller) && extraOf({ caller })),
    };
  },
  tool_result(block) {
    const content = block.maybe('content');
    const isError = block.maybeBoolean('is_error');
    return {
      type: 'toolResult',
      callId: block.string('tool_use_id'),
      content: content === undefined || content === '' ? [] : decodeParts(content, block.at('content')),
      ...(isError !== undefined && { isError }),
    };
  },
  image(block) {
    const source = block.object('source');
    const type = source['type'];
    if (type === 'base64' && has(source, 'media_type', 'data')) {
      return { type: 'media', mediaType: String(source['media_type']), source: { base64: String(source['data']) } };
    }
    const where = elsewhere(source);
    return where && { type: 'media', mediaType: 'image/*', source: where };
  },
  search_result(block) {
    const { source, title, content } = { source: block.string('source'), title: block.string('title'), content: block.list('content') };
    const text = textOf(content);
    // Its words are text to every dialect; the block they stood in comes back from `extra`.
    return text === undefined
      ? undefined
      : { type: 'text', text: `${title}\n${source}\n\n${text}`, ...extraOf({ search_result: { source, title, content } }) };
  },
  document(block) {
    const wire = block.object('source');
    const title = block.maybeString('title');
    const source = documentSource(wire);
    return source && { type: 'media', ...source, ...(title !== undefined && { name: title }) };
  },
};

/** Whose seal a signature holds: Anthropic's own, or one that came through us in a wrapper. */
export const sealOf = (data: string): Seal => unwrapSeal(data) ?? { by: NAME, data };

const isDirect = (caller: JsonObject) => caller['type'] === 'direct' && Object.keys(caller).length === 1;

/** Whether the source has just these fields besides its type, all strings: then a canonical source says it whole. */
const has = (source: JsonObject, ...fields: string[]) =>
  Object.keys(source).length === fields.length + 1 && fields.every((field) => typeof source[field] === 'string');

function elsewhere(source: JsonObject): MediaSource | undefined {
  if (source['type'] === 'url' && has(source, 'url')) return { url: String(source['url']) };
  if (source['type'] === 'file' && has(source, 'file_id')) return { fileId: String(source['file_id']), dialect: NAME };
  return undefined;
}

type DocumentSource = { readonly mediaType: string; readonly source: MediaSource; readonly extra?: Part['extra'] };

function documentSource(source: JsonObject): DocumentSource | undefined {
  const type = source['type'];
  if (type === 'base64' && has(source, 'media_type', 'data'))
    return { mediaType: String(source['media_type']), source: { base64: String(source['data']) } };
  if (type === 'text' && source['media_type'] === 'text/plain' && has(source, 'media_type', 'data'))
    return { mediaType: 'text/plain', source: { text: String(source['data']) } };
  if (type === 'content' && has(source, 'content'))
    return { mediaType: 'text/plain', source: { text: String(source['content']) }, ...extraOf({ source }) };
  if (type === 'content' && Object.keys(source).length === 2) {
    const text = textOf(source['content']);
    // The blocks' borders matter to citations: they come back from `extra`, others read the text.
    return text === undefined ? undefined : { mediaType: 'text/plain', source: { text }, ...extraOf({ source }) };
  }
  const where = elsewhere(source);
  return where && { mediaType: 'url' in where ? 'application/pdf' : '*/*', source: where };
}

/** The text of a list of plain text blocks; undefined when there is anything else among them. */
function textOf(content: Json | undefined): string | undefined {
  if (!isList(content)) return undefined;
  const texts = content.map((block) =>
    isObject(block) && block['type'] === 'text' && typeof block['text'] === 'string' ? block['text'] : undefined,
  );
  return texts.includes(undefined) ? undefined : texts.join('\n\n');
}
