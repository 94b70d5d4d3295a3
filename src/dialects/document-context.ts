import type { Extra } from '../model/part.ts';

/** Messages' `context` of a document is words for the model: elsewhere they are said in text. */
export function withoutContext(extra: Extra | undefined): { readonly context?: string; readonly extra?: Extra } {
  const { context, ...rest } = extra?.['anthropic-messages'] ?? {};
  if (typeof context === 'string') return { context, extra: { ...extra, 'anthropic-messages': rest } };
  return extra ? { extra } : {};
}
