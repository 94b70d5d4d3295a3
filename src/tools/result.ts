import type { Part, ToolCall } from '../model/part.ts';
import type { ToolParts, ToolResult } from './tool.ts';

/** What a tool gave, as the model is told it. Throws for what cannot be JSON either. */
export function contentOf(value: unknown): readonly Part[] {
  if (isParts(value)) return value.parts;
  if (typeof value === 'string') return said(value);
  return said(value === undefined ? '' : jsonOf(value));
}

export const resultOf = (call: ToolCall, content: readonly Part[]): ToolResult => ({
  type: 'toolResult',
  callId: call.id,
  content,
  ...(call.custom && { custom: true }),
});

/** A result that says what went wrong, in words a model can act on. */
export const errorOf = (call: ToolCall, message: string): ToolResult => ({ ...resultOf(call, said(message)), isError: true });

// An empty text is a 400 with Anthropic.
const said = (text: string): readonly Part[] => [{ type: 'text', text: text === '' ? '(nothing)' : text }];

function jsonOf(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new TypeError(`what it gave cannot be JSON: ${(error as Error).message}`);
  }
  if (text === undefined) throw new TypeError(`what it gave cannot be JSON: it is a ${typeof value}`);
  return text;
}

/** Data may have a field `parts` too: only what can be sent as parts is taken for them. */
const isParts = (value: unknown): value is ToolParts =>
  isRecord(value) &&
  Object.keys(value).length === 1 &&
  Array.isArray(value['parts']) &&
  value['parts'].length > 0 &&
  value['parts'].every(isResultPart);

/** Whether it is of a kind that results have, and whole. */
function isResultPart(part: unknown): part is Part {
  if (!isRecord(part)) return false;
  const { type, text, mediaType, source, dialect, wire } = part;
  if (type === 'text') return typeof text === 'string';
  if (type === 'media')
    return typeof mediaType === 'string' && isRecord(source) && SOURCES.some((kind) => typeof source[kind] === 'string');
  return type === 'opaque' && typeof dialect === 'string' && wire !== undefined;
}

const SOURCES = ['url', 'base64', 'text', 'fileId'];

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
