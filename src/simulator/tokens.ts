import type { Media, Part } from '../model/part.ts';
import type { ModelRequest, Tool } from '../model/request.ts';

/**
 * The simulator's tokenizer: four bytes of UTF-8 are a token, rounded up. No vendor counts so, but
 * it is the same for everyone, grows with the text and can be worked out by hand.
 */
export const tokensOf = (text: string): number => Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);

export const BYTES_PER_TOKEN = 4;

/** What an image, a document or a sound counts, whatever its size. */
export const MEDIA_TOKENS = { image: 300, application: 1500, text: 1500, audio: 100 } as const;

/** One piece of a prompt in the order vendors render it: tools, system, conversation. */
export interface Block {
  /** All there is of it: two blocks with the same text are the same block. */
  readonly text: string;
  readonly tokens: number;
  /** Minutes asked for by a cache mark at its end; 0: the vendor's default. */
  readonly markMinutes?: number;
  readonly section: 'tools' | 'system' | 'turns';
}

/** The prompt as blocks. Seals are left out: what a thought said before does not change what it costs here. */
export function promptBlocks(request: ModelRequest): Block[] {
  const blocks = [
    ...(request.tools ?? []).map((tool) => toolBlock(tool)),
    ...(request.instructions ?? []).map((part) => partBlock(part, 'system', 'system')),
    ...request.turns.flatMap(({ role, parts }) => parts.map((part) => partBlock(part, role, 'turns'))),
  ];
  const last = blocks.at(-1);
  if (request.cache && last && last.markMinutes === undefined) {
    blocks[blocks.length - 1] = { ...last, markMinutes: request.cache.ttlMinutes ?? 0 };
  }
  return blocks;
}

/** Tokens of a whole prompt. */
export const promptTokens = (request: ModelRequest): number => promptBlocks(request).reduce((sum, { tokens }) => sum + tokens, 0);

function toolBlock({ cache, ...tool }: Tool): Block {
  const text = JSON.stringify(tool);
  return { text, tokens: tokensOf(text), section: 'tools', ...mark(cache) };
}

function partBlock({ cache, ...part }: Part, role: string, section: Block['section']): Block {
  return { text: JSON.stringify([role, part]), tokens: partTokens(part), section, ...mark(cache) };
}

const mark = (cache: Part['cache']) => (cache ? { markMinutes: cache.ttlMinutes ?? 0 } : {});

function partTokens(part: Part): number {
  switch (part.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return tokensOf(part.text);
    case 'media':
      return 'text' in part.source ? tokensOf(part.source.text) : mediaTokens(part);
    case 'toolCall':
      return tokensOf(part.name) + tokensOf(part.arguments);
    case 'toolResult':
      return part.content.reduce((sum, inner) => sum + partTokens(inner), 0);
    case 'opaque':
      return tokensOf(JSON.stringify(part.wire));
  }
}

function mediaTokens({ mediaType }: Media): number {
  const family = mediaType.split('/', 1)[0] ?? '';
  return Object.hasOwn(MEDIA_TOKENS, family) ? MEDIA_TOKENS[family as keyof typeof MEDIA_TOKENS] : MEDIA_TOKENS.application;
}
