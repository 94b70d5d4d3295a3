import type { DialectName } from '../../src/model/part.ts';

/**
 * Leaves whose change no one need see, because they say nothing the rest does not: the words a
 * format writes into every value of a kind. Matched against paths such as `messages[2].content[0].type`.
 */
export const SILENT: Readonly<Record<DialectName, { readonly request: readonly RegExp[]; readonly reply: readonly RegExp[] }>> = {
  'openai-chat': { request: [], reply: [/^object$/, /^choices\[\d+\]\.message\.role$/] },
  'openai-responses': { request: [], reply: [/^object$/] },
  'anthropic-messages': { request: [], reply: [/^type$/, /^role$/] },
};
