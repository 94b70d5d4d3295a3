import type { Json, JsonObject } from '../../model/json.ts';
import type { Citation } from '../../model/part.ts';
import type { Losses } from '../losses.ts';
import { SEAL_TAG } from '../seal.ts';
import { take } from '../take.ts';
import { extraOf, listed, NAME, ownExtra, present } from './name.ts';

/** A citation. Those of web searches can be said elsewhere too; the others stay as they are. */
export function decodeCitation(wire: Json, path: string): Citation {
  const citation = take(wire, path);
  if (citation.maybeString('type') !== 'web_search_result_location') return { type: 'opaque', dialect: NAME, wire };
  const title = citation.maybeString('title');
  const quote = citation.maybeString('cited_text');
  const index = citation.maybeString('encrypted_index');
  return {
    type: 'url',
    url: citation.string('url'),
    ...(title !== undefined && { title }),
    ...(quote !== undefined && { quote }),
    ...extraOf({
      ...(index !== undefined && !index.startsWith(SEAL_TAG) && { encrypted_index: index }),
      ...ownExtra(citation.rest(NAME).extra),
    }),
  };
}

/** Citations of an answer's text. `null` where there are none, as Anthropic writes it. */
export function encodeCitations(citations: readonly Citation[] | undefined, path: string, losses: Losses): Json {
  const wires = (citations ?? []).flatMap((citation, i) => listed(encodeCitation(citation, `${path}.citations[${i}]`, losses)));
  return wires.length > 0 ? wires : null;
}

/** One citation of an answer; undefined when it is another dialect's own kind. */
export function encodeCitation(citation: Citation, path: string, losses: Losses): JsonObject | undefined {
  if (citation.type === 'opaque') {
    if (citation.dialect === NAME) return citation.wire as JsonObject;
    losses.dropped(path, citation.wire, 'behavior', `a citation only ${citation.dialect} can make`);
    return undefined;
  }
  const { url, title, quote, start, end, extra } = citation;
  if (start !== undefined || end !== undefined)
    losses.dropped(path, present({ start, end }), 'none', 'Messages cites by the text before the citation, not by offsets');
  return {
    type: 'web_search_result_location',
    cited_text: quote ?? '',
    url,
    title: title ?? null,
    // The SDK's type requires the key. Only Anthropic can fill it; ours says that it did not, also to who would relay it.
    encrypted_index: `${SEAL_TAG}-`,
    ...losses.extra(path, extra),
  };
}

/**
 * Citations of earlier answers, on their way back to Anthropic: a web citation is known by its
 * `encrypted_index`, so one that Anthropic did not make cannot be sent.
 */
export function returnCitations(citations: readonly Citation[], path: string, losses: Losses): Json[] {
  return citations.flatMap((citation, i): readonly Json[] => {
    const at = `${path}.citations[${i}]`;
    if (citation.type === 'url' && ownExtra(citation.extra)['encrypted_index'] === undefined) {
      losses.dropped(at, citation, 'behavior', 'Messages takes back only its own citations');
      return [];
    }
    return listed(encodeCitation(citation, at, losses));
  });
}
