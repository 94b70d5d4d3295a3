import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Impact } from '../../model/loss.ts';
import type { Citation } from '../../model/part.ts';
import type { Losses } from '../losses.ts';
import { take } from '../take.ts';

/** A web page becomes a citation everyone can say; files and containers of OpenAI stay opaque. */
export function decodeAnnotation(wire: Json, path: string): Citation {
  if (!isObject(wire) || wire['type'] !== 'url_citation' || typeof wire['url'] !== 'string') {
    return { type: 'opaque', dialect: 'openai-responses', wire };
  }
  const fields = take(wire, path);
  fields.leave('type');
  const url = fields.string('url');
  const title = fields.maybeString('title');
  const start = fields.maybeNumber('start_index');
  const end = fields.maybeNumber('end_index');
  return {
    type: 'url',
    url,
    ...(title !== undefined && { title }),
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
    ...fields.rest('openai-responses'),
  };
}

/** The annotations of `text`. A citation that does not say which words it backs is given all of them: the format wants offsets. */
export function encodeAnnotations(
  citations: readonly Citation[],
  text: string,
  path: string,
  losses: Losses,
  impact: Impact,
): JsonObject[] {
  return citations.flatMap((citation, i) => encodeAnnotation(citation, text, `${path}.citations[${i}]`, losses, impact));
}

function encodeAnnotation(citation: Citation, text: string, path: string, losses: Losses, impact: Impact): JsonObject[] {
  if (citation.type === 'opaque') {
    if (citation.dialect === 'openai-responses') return [citation.wire as JsonObject];
    losses.dropped(path, citation.wire, impact, `only ${citation.dialect} has this kind of citation`);
    return [];
  }
  const { url, title = '', start = 0, end = text.length, quote, extra } = citation;
  if (quote !== undefined) losses.dropped(`${path}.quote`, quote, impact, 'openai-responses cites places, not passages');
  return [
    { type: 'url_citation', start_index: start, end_index: end, title, url, ...losses.extra(path, extra, { encrypted_index: 'none' }) },
  ];
}
