import { createHash } from 'node:crypto';

/** Which ids a format takes. */
export interface IdRule {
  readonly pattern: RegExp;
}

// Anthropic answers 400 "String should match pattern '^[a-zA-Z0-9_-]+$'"; OpenAI `string_above_max_length` beyond 64.
export const ANTHROPIC_ID: IdRule = { pattern: /^[A-Za-z0-9_-]{1,128}$/ };
export const OPENAI_ID: IdRule = { pattern: /^[\x21-\x7e]{1,64}$/ };

/**
 * An id the format takes: the id itself if it fits; else a reversible escape, so that it survives a
 * client that sends it back and a restart of ours; else, when too long even for that, a hash.
 */
export function fitId(id: string, { pattern }: IdRule): string {
  if (pattern.test(id) && !id.startsWith('hg_')) return id;
  const escaped = `hg_${Buffer.from(id).toString('base64url')}`;
  if (pattern.test(escaped)) return escaped;
  return `hgx_${createHash('sha256').update(id).digest('base64url').slice(0, 40)}`;
}

/** The id that `fitId` escaped; any other id is itself. */
export function restoreId(id: string): string {
  if (!id.startsWith('hg_')) return id;
  const original = Buffer.from(id.slice(3), 'base64url').toString();
  return `hg_${Buffer.from(original).toString('base64url')}` === id ? original : id;
}
