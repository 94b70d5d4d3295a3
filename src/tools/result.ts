import type { Part, ToolCall } from '../model/part.ts';
import type { ToolResult } from './tool.ts';

/** What a tool gave, as the model is told it. Throws for what is no JSON either. */
export function contentOf(value: unknown): readonly Part[] {
  if (isParts(value)) return value.parts;
  if (typeof value === 'string') return said(value);
  return said(JSON.stringify(value) ?? '(nothing)');
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

const isParts = (value: unknown): value is { readonly parts: readonly Part[] } =>
  typeof value === 'object' && value !== null && 'parts' in value && Array.isArray(value.parts) && Object.keys(value).length === 1;
