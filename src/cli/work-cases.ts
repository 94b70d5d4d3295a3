import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';
import { isObject, type Json, type JsonObject } from '../model/json.ts';
import { EXIT } from './exit.ts';
import { complain, say } from './print.ts';

/**
 * One JSON line per case of a file `{ "cases": [ … ] }` (or of a bare list), in the file's order: its `id` and
 * what it comes to. One that cannot be worked out has an `error` instead, and the others go on. Fails when
 * there are such, or when a case comes to something else than its `expected`; those are named on standard error.
 */
export function workCases(file: Json, work: (given: JsonObject, defaults: JsonObject) => object): number {
  const cases = Array.isArray(file) ? file : (file as JsonObject | null)?.['cases'];
  const defaults = isObject(file) && isObject(file['defaults'] ?? null) ? (file['defaults'] as JsonObject) : {};
  if (!Array.isArray(cases)) throw new Error('a file of cases must have a list `cases`');
  const wrong = (cases as readonly Json[]).flatMap((given, index) => {
    const { id = null, expected } = isObject(given) ? given : {};
    const name = id === null ? `cases[${index}]` : String(id);
    try {
      if (!isObject(given)) throw new Error('a case must be an object');
      const answer = { ...work(given, defaults) };
      say(JSON.stringify({ id, ...answer }));
      return expected === undefined || isDeepStrictEqual(answer, expected) ? [] : [`${name}: expected ${JSON.stringify(expected)}`];
    } catch (error) {
      const { message } = error as Error;
      say(JSON.stringify({ id, error: message }));
      return [`${name}: ${message}`];
    }
  });
  for (const line of wrong) complain(`error: ${line}`);
  return wrong.length > 0 ? EXIT.failed : EXIT.ok;
}

/** The JSON of a file, or of standard input for `-`. */
export async function readJson(file: string): Promise<Json> {
  const written = await textOf(file);
  try {
    return JSON.parse(written) as Json;
  } catch {
    throw new Error(`${file} must be JSON`);
  }
}

/** The text of a file, or of standard input for `-`. */
export const textOf = async (file: string): Promise<string> => (file === '-' ? text(process.stdin) : readFileSync(file, 'utf8'));
