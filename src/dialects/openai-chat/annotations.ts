import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Citation } from '../../model/part.ts';
import type { Losses } from '../losses.ts';
import { CHAT, extraOf, given, spread } from './fields.ts';

/** A web page becomes a citation everyone can say; anything else stays as it is. */
export function decodeAnnotation(wire: Json): Citation {
  const inner = isObject(wire) && wire['type'] === 'url_citation' ? wire['url_citation'] : undefined;
  if (!isObject(wire) || !isObject(inner) || typeof inner['url'] !== 'string') return { type: 'opaque', dialect: CHAT, wire };
  const { type: _, url_citation: __, ...outer } = wire;
  const { url, title, start_index: start, end_index: end, ...rest } = inner;
  // Offsets that are no numbers, or titles no text, are for nobody else to understand.
  if (!isMaybe(title, 'string') || !isMaybe(start, 'number') || !isMaybe(end, 'number')) return { type: 'opaque', dialect: CHAT, wire };
  return {
    type: 'url',
    url: url as string,
    ...(given({ title: title ?? undefined, start: start ?? undefined, end: end ?? undefined }) as Pick<
      UrlCitation,
      'title' | 'start' | 'end'
    >),
    ...extraOf({ ...outer, ...(Object.keys(rest).length > 0 && { url_citation: rest }) }),
  };
}

type UrlCitation = Extract<Citation, { type: 'url' }>;

const isMaybe = (value: Json | undefined, type: 'string' | 'number') => value === undefined || value === null || typeof value === type;

/** A citation as an annotation of the whole message, in which its part begins at `offset` and is `length` long; undefined, and told, when Chat cannot say it. */
export function encodeAnnotation(citation: Citation, offset: number, length: number, path: string, losses: Losses): JsonObject | undefined {
  if (citation.type === 'opaque') {
    if (citation.dialect === CHAT) return citation.wire as JsonObject;
    losses.dropped(path, citation.wire, 'behavior', `only ${citation.dialect} has this kind of citation`);
    return undefined;
  }
  const { url, title = '', start = 0, end = length, quote, extra } = citation;
  if (quote !== undefined) losses.dropped(`${path}.quote`, quote, 'none', 'openai-chat cites places, not passages');
  const rest = losses.extra(path, extra, { encrypted_index: 'none' });
  return spread({ type: 'url_citation', url_citation: { start_index: offset + start, end_index: offset + end, title, url } }, rest);
}
