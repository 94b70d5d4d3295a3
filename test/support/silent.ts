import type { DialectName } from '../../src/model/part.ts';

/**
 * Leaves whose change no one need see, because they say nothing the rest does not: the words a
 * format writes into every value of a kind, positions that the order says too, and usage that is not there. Matched against paths such as `messages[2].content[0].type`.
 */
export const SILENT: Readonly<Record<DialectName, { readonly request: readonly RegExp[]; readonly reply: readonly RegExp[] }>> = {
  'openai-chat': {
    request: [],
    reply: [/^object$/, /^choices\[\d+\]\.index$/, /^choices\[\d+\]\.message\.(role|tool_calls\[\d+\]\.(type|index))$/],
  },
  'openai-responses': { request: [], reply: [/^object$/, /^usage$/] },
  'anthropic-messages': { request: [], reply: [/^type$/, /^role$/] },
};
