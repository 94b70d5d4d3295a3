import type { Json, JsonObject } from '../../model/json.ts';
import type { Citation } from '../../model/part.ts';
import type { Losses } from '../losses.ts';
import { isObject, take } from '../take.ts';
import { CHAT, given, restOf, spread } from './fields.ts';

/** A web page becomes a citation everyone can say; anything else stays as it is. */
export function decodeAnnotation(wire: Json): Citation {
  const inner = isObject(wire) && wire['type'] === 'url_citation' ? wire['url_citation'] : undefined;
  if (!isObject(wire) || !isObject(inner) || typeof inner['url'] !== 'string') return { type: 'opaque', dialect: CHAT, wire };
  const fields = take(wire, 'annotations');
  const cited = take(fields.object('url_citation'), 'url_citation');
  fields.leave('type');
  return {
    type: 'url',
    url: cited.string('url'),
    ...given({ title: cited.maybeString('title'), start: cited.maybeNumber('start_index'), end: cited.maybeNumber('end_index') }),
    ...restOf(fields, { url_citation: cited }),
  };
}

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
