import type { Part } from '../../model/part.ts';
import type { Finish } from '../../model/reply.ts';
import { BYTES_PER_TOKEN, tokensOf } from '../tokens.ts';

/** An answer cut where it had to end. */
export interface Cut {
  readonly parts: readonly Part[];
  /** Set when it was cut. */
  readonly finish?: Finish;
}

/** Ends the answer at the first stop sequence in its text, which is left out. */
export function atStop(parts: readonly Part[], stops: readonly string[]): Cut {
  for (const [index, part] of parts.entries()) {
    if (part.type !== 'text') continue;
    const found = stops
      .filter((stop) => stop !== '')
      .map((stop) => ({ stop, at: part.text.indexOf(stop) }))
      .filter(({ at }) => at >= 0)
      .sort((a, b) => a.at - b.at)[0];
    if (!found) continue;
    const text = part.text.slice(0, found.at);
    return {
      parts: [...parts.slice(0, index), ...(text === '' ? [] : [{ ...part, text }])],
      finish: { reason: 'stop', stop: found.stop },
    };
  }
  return { parts };
}

/** Ends the answer after `tokens` of it; a call that does not fit whole is not made. */
export function atLength(parts: readonly Part[], tokens: number): Cut {
  const kept: Part[] = [];
  let left = tokens;
  for (const part of parts) {
    const cost = partTokens(part);
    if (cost <= left) {
      kept.push(part);
      left -= cost;
      continue;
    }
    if (part.type === 'text' && left > 0) kept.push({ ...part, text: firstBytes(part.text, left * BYTES_PER_TOKEN) });
    return { parts: kept, finish: { reason: 'length' } };
  }
  return { parts };
}

/** What a part of an answer counts. */
export function partTokens(part: Part): number {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return tokensOf(part.text);
    case 'toolCall':
      return tokensOf(part.name) + tokensOf(part.arguments);
    default:
      return 0;
  }
}

/** As many whole characters as fit into so many bytes of UTF-8. */
function firstBytes(text: string, bytes: number): string {
  let left = bytes;
  let kept = '';
  for (const character of text) {
    left -= Buffer.byteLength(character);
    if (left < 0) break;
    kept += character;
  }
  return kept;
}
