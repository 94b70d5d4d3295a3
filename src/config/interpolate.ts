import type { Json } from '../model/json.ts';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Hides `${NAME}`, `${NAME:-default}` and `$${` from the YAML reader, to which a brace inside
 * `{ apiKey: ${KEY} }` would be syntax. Every character becomes one private-use character, so that
 * lines and columns in errors stay true. Values are put in after reading (`expand`): a value can
 * never add structure.
 */
export const mask = (text: string): string =>
  text.replace(/\$\$\{|\$\{([^}"\n]*)\}/g, (_, inner: string | undefined) =>
    inner === undefined ? ESCAPE : OPEN + shift(inner, BASE) + CLOSE,
  );

/** The text as it was written. */
export const unmask = (text: string): string =>
  text.replace(MASKED, (_, inner: string | undefined) => (inner === undefined ? '$${' : `\${${shift(inner, -BASE)}}`));

/**
 * A document with its variables put in. `null` fields are left out: an empty key says nothing.
 * Variables that are missing, or not written as one, are told to `complain`.
 */
export function expand(value: Json, env: Environment, complain: Complain, path: Path = []): Json {
  if (typeof value === 'string') return expandText(value, env, (message) => complain(path, message));
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item, index) => expand(item, env, complain, [...path, index]));
  const fields = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(fields.map(([key, field]) => [unmask(key), expand(field, env, complain, [...path, unmask(key)])]));
}

/** Where in a document: keys and list positions. */
export type Path = readonly (string | number)[];
type Complain = (path: Path, message: string) => void;

function expandText(text: string, env: Environment, complain: (message: string) => void): string {
  if (text.replace(MASKED, '').includes('${'))
    complain('has a "${" that no "}" closes on its line; for the two characters themselves write "$${"');
  return text.replace(MASKED, (_, inner: string | undefined) => {
    if (inner === undefined) return '${';
    const [, name, fallback] = /^([A-Za-z_]\w*)(?::-([\s\S]*))?$/.exec(shift(inner, -BASE)) ?? [];
    if (name === undefined) complain(`has "\${${shift(inner, -BASE)}}", which names no variable: write \${NAME} or \${NAME:-default}`);
    else if (env[name]) return env[name];
    else if (fallback === undefined) {
      complain(
        `needs the environment variable ${name}, which is ${env[name] === '' ? 'empty' : 'not set'} (\${${name}:-default} gives it a default)`,
      );
    }
    return fallback ?? '';
  });
}

const ESCAPE = '\uF8E0\uF8E1\uF8E2';
const OPEN = '\uF8E3\uF8E4';
const CLOSE = '\uF8E5';
const MASKED = new RegExp(`${ESCAPE}|${OPEN}([^${CLOSE}]*)${CLOSE}`, 'g');
const BASE = 0xf700;

/** ASCII moved into the private-use area or back; the rest stays, being nothing YAML knows. */
const shift = (text: string, by: number): string =>
  text.replace(by > 0 ? /[\0-\x7f]/g : /[\uF700-\uF77F]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + by));
