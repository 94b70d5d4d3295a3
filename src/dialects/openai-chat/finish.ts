import type { Finish } from '../../model/reply.ts';

/** Why the answer ended. Forced and some compatible calls end with `stop`, refusals always do: what was written tells. */
export function finishOf(word: string | undefined, seen: { readonly calls: boolean; readonly refusal: boolean }): Finish {
  const reason = word === undefined ? undefined : (REASONS.get(word) ?? ALIASES.get(word));
  const wire = word === undefined ? {} : { wire: word };
  if (reason === 'stop' || word === undefined) {
    if (seen.calls) return { reason: 'toolCalls', ...wire };
    if (seen.refusal) return { reason: 'refused', ...wire };
  }
  return { reason: reason ?? 'other', ...wire };
}

const REASONS = new Map<string, Finish['reason']>([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'toolCalls'],
  ['function_call', 'toolCalls'],
  ['content_filter', 'refused'],
]);

/** Words of compatible servers: Together, Mistral. */
const ALIASES = new Map<string, Finish['reason']>([
  ['eos', 'stop'],
  ['model_length', 'length'],
]);

/** The word for an ending: the provider's own where it is one of Chat's, else Chat's for the reason; undefined when it has none. */
export function finishWord({ reason, wire }: Finish, functions: boolean): string | undefined {
  if (functions && reason === 'toolCalls') return 'function_call';
  if (wire !== undefined && REASONS.has(wire)) return wire;
  // Responses' word for a refusal in words, which on Chat ends with `stop`; OpenAI's SDK throws at `content_filter` instead of showing it.
  if (reason === 'refused' && wire === 'completed') return 'stop';
  return WORDS[reason];
}

const WORDS: Readonly<Partial<Record<Finish['reason'], string>>> = {
  stop: 'stop',
  length: 'length',
  toolCalls: 'tool_calls',
  refused: 'content_filter',
};
