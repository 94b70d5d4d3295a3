import { hash } from 'node:crypto';
import type { Prefixes, Segment } from '../model/caching.ts';
import type { Part } from '../model/part.ts';
import type { ModelRequest, Turn } from '../model/request.ts';
import { BYTES_PER_TOKEN, MEDIA_TOKENS } from './estimate.ts';
import type { Inbound } from './lane.ts';

/** What of a question may be cached. */
export interface Cacheable extends Prefixes {
  /** All that stands before its turns: tools, instructions, system messages at the beginning. */
  readonly segments: readonly Segment[];
  /** System messages at the beginning: the first prefix ends after them. */
  readonly leading: number;
  /** The caller says himself what is to be cached. */
  readonly marked: boolean;
}

/** About right for English and code, where nearly every letter is a byte. */
const CHARS_PER_TOKEN = BYTES_PER_TOKEN;

/** Where prefixes of a question may end. Throws `invalid` for one that cannot be read. */
export function cacheableIn(inbound: Inbound): Cacheable {
  const request = inbound.decode();
  const { tools = [], instructions = [], turns } = request;
  const firstTurn = turns.findIndex(({ role }) => role !== 'system' && role !== 'developer');
  const leading = firstTurn < 0 ? turns.length : firstTurn;
  const segments: Segment[] = [
    ...tools.map(({ cache: _, ...tool }, index) => ({ place: `tools[${index}]`, text: JSON.stringify(tool) })),
    ...instructions.map((part, index) => ({ place: `instructions[${index}]`, text: textOf(part) })),
    ...turns
      .slice(0, leading)
      .flatMap(({ parts }, turn) => parts.map((part, at) => ({ place: `turns[${turn}].parts[${at}]`, text: textOf(part) }))),
  ];
  const digests: string[] = [];
  const tokens: number[] = [];
  let chain = '';
  let count = 0;
  const end = (texts: readonly string[], more: number) => {
    chain = hash('sha256', [chain, ...texts].join('\0'), 'base64url');
    count += more;
    digests.push(chain);
    tokens.push(Math.round(count));
  };
  end(
    segments.map(({ text }) => text),
    segments.reduce((sum, { text }) => sum + text.length / CHARS_PER_TOKEN, 0),
  );
  for (const { role, parts } of turns.slice(leading))
    end(
      [role, ...parts.map(textOf)],
      parts.reduce((sum, part) => sum + (part.type === 'media' ? MEDIA_TOKENS : textOf(part).length / CHARS_PER_TOKEN), 0),
    );
  return { segments, digests, tokens, leading, marked: isMarked(request) };
}

function textOf(part: Part): string {
  if (part.type === 'text' && part.extra === undefined) return part.text;
  const { cache: _, ...rest } = part;
  return JSON.stringify(rest);
}

function isMarked({ tools = [], instructions = [], turns, cache, settings, extra }: ModelRequest): boolean {
  const inParts = (parts: readonly Part[]) =>
    parts.some((part) => part.cache !== undefined || (part.type === 'toolResult' && part.content.some((one) => one.cache)));
  return (
    cache !== undefined ||
    extra?.['anthropic-messages']?.['thread'] !== undefined ||
    settings?.cacheOptions !== undefined ||
    tools.some((tool) => tool.cache) ||
    inParts(instructions) ||
    turns.some((turn: Turn) => inParts(turn.parts))
  );
}
