import type { Caller } from '../model/caller.ts';
import type { Failure } from '../model/failure.ts';
import type { KeyOperation } from '../model/key.ts';

/** Why the caller's key does not let it do this; undefined when it does. `model` is the name as the caller wrote it. */
export function forbidden(caller: Caller, operation: KeyOperation, model: string): Failure | undefined {
  const { scopes } = caller;
  if (!scopes) return undefined;
  if (scopes.operations && !scopes.operations.includes(operation))
    return outside('operation', `the gateway key "${caller.key}" may not ask for ${WORDS[operation]}`, scopes.operations);
  if (scopes.models && !mayUse(caller, model))
    return outside('model', `the gateway key "${caller.key}" may not use model "${short(model)}"`, scopes.models);
  if (scopes.features && !scopes.features.some((pattern) => matches(pattern, caller.feature ?? '')))
    return outside(
      'feature',
      `the gateway key "${caller.key}" may not be used for feature "${short(caller.feature ?? '')}"`,
      scopes.features,
    );
  return undefined;
}

/** Whether the caller's key lets it name this model. */
export const mayUse = ({ scopes }: Caller, model: string): boolean => scopes?.models?.some((pattern) => matches(pattern, model)) ?? true;

const WORDS = {
  generate: 'answers',
  count: 'token counts',
  embed: 'embeddings',
} as const satisfies Record<KeyOperation, string>;

const outside = (param: string, what: string, allowed: readonly string[]): Failure => ({
  kind: 'forbidden',
  message: `${what}; it allows ${allowed.length === 0 ? 'none' : allowed.map((word) => `"${word}"`).join(', ')}`,
  param,
});

/** A name comes from the caller: it is shown, but not at any length. */
const short = (text: string) => (text.length > 80 ? `${text.slice(0, 80)}…` : text);

/**
 * Whether `name` is one of those a pattern means. `*` stands for any text, also none; `*` alone means every
 * name. Any other pattern without a slash means names without one, so that `gpt-*` opens no `gpt-lab/anything`;
 * after a pattern's first slash `*` takes slashes too, as providers' own names may hold some. Case counts.
 */
export function matches(pattern: string, name: string): boolean {
  if (pattern === '*') return true;
  const slash = pattern.indexOf('/');
  const nameSlash = name.indexOf('/');
  if (slash < 0) return nameSlash < 0 && fits(pattern, name);
  return (
    nameSlash >= 0 && fits(pattern.slice(0, slash), name.slice(0, nameSlash)) && fits(pattern.slice(slash + 1), name.slice(nameSlash + 1))
  );
}

/** Whether a text is one that a pattern means, `*` standing for any text, also none. At most pattern × text steps, whatever either holds. */
export function fits(pattern: string, text: string): boolean {
  const [first, ...middle] = pattern.split('*') as [string, ...string[]];
  const last = middle.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of middle) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - at >= last.length && text.endsWith(last);
}
