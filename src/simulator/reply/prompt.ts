import type { Media, Part, ToolCall } from '../../model/part.ts';
import type { ModelRequest } from '../../model/request.ts';

/** What a request comes down to for somebody about to answer it. */
export interface Prompt {
  /** The last words of the user. */
  readonly text: string;
  /** Pictures and documents of the latest user turn. */
  readonly media: readonly Media[];
  /** Results of tools nobody has answered yet, with the calls they belong to. */
  readonly results: readonly { readonly call?: ToolCall; readonly content: readonly Part[]; readonly isError: boolean }[];
  /** Whether the answer is already begun by a trailing assistant turn. */
  readonly begun: boolean;
}

export function promptOf({ turns }: ModelRequest): Prompt {
  const latest = turns.findLastIndex(({ role, parts }) => role === 'assistant' && parts.some((part) => part.type !== 'reasoning'));
  const after = turns.slice(latest + 1).filter(({ role }) => role === 'user');
  const calls = new Map(
    turns.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'toolCall' ? [[part.id, part] as const] : []))),
  );
  const parts = after.flatMap((turn) => turn.parts);
  const said = after.length > 0 && textOf(parts) !== '' ? parts : (turns.findLast(saysSomething)?.parts ?? []);
  return {
    text: textOf(said),
    media: parts.filter((part): part is Part & Media => part.type === 'media'),
    results: parts.flatMap((part) => {
      if (part.type !== 'toolResult') return [];
      const call = calls.get(part.callId);
      return [{ ...(call && { call }), content: part.content, isError: part.isError === true }];
    }),
    begun: turns.length > 0 && after.length === 0,
  };
}

/** All text of some parts, a paragraph each. */
export const textOf = (parts: readonly Part[]): string => parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n');

const saysSomething = ({ role, parts }: ModelRequest['turns'][number]) => role === 'user' && textOf(parts) !== '';

/** Media as a reader would report them: `1 image/png (68 bytes), 2 application/pdf (9 and 12 bytes)`. */
export function mediaSeen(media: readonly Media[]): string {
  const byType = new Map<string, string[]>();
  for (const item of media) byType.set(item.mediaType, [...(byType.get(item.mediaType) ?? []), sizeOf(item)]);
  return [...byType].map(([type, sizes]) => `${sizes.length} ${type} (${sizes.join(', ')})`).join(', ');
}

function sizeOf({ source }: Media): string {
  if ('base64' in source) return `${Buffer.from(source.base64, 'base64').length} bytes`;
  if ('text' in source) return `${Buffer.byteLength(source.text)} bytes`;
  return 'url' in source ? source.url : `file ${source.fileId}`;
}

/** At most `most` characters, with an ellipsis where more was cut; line breaks become spaces. */
export function brief(text: string, most: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  // A character is two units at most: the rest of a long text need not be taken apart.
  const characters = [...line.slice(0, 2 * most + 1)];
  return characters.length <= most ? line : `${characters.slice(0, most).join('')}…`;
}
